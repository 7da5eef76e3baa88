import type { InstalledPackage } from './types.ts'

/** One stanza of a file of dpkg's, by field names in lower case. */
export type Stanza = ReadonlyMap<string, string>

/** Stanzas of `Field: value` lines; a line with white space in front goes on with the value. */
export function* stanzas(text: string): Generator<Stanza> {
  for (const part of text.split(/\n[ \t\r]*\n/)) {
    const fields = new Map<string, string>()
    let name: string | undefined
    for (const line of part.split('\n')) {
      if (/^[ \t]/.test(line)) {
        if (name !== undefined) fields.set(name, `${fields.get(name)}\n${line.trim()}`)
        continue
      }
      const colon = line.indexOf(':')
      name = colon > 0 && !line.startsWith('#') ? line.slice(0, colon).toLowerCase() : undefined
      if (name !== undefined) fields.set(name, line.slice(colon + 1).trim())
    }
    if (fields.size > 0) yield fields
  }
}

/** Packages that are there, from `/var/lib/dpkg/status`: unpacked or more; what only left its configuration is not. */
export function installed(status: string): Omit<InstalledPackage, 'licences'>[] {
  const found: Omit<InstalledPackage, 'licences'>[] = []
  for (const stanza of stanzas(status)) {
    const [name, version, arch] = ['package', 'version', 'architecture'].map((field) => stanza.get(field))
    const state = stanza.get('status')?.split(' ')[2]
    if (!name || !version || !arch || state === 'config-files' || state === 'not-installed') continue
    const [, source, sourceVersion] = /^(\S+)(?: \((\S+)\))?$/.exec(stanza.get('source') ?? '') ?? []
    found.push({
      name,
      version,
      arch,
      ...text('source', source === name ? undefined : source),
      ...text('sourceVersion', sourceVersion === version ? undefined : sourceVersion),
      ...text('section', stanza.get('section')),
      ...text('homepage', stanza.get('homepage')),
      ...text('maintainer', stanza.get('maintainer')),
    })
  }
  const key = (one: { name: string; arch: string }) => `${one.name} ${one.arch}`
  return found.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** MD5 of the configuration files of all packages, as they came. */
export function configurationSums(status: string): string[] {
  return [...status.matchAll(/^ \/\S.* ([0-9a-f]{32})(?: obsolete)?$/gm)].map((match) => match[1]!)
}

function text<K extends string>(name: K, value: string | undefined): { readonly [key in K]?: string } {
  return value === undefined || value === '' ? {} : ({ [name]: value } as { [key in K]: string })
}

/** Of a licence's name, what has no meaning: a package may write a whole sentence there. */
const LONGEST_LICENCE = 200

/** Names of licences in a `copyright` file that machines can read, sorted; none in another. */
export function licencesOf(copyright: string): string[] {
  if (!/^Format(?:-Specification)?:[^\n]*copyright-format/im.test(copyright.slice(0, 2000))) return []
  const names = new Set<string>()
  for (const match of copyright.matchAll(/^Licen[sc]e:[ \t]*([^\r\n]+)/gim)) {
    const name = match[1]!.trim()
    if (name.length > 0 && name.length <= LONGEST_LICENCE) names.add(name)
  }
  return [...names].sort()
}
