import { canonicalJson, type Json, sha256 } from '../core/digest.ts'

/**
 * What a stage's key was made of, in few words: kept with its result, so that one can say later what another key differs
 * in. Of what is long only the beginning of its digest is there: no content of a file.
 */
export interface MadeOf {
  readonly stage: string
  /** For people: what it is about, where a stage occurs more than once. */
  readonly about?: string
  readonly version: number
  /** Key of the stage before; of the first one the tools tree and the date of the lock instead. */
  readonly before?: string
  readonly tools?: string
  readonly epoch?: number
  /** Each field of the options: its members by name, each with what tells it from another of that name. */
  readonly options: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** The options of a stage as {@link MadeOf} has them. */
export function optionsMadeOf(options: object): MadeOf['options'] {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => [field, membersOf(value)]),
  )
}

function membersOf(value: unknown): Record<string, string> {
  if (Array.isArray(value)) return Object.fromEntries(value.map(member))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, each]) =>
        Array.isArray(each)
          ? each.map((one) => [`${name} ${member(one)[0]}`, member(one)[1]])
          : [[name, shown(each)]],
      ),
    )
  return { '': shown(value) }
}

/** The name of a list's member, and what it is. */
function member(value: unknown): [string, string] {
  if (typeof value !== 'object' || value === null) return [shown(value), '']
  const { name, path, version, sha256: digest } = value as Record<string, unknown>
  const known = [name, path].find((each) => typeof each === 'string') as string | undefined
  // A package file has both, and its path says less than its name.
  const id = known ?? short(value)
  return [
    id,
    typeof version === 'string' && typeof digest === 'string'
      ? `${version} ${digest.slice(0, 12)}`
      : short(value),
  ]
}

/** What is short is its own name. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : canonicalJson((value ?? null) as Json)
  return text.length <= 80 ? text : short(value)
}

function short(value: unknown): string {
  return sha256(canonicalJson(value as Json)).slice(0, 12)
}
