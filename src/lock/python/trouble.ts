import { KilnError } from '../../core/error.ts'
import { nearest, oneLine, withoutStop } from '../../core/text.ts'
import { type FetchOptions, fetchPage } from '../../tools/fetch.ts'
import { PAGE_TYPES } from '../../tools/python/page.ts'
import type { Relay } from '../../tools/python/relay.ts'
import type { RunResult } from '../../tools/run.ts'

export interface AskedOfPip {
  readonly image: string
  readonly indexes: readonly string[]
  readonly relay: Relay
  readonly fetching: FetchOptions
}

/** How many lines of pip's own words a hint repeats, and how many versions or files of a project. */
const LINES = 12
const NAMES = 8

/** Says why pip found nothing to install, in our words where we know better. @throws KilnError, always. */
export async function refusePip({ stderr }: Pick<RunResult, 'stderr'>, asked: AskedOfPip): Promise<never> {
  const { image, indexes } = asked
  const lines = stderr
    .split('\n')
    .map((line) => line.trimEnd())
    .filter(Boolean)
  const said = plain(lines.slice(-LINES).join('\n'), asked)
  const [, requirement, versions] =
    /Could not find a version that satisfies the requirement (.+?) \(from versions: (.*)\)/.exec(stderr) ?? []
  const error = (code: KilnError['code'], message: string, hint: string) =>
    new KilnError(code, message, { fault: 'input', hint, data: { requirement, indexes } })
  if (
    /subprocess-exited-with-error|metadata-generation-failed|Getting requirements to build wheel did not run/.test(
      stderr,
    )
  )
    throw error(
      'KILN_PIP_BUILD_FAILED',
      `A source archive that the image ${image} would get cannot be built: ${failedPart(stderr)}.`,
      `There is no network in a build, and what it needs besides Python must be among the image's packages; ask for a version that has a wheel instead. pip says:\n${said}`,
    )
  if (requirement !== undefined && versions !== undefined) {
    const [, name = ''] = /^([A-Za-z0-9._-]+)/.exec(requirement) ?? []
    const by = /^[^(]*\(from ([^)]+)\)/.exec(requirement)?.[1]
    const wish = requirement.replace(/ \(from .*\)$/, '')
    const whose =
      by === undefined || /^-?r? |^--/.test(by) ? `the image ${image}` : `${by}, for the image ${image}`
    const offers = asked.relay.offers(name)
    if (!offers || offers.length === 0)
      throw error(
        'KILN_PIP_UNKNOWN',
        `No index has a package ${name} of Python (for ${whose}).`,
        `${await similar(name, asked)}\nLooked for in: ${indexes.join(', ')}`,
      )
    const there = versions === 'none' ? [] : versions.split(', ')
    throw error(
      'KILN_PIP_UNFIT',
      there.length > 0
        ? `No version of ${name} is ${wish} (for ${whose}).`
        : `Nothing that the indexes offer of ${name} fits this image's Python (for ${whose}).`,
      there.length > 0
        ? `There are: ${some(there.reverse())}.${ignored(stderr)}`
        : `They offer: ${some(offers.map(({ file }) => file).reverse())}.${ignored(stderr)}`,
    )
  }
  if (/ResolutionImpossible|conflicting dependencies/.test(stderr)) {
    const why = lines.filter((line) => /^ {4}\S/.test(line)).map((line) => line.trim())
    throw error(
      'KILN_PIP_CONFLICT',
      `The packages of Python for the image ${image} cannot be installed together.`,
      plain(why.slice(0, LINES).join('\n') || said, asked),
    )
  }
  throw error('KILN_PIP_FAILED', `pip could not choose packages for the image ${image}.`, said)
}

/** What pip left out because of the Python that it wants. */
function ignored(stderr: string): string {
  const [, list] =
    /Ignored the following versions that require a different python version: (.*)/.exec(stderr) ?? []
  return list === undefined ? '' : `\nFor another Python: ${some(list.split('; ').reverse())}.`
}

function failedPart(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.replace(/^[\s│╰─>×|]+/, '').trim())
  const last = lines
    .filter((line) => /(Error|Exception)\b.*: |^error: (?!subprocess|metadata)/.test(line))
    .at(-1)
  return withoutStop(oneLine((last ?? 'its own code failed').slice(0, 300)))
}

function some(names: readonly string[]): string {
  const more = names.length - NAMES
  return `${names.slice(0, NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Names like one that is nowhere, where an index says which it has. */
async function similar(name: string, { indexes, fetching }: AskedOfPip): Promise<string> {
  const known = new Set<string>()
  for (const index of indexes) {
    const page = await fetchPage(index, { ...fetching, attempts: 1, accept: PAGE_TYPES }).catch(
      () => undefined,
    )
    for (const [, one] of page?.text.matchAll(/"name"\s*:\s*"([\w.-]+)"/g) ?? []) known.add(one!)
    for (const [, one] of page?.text.matchAll(/<a\b[^>]*>\s*([\w.-]+)\s*<\/a>/gi) ?? []) known.add(one!)
  }
  const near = nearest(name, known)
  return near.length > 0
    ? `${name}: did you mean ${near.join(', ')}?`
    : `${name}: nothing has a similar name.`
}

/** pip's words with the indexes in place of our relay. */
function plain(text: string, { indexes, relay }: AskedOfPip): string {
  const real = relay.addresses.reduce((all, address, n) => all.replaceAll(address, indexes[n]!), text)
  return real.replace(/http:\/\/127\.0\.0\.1:\d+\/file\/\d+\//g, '')
}
