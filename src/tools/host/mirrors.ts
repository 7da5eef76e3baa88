import { KilnError } from '../../core/error.ts'
import { debianMirrors } from '../apt/mirrors.ts'
import { reachable } from '../fetch.ts'
import { TOOLS_SUITE } from '../tree/packages.ts'
import type { Finding } from './finding.ts'

/**
 * Whether Debian's mirrors answer. Without the tools tree's release nothing new can be built; without one of
 * `suites` (release names like `bookworm`) no images of it.
 * @param configured value of `KILN_MIRROR_DEBIAN`. `etc`: where apt's sources are.
 */
export async function mirrorsFinding(
  configured: readonly string[] | undefined,
  suites: readonly string[],
  etc = '/etc/apt',
): Promise<Finding> {
  const base = { id: 'mirror', title: 'Debian mirror' }
  try {
    const { archive, security, origin } = await debianMirrors(configured, etc)
    const wanted = [...new Set([TOOLS_SUITE, ...suites])]
    const places = wanted.flatMap((suite) => [
      { suite, url: `${archive}/dists/${suite}/InRelease` },
      { suite, url: `${security}/dists/${suite}-security/InRelease` },
    ])
    const answers = await Promise.all(places.map((place) => reachable(place.url)))
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
