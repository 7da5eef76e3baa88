import type { Key, Value } from '../types.ts'

/** What a value was worked out from, or hangs on. `runtime` names what only the running stack knows. */
export interface Deps {
  readonly params: ReadonlySet<string>
  readonly hidden: ReadonlySet<string>
  readonly missing: ReadonlySet<string>
  readonly runtime: ReadonlySet<string>
}

const EMPTY: ReadonlySet<string> = new Set()
export const NO_DEPS: Deps = { params: EMPTY, hidden: EMPTY, missing: EMPTY, runtime: EMPTY }

function union(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  if (b.size === 0 || a === b) return a
  if (a.size === 0) return b
  return new Set([...a, ...b])
}

/** All of both. */
export function join(a: Deps, b: Deps): Deps {
  if (b === NO_DEPS || a === b) return a
  if (a === NO_DEPS) return b
  return {
    params: union(a.params, b.params),
    hidden: union(a.hidden, b.hidden),
    missing: union(a.missing, b.missing),
    runtime: union(a.runtime, b.runtime),
  }
}

/** A part of a value, worked out when somebody looks at it. */
export type Lazy = () => Result

/** A resource that a hole stands for, so that software configs can be followed. `scope` is the template it is in. */
export interface Reference {
  readonly scope: object
  readonly resource: string
}

/**
 * What an expression comes to. Lists and maps are known in shape while their parts may not be.
 * `hole`: missing or run time; `text` is what is known of a text around it, {@link HOLE} for what is not.
 */
export type Result =
  | { readonly kind: 'scalar'; readonly value: Key; readonly deps: Deps }
  | { readonly kind: 'list'; readonly items: readonly Lazy[]; readonly deps: Deps }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<Key, Lazy>; readonly deps: Deps }
  | { readonly kind: 'hole'; readonly text: string; readonly deps: Deps; readonly refers?: Reference }
  | { readonly kind: 'error'; readonly message: string; readonly deps: Deps }
  /** `if` without an else that was false: the property or item around it goes. */
  | { readonly kind: 'nothing'; readonly deps: Deps }

/** Stands in a text for what is not known. */
export const HOLE = '\ufffc'

export function scalar(value: Key, deps: Deps = NO_DEPS): Result {
  return { kind: 'scalar', value, deps }
}

export function failure(message: string, deps: Deps = NO_DEPS): Result {
  return { kind: 'error', message, deps }
}

export function hole(deps: Deps, text = HOLE): Result {
  return { kind: 'hole', text, deps }
}

/** `result`, with `deps` added to its own. */
export function withDeps(result: Result, deps: Deps): Result {
  return deps === NO_DEPS ? result : { ...result, deps: join(result.deps, deps) }
}

/** A function that runs once. */
export function once(make: () => Result): Lazy {
  let known: Result | undefined
  return () => {
    known ??= make()
    return known
  }
}

/** Known data as a result, all its parts with the same `deps`. */
export function known(value: Value, deps: Deps = NO_DEPS): Result {
  if (Array.isArray(value))
    return { kind: 'list', items: value.map((item: Value) => once(() => known(item, deps))), deps }
  if (value instanceof Map) {
    const entries = new Map<Key, Lazy>()
    for (const [key, item] of value as ReadonlyMap<Key, Value>)
      entries.set(
        key,
        once(() => known(item, deps)),
      )
    return { kind: 'map', entries, deps }
  }
  return scalar(value as Key, deps)
}

/** A result looked at in full. `value` is set only if `status` is `resolved`, `shape` also with holes in it. */
export interface Settled {
  readonly status: 'resolved' | 'missing' | 'runtime' | 'error' | 'nothing'
  readonly value: Value
  readonly deps: Deps
  readonly error?: string
}

/** Works out all of `result`. Texts with holes keep {@link HOLE}s in `value`. */
export function settle(result: Result): Settled {
  let deps = NO_DEPS
  let error: string | undefined
  const walk = (part: Result): Value => {
    deps = join(deps, part.deps)
    switch (part.kind) {
      case 'scalar':
        return part.value
      case 'hole':
        return part.text
      case 'error':
        error ??= part.message
        return null
      case 'nothing':
        return null
      case 'list': {
        const list: Value[] = []
        for (const item of part.items) {
          const inner = item()
          if (inner.kind === 'nothing') deps = join(deps, inner.deps)
          else list.push(walk(inner))
        }
        return list
      }
      case 'map': {
        const map = new Map<Key, Value>()
        for (const [key, item] of part.entries) {
          const inner = item()
          if (inner.kind === 'nothing') deps = join(deps, inner.deps)
          else map.set(key, walk(inner))
        }
        return map
      }
    }
  }
  const value = walk(result)
  if (error !== undefined) return { status: 'error', value: null, deps, error }
  if (deps.missing.size > 0) return { status: 'missing', value, deps }
  if (deps.runtime.size > 0) return { status: 'runtime', value, deps }
  return { status: result.kind === 'nothing' ? 'nothing' : 'resolved', value, deps }
}
