import { type Deps, join, type Result, type Settled, settle, withDeps } from '../evaluate/result.ts'
import { indexOf } from '../instances/members.ts'
import { str, toInt } from '../python.ts'
import { property } from '../template/scope.ts'
import type { Value } from '../types.ts'

/** What every need says, worked out from a settled value and a verdict. */
export interface Base {
  readonly id: string
  readonly from: 'cfn-init' | 'cloud-config' | 'deployment' | 'script'
  readonly config?: string
  readonly bake: boolean
  readonly why?: string
  readonly params: readonly string[]
  readonly hidden: boolean
  readonly removable: boolean
}

export interface BaseInput {
  readonly id: string
  readonly from: Base['from']
  readonly config?: string | undefined
  readonly deps: Deps
  /** Why it is not baked, if something else than its value forbids it. */
  readonly why?: string | undefined
  /** Why it is never baked, whatever its value. */
  readonly never?: string | undefined
  /** Its section may go once it is baked. */
  readonly removable?: boolean
  readonly status: Settled['status']
}

/** Only what is known, not hidden and not forbidden is baked; only what hangs on no parameter is removable. */
export function base(input: BaseInput): Base {
  const hidden = input.deps.hidden.size > 0
  const params = [...input.deps.params].sort()
  const why = input.never ?? unknown(input) ?? input.why
  const bake = why === undefined
  return {
    id: input.id,
    from: input.from,
    ...(input.config === undefined ? {} : { config: input.config }),
    bake,
    ...(why === undefined ? {} : { why }),
    params,
    hidden,
    removable: bake && input.removable === true && params.length === 0,
  }
}

/** Why a value keeps a need out of the image. */
function unknown({ deps, status }: BaseInput): string | undefined {
  if (deps.hidden.size > 0) return 'it holds the value of a hidden parameter'
  switch (status) {
    case 'missing':
      return `it needs ${[...deps.missing].sort().join(', ')}, which is not given`
    case 'runtime':
      return indexOf(deps.runtime) === undefined
        ? 'it is only known when the stack runs'
        : 'it differs from member to member of the group'
    case 'error':
      return 'it cannot be worked out'
    default:
      return undefined
  }
}

/** A property as text, if it is known. */
export function textAt(map: Result, name: string): string | undefined {
  const value = valueAt(map, name)
  return value === undefined || value === null || typeof value === 'object' ? undefined : str(value)
}

/** A property as text that may be shown; undefined if it holds the value of a hidden parameter. */
export function shownAt(map: Result, name: string): string | undefined {
  const result = property(map, name)
  return result === undefined || isHidden(result) ? undefined : textAt(map, name)
}

/** True when a hidden parameter had a hand in it. */
export function isHidden(result: Result): boolean {
  return settle(result).deps.hidden.size > 0
}

/** A property's value, if all of it is known. */
export function valueAt(map: Result, name: string): Value | undefined {
  const result = property(map, name)
  if (result === undefined) return undefined
  const settled = settle(result)
  return settled.status === 'resolved' ? settled.value : undefined
}

/** True where a property is there and not null. */
export function has(map: Result, name: string): boolean {
  const result = property(map, name)
  return result !== undefined && !(result.kind === 'scalar' && result.value === null)
}

/** A property as a whole number that an id may be. */
export function numberAt(map: Result, name: string): number | undefined {
  const value = valueAt(map, name)
  const number = value === undefined ? undefined : toInt(value)
  return number === undefined || number < 0n || number > 0xffffffffn ? undefined : Number(number)
}

/** One entry of a map. */
export interface Named {
  /** The key as text; empty where a hidden parameter had a hand in it. */
  readonly name: string
  /** The name, or a number in the place of one that must not be shown: for ids. */
  readonly label: string
  readonly result: Result
}

/**
 * Entries of a map, omitted ones left out. What the map as a whole hangs on, and what left an entry out, is part of each: a list
 * that a condition chose depends on the condition's parameters in all its items.
 */
export function entriesOf(map: Result | undefined): Named[] {
  if (map?.kind !== 'map') return []
  const made = [...map.entries].map(([key, item]) => ({ key, result: item() }))
  const deps = omitted(
    map.deps,
    made.map(({ result }) => result),
  )
  const hidden = deps.hidden.size > 0
  return made
    .map(({ key, result }, i): Named => {
      const name = hidden ? '' : str(key)
      return { name, label: hidden ? `#${i}` : name, result: withDeps(result, deps) }
    })
    .filter(({ result }) => result.kind !== 'nothing')
}

/** Items of a list, as `entriesOf` has entries; undefined if it is none. */
export function itemsOf(list: Result | undefined): Result[] | undefined {
  if (list?.kind !== 'list') return undefined
  const made = list.items.map((item) => item())
  const deps = omitted(list.deps, made)
  return made.filter((item) => item.kind !== 'nothing').map((item) => withDeps(item, deps))
}

function omitted(own: Deps, parts: readonly Result[]): Deps {
  return parts.filter((part) => part.kind === 'nothing').reduce((deps, part) => join(deps, part.deps), own)
}

/** True for what holds nothing: absent, null, or left out. */
export function isNone(result: Result | undefined): boolean {
  return (
    result === undefined || result.kind === 'nothing' || (result.kind === 'scalar' && result.value === null)
  )
}

/** True for a path that can be written into an image: absolute, no `..`, nothing odd. */
export function isSanePath(path: string): boolean {
  return (
    path.startsWith('/') &&
    !path.endsWith('/') &&
    !/[\0-\x1f\x7f\ufffc]/.test(path) &&
    !path.split('/').includes('..')
  )
}

/** True for a version that a package manager may be asked for. */
export function isSaneVersion(version: string): boolean {
  return /^[A-Za-z0-9_.+:~^*-]+$/.test(version)
}

/** True for a name of a package, user, group or service that no tool takes for an option or a path. */
export function isSaneName(name: string): boolean {
  return /^[A-Za-z0-9_@][A-Za-z0-9_.+:@~*^()-]*$/.test(name) && name.length <= 200
}

/** Decodes a file's content; undefined for an encoding that is not known or does not fit. */
export function decode(
  content: string,
  encoding: string,
  gunzip: (data: Uint8Array) => Uint8Array | undefined,
): Uint8Array | undefined {
  const kind = encoding.toLowerCase()
  if (kind === '' || kind === 'plain' || kind === 'text/plain') return new TextEncoder().encode(content)
  const based = /base64$|b64$/.test(kind)
  const zipped = /^gz/.test(kind)
  if (!based && !zipped) return undefined
  if (based && !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(content)) return undefined
  const bytes = based
    ? Uint8Array.from(Buffer.from(content, 'base64'))
    : Uint8Array.from(Buffer.from(content, 'latin1'))
  return zipped ? gunzip(bytes) : bytes
}
