import type { Config } from '../../core/config.ts'
import { KilnError } from '../../core/error.ts'
import { openAccess } from '../access.ts'
import { debianMirrors, everyMirror } from '../apt/mirrors.ts'
import { reachable } from '../fetch.ts'
import { TOOLS_SUITE } from '../tree/packages.ts'
import type { Finding } from './finding.ts'

/**
 * Whether Debian's mirrors answer. Without the tools tree's release nothing new can be built; without one of
 * `suites` (release names like `bookworm`) no images of it.
 * @param config `mirrors.debian` is the value of `KILN_MIRROR_DEBIAN`. `etc`: where apt's sources are.
 */
export async function mirrorsFinding(
  config: Pick<Config, 'mirrors' | 'access'>,
  suites: readonly string[],
  etc = '/etc/apt',
): Promise<Finding> {
  const base = { id: 'mirror', title: 'Debian mirror' }
  try {
    const known = await debianMirrors(config.mirrors.debian, etc)
    const { archive, security, origin } = known
    const access = await openAccess(config.access ?? {})
    const everywhere = everyMirror(known)
    const wanted = [...new Set([TOOLS_SUITE, ...suites])]
    const places = wanted.flatMap((suite) => [
      { suite, url: `${archive}/dists/${suite}/InRelease` },
      { suite, url: `${security}/dists/${suite}-security/InRelease` },
    ])
    const answers = await Promise.all(
      places.map(async ({ url }) => {
        const each = await Promise.all(everywhere(url).map((place) => reachable(place, { access })))
        return each.includes(true)
      }),
    )
    const silent = places.filter((_, i) => !answers[i])
    const found = `${archive} (${origin})`
    if (silent.length === 0) return { ...base, state: 'ok', found: `${found} has ${wanted.join(', ')}` }
    return {
      ...base,
      state: silent.some((place) => place.suite === TOOLS_SUITE) ? 'lacking' : 'warning',
      found: `no answer from ${silent.map((place) => place.url).join(', ')}`,
      remedy:
        'Check the network, or name another mirror: KILN_MIRROR_DEBIAN="ARCHIVE SECURITY-ARCHIVE". What is locked\n' +
        'and in the store builds without one.',
    }
  } catch (error) {
    if (!(error instanceof KilnError)) throw error
    return { ...base, state: 'lacking', found: error.message.replace(/\.$/, ''), remedy: error.hint ?? '' }
  }
}
