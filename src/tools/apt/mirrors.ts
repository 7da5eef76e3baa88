import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inputError } from '../../core/error.ts'

/** Where a distribution's packages come from. */
export interface Mirrors {
  readonly archive: string
  readonly security: string
  /** For people: which configuration said so. */
  readonly origin: string
  /** Others that have the same, in the order in which they are tried. */
  readonly others?: readonly Pick<Mirrors, 'archive' | 'security'>[]
}

/** Debian releases that a host's apt sources may name. */
const SUITES =
  /^(bullseye|bookworm|trixie|forky|sid|testing|stable|oldstable)(-updates|-security|\/updates)?$/

/**
 * Debian's mirrors: what the environment names (`KILN_MIRROR_DEBIAN="ARCHIVE [SECURITY][, ARCHIVE [SECURITY]]…"`), else
 * what the apt sources of this machine do.
 * @throws KilnError `KILN_NO_MIRROR` when neither names one.
 */
export async function debianMirrors(
  configured: readonly string[] | undefined,
  etc = '/etc/apt',
): Promise<Mirrors> {
  const [first, ...others] = configuredMirrors(configured ?? [])
  if (first) return { ...first, origin: 'KILN_MIRROR_DEBIAN', ...(others.length > 0 ? { others } : {}) }
  const sources = (await aptSources(etc)).filter(
    (source) => /^https?:/.test(source.uri) && SUITES.test(source.suite),
  )
  const isSecurity = (suite: string) => suite.endsWith('-security') || suite.endsWith('/updates')
  const archive = sources.find((source) => !isSecurity(source.suite))
  if (!archive)
    throw inputError(
      'KILN_NO_MIRROR',
      'No Debian mirror is configured, and the apt sources of this machine name none.',
      {
        hint: 'Set KILN_MIRROR_DEBIAN to the address of a Debian mirror (and, after a space, of its security archive).',
      },
    )
  const security = sources.find((source) => isSecurity(source.suite))
  return {
    archive: withoutSlash(archive.uri),
    security: withoutSlash(security?.uri ?? `${withoutSlash(archive.uri)}-security`),
    origin: 'the apt sources of this machine',
  }
}

/** One mirror behind each comma; an archive without a security archive has it at its usual place. */
function configuredMirrors(words: readonly string[]): Pick<Mirrors, 'archive' | 'security'>[] {
  return words
    .join(' ')
    .split(/,(?=\s|$|https?:)/)
    .flatMap((text) => {
      const [archive, security] = text.split(/\s+/).filter(Boolean).map(withoutSlash)
      return archive === undefined ? [] : [{ archive, security: security ?? `${archive}-security` }]
    })
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}

/**
 * All addresses where the file of an address lies, for {@link FetchOptions.mirrors}: `known` first, then the address
 * itself. `locked` are the mirrors that a lock names, which have what `known` have.
 */
export function everyMirror(
  known: Mirrors | undefined,
  locked: readonly Pick<Mirrors, 'archive' | 'security'>[] = [],
): (url: string) => string[] {
  const all = [...(known ? [known, ...(known.others ?? [])] : []), ...locked]
  return (url) => {
    for (const member of ['archive', 'security'] as const) {
      const bases = [...new Set(all.map((mirrors) => mirrors[member]))]
      const base = bases.find((each) => url.startsWith(`${each}/`))
      if (base !== undefined) return bases.map((each) => each + url.slice(base.length))
    }
    return [url]
  }
}

interface Source {
  readonly uri: string
  readonly suite: string
}

/** URIs and suites of all `deb` sources below `etc`, both formats. */
export async function aptSources(etc: string): Promise<Source[]> {
  const parts = await readdir(join(etc, 'sources.list.d')).catch(() => [])
  const files = ['sources.list', ...parts.sort().map((name) => join('sources.list.d', name))]
  const found: Source[] = []
  for (const file of files) {
    const text = await readFile(join(etc, file), 'utf8').catch(() => '')
    if (file.endsWith('.sources')) found.push(...stanzas(text))
    else if (file.endsWith('.list')) found.push(...oneLine(text))
  }
  return found
}

function oneLine(text: string): Source[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)/.exec(line)
    return match ? [{ uri: match[1]!, suite: match[2]! }] : []
  })
}

function stanzas(text: string): Source[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string) =>
      new RegExp(`^${name}:[ \\t]*(.*(?:\\n[ \\t]+.*)*)`, 'mi')
        .exec(stanza)?.[1]
        ?.split(/\s+/)
        .filter(Boolean) ?? []
    if (!field('Types').includes('deb') || /^Enabled:\s*(no|false|0)/im.test(stanza)) return []
    return field('URIs').flatMap((uri) => field('Suites').map((suite) => ({ uri, suite })))
  })
}
