import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inputError } from '../../core/error.ts'

/** Where a distribution's packages come from. */
export interface Mirrors {
  readonly archive: string
  readonly security: string
  /** For people: which configuration said so. */
  readonly origin: string
}

/** Debian releases that a host's apt sources may name. */
const SUITES =
  /^(bullseye|bookworm|trixie|forky|sid|testing|stable|oldstable)(-updates|-security|\/updates)?$/

/**
 * Debian's mirrors: what the environment names (`KILN_MIRROR_DEBIAN="ARCHIVE [SECURITY]"`), else what the apt sources
 * of this machine do.
 * @throws KilnError `KILN_NO_MIRROR` when neither names one.
 */
export async function debianMirrors(
  configured: readonly string[] | undefined,
  etc = '/etc/apt',
): Promise<Mirrors> {
  const strip = (url: string) => url.replace(/\/+$/, '')
  if (configured && configured.length > 0) {
    const archive = strip(configured[0]!)
    return { archive, security: strip(configured[1] ?? `${archive}-security`), origin: 'KILN_MIRROR_DEBIAN' }
  }
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
    archive: strip(archive.uri),
    security: strip(security?.uri ?? `${strip(archive.uri)}-security`),
    origin: 'the apt sources of this machine',
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
