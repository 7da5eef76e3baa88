import { compareVersions } from './version.ts'

/** What another package must be: one of the alternatives of a relation. */
export interface Alternative {
  readonly name: string
  readonly relation?: '<<' | '<=' | '=' | '>=' | '>>'
  readonly version?: string
}

/** What an entry of a package index says of a package and its relations. */
export interface Entry {
  readonly name: string
  readonly version: string
  /** Each must be met by one of its alternatives: Pre-Depends and Depends. */
  readonly depends: readonly (readonly Alternative[])[]
  readonly recommends: readonly (readonly Alternative[])[]
  /** Names, some with a version, that it stands for besides its own. */
  readonly provides: readonly Alternative[]
}

/** Reads one entry, as `apt-cache show` prints it. Unknown fields and those that are not there count for nothing. */
export function parseEntry(text: string): Entry {
  const fields = new Map<string, string>()
  for (const [, name, value] of text.matchAll(/^([A-Za-z-]+):((?:.*\n[ \t])*.*)$/gm))
    fields.set(name!.toLowerCase(), value!.replace(/\n/g, ' ').trim())
  const clauses = (name: string) =>
    (fields.get(name) ?? '')
      .split(',')
      .map((clause) => clause.split('|').flatMap(parseAlternative))
      .filter((alternatives) => alternatives.length > 0)
  return {
    name: fields.get('package') ?? '',
    version: fields.get('version') ?? '',
    depends: [...clauses('pre-depends'), ...clauses('depends')],
    recommends: clauses('recommends'),
    provides: clauses('provides').flat(),
  }
}

/** `name`, `name:any (>= 1)`. */
function parseAlternative(text: string): Alternative[] {
  const match = /^\s*([^\s:(]+)(?::\S+)?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s)]+)\s*\))?/.exec(text)
  if (!match) return []
  const [, name, sign, version] = match
  if (sign === undefined) return [{ name: name! }]
  // The single ones are an old spelling of "or equal".
  const relation = (sign.length === 1 && sign !== '=' ? `${sign}=` : sign) as NonNullable<
    Alternative['relation']
  >
  return [{ name: name!, relation, version: version! }]
}

/** Whether a package is what an alternative asks for, by its own name or by one that it provides. */
export function meets(entry: Entry, { name, relation, version }: Alternative): boolean {
  const fits = (there: string | undefined) => {
    if (relation === undefined) return true
    // A name that is provided without a version meets no relation that asks for one.
    if (there === undefined) return false
    const order = compareVersions(there, version!)
    if (order === 0) return relation.includes('=')
    return order < 0 ? relation.startsWith('<') : relation.startsWith('>')
  }
  if (entry.name === name && fits(entry.version)) return true
  return entry.provides.some((provided) => provided.name === name && fits(provided.version))
}
