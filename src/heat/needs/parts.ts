import type { Deps, Result } from '../evaluate/result.ts'
import { type Settled, settle } from '../evaluate/result.ts'
import { str, toInt } from '../python.ts'
import { property } from '../template/scope.ts'
import type { Value } from '../types.ts'

/** What every need says, worked out from a settled value and a verdict. */
export interface Base {
  readonly id: string
  readonly from: 'cfn-init' | 'cloud-config' | 'deployment'
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
  const why =
    input.never !== undefined
      ? input.never
      : hidden
        ? 'it holds the value of a hidden parameter'
        : input.status === 'missing'
          ? `it needs ${[...input.deps.missing].sort().join(', ')}, which is not given`
          : input.status === 'runtime'
            ? 'it is only known when the stack runs'
            : input.status === 'error'
              ? 'it cannot be worked out'
              : input.why
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

/** A property as a whole number. */
export function numberAt(map: Result, name: string): number | undefined {
  const value = valueAt(map, name)
  const number = value === undefined ? undefined : toInt(value)
  return number === undefined || number < 0n || number > 0xffffffffn ? undefined : Number(number)
}

/** Entries of a map with their text keys, omitted ones left out. */
export function entriesOf(map: Result | undefined): [string, Result][] {
  if (map?.kind !== 'map') return []
  return [...map.entries]
    .map(([key, item]): [string, Result] => [str(key), item()])
    .filter(([, item]) => item.kind !== 'nothing')
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
