import {
  type Deps,
  HOLE,
  hole,
  type Lazy,
  NO_DEPS,
  once,
  type Result,
  scalar,
  settle,
  withDeps,
} from '../evaluate/result.ts'
import type { Found } from '../instances/findings.ts'
import { ofMembers } from '../instances/members.ts'
import { down } from '../instances/properties.ts'
import { equal, isList, isMap } from '../python.ts'
import { toValue } from '../read/nodes.ts'
import { SyntaxProblem } from '../read/problem.ts'
import { parseYaml } from '../read/yaml.ts'
import { property } from '../template/scope.ts'
import type { Key, Value } from '../types.ts'

/** A text worked out three times: as it is, without hidden parameters, without any. Where all three agree, no parameter had a part. */
export interface Text {
  readonly full: string
  readonly unhidden: string
  readonly bare: string
  readonly deps: Deps
}

/** A result as text; undefined if it is none. `again` works it out with parameters masked. */
export function textOf(
  result: Result,
  again: (mask: 'hidden' | 'all') => Result | undefined,
): Text | undefined {
  const full = plainText(result)
  if (full === undefined) return undefined
  const { deps } = settle(result)
  if (deps.params.size === 0 && deps.hidden.size === 0) return { full, unhidden: full, bare: full, deps }
  const masked = (mask: 'hidden' | 'all') => {
    const other = again(mask)
    return (other && plainText(other)) ?? HOLE
  }
  return { full, unhidden: deps.hidden.size === 0 ? full : masked('hidden'), bare: masked('all'), deps }
}

function plainText(result: Result): string | undefined {
  if (result.kind === 'hole') return result.text
  return result.kind === 'scalar' && typeof result.value === 'string' ? result.value : undefined
}

/** The properties of `found` with parameters masked. */
export function maskedProperties(found: Found, mask: 'hidden' | 'all'): Result | undefined {
  const scope = found.scope.masked(mask)
  const [, name, ...rest] = found.place
  let here: Result | undefined = scope.properties(String(name))
  for (const key of rest.slice(1)) here = here === undefined ? undefined : property(here, String(key))
  if (here === undefined || rest.length === 0 || rest.at(-1) === 'resource_properties') return here
  const inner = property(here, 'properties')
  return inner && found.indexes.reduce(ofMembers, inner)
}

/** A property of `found` with parameters masked. */
export function maskedProperty(found: Found, name: string, mask: 'hidden' | 'all'): Result | undefined {
  const properties = maskedProperties(found, mask)
  return properties === undefined ? undefined : down(properties, name)
}

/** YAML in a text as a result, each part with the parameters that had a hand in it; a message if it is not YAML. */
export function yamlResult(text: Text): Result | { readonly problem: string } {
  const full = yamlOf(text.full)
  if ('problem' in full)
    // A message quotes what it stumbled over, which may be a hidden value.
    return text.deps.hidden.size === 0
      ? full
      : { problem: 'the place is not shown, for it may hold hidden values' }
  const unhidden = text.unhidden === text.full ? full : yamlOf(text.unhidden)
  const bare = text.bare === text.full ? full : yamlOf(text.bare)
  const blank: Value = HOLE
  return tainted(
    full.value,
    'problem' in unhidden ? blank : unhidden.value,
    'problem' in bare ? blank : bare.value,
    text.deps,
  )
}

function yamlOf(text: string): { readonly value: Value } | { readonly problem: string } {
  try {
    const node = parseYaml(text)
    return { value: node === undefined ? null : toValue(node, new WeakMap()) }
  } catch (problem) {
    if (problem instanceof SyntaxProblem) return { problem: problem.message }
    throw problem
  }
}

function tainted(value: Value, unhidden: Value | undefined, bare: Value | undefined, deps: Deps): Result {
  const own = (): Deps => {
    if (bare !== undefined && shallow(value, bare)) return NO_DEPS
    const visible = unhidden !== undefined && shallow(value, unhidden)
    return visible ? visibleOf(deps) : deps
  }
  const part = (from: Value | undefined, key: Key): Value | undefined =>
    isMap(from ?? null)
      ? (from as ReadonlyMap<Key, Value>).get(key)
      : isList(from ?? null)
        ? (from as readonly Value[])[Number(key)]
        : undefined
  if (isList(value)) {
    const items = value.map(
      (item, i): Lazy => once(() => tainted(item, part(unhidden, BigInt(i)), part(bare, BigInt(i)), deps)),
    )
    return { kind: 'list', items, deps: settledOnly(own()) }
  }
  if (isMap(value)) {
    const entries = new Map<Key, Lazy>()
    for (const [key, item] of value) {
      const made = () => tainted(item, part(unhidden, key), part(bare, key), deps)
      const open = typeof key === 'string' && key.includes(HOLE)
      // A key that is not there without hidden values is one: nobody may see it, nor what is under it.
      if (deps.hidden.size > 0 && !has(unhidden, key))
        entries.set(`${HOLE}#${entries.size}`, () => withDeps(made(), deps))
      else
        entries.set(
          key,
          once(() =>
            withDeps(
              made(),
              open || !has(bare, key) ? (open ? deps : settledOnly(visibleOf(deps))) : NO_DEPS,
            ),
          ),
        )
    }
    const whole = isMap(unhidden ?? null) ? (isMap(bare ?? null) ? NO_DEPS : visibleOf(deps)) : deps
    return { kind: 'map', entries, deps: settledOnly(whole) }
  }
  if (typeof value === 'string' && value.includes(HOLE)) return hole(deps, value)
  return scalar(value as Key, settledOnly(own()))
}

function has(value: Value | undefined, key: Key): boolean {
  return isMap(value ?? null) && (value as ReadonlyMap<Key, Value>).has(key)
}

function visibleOf(deps: Deps): Deps {
  return { ...deps, hidden: NO_DEPS.hidden }
}

/** Parts that are known hang on parameters, not on what is missing elsewhere in the text. */
function settledOnly(deps: Deps): Deps {
  return deps === NO_DEPS ? deps : { ...deps, missing: NO_DEPS.missing, runtime: NO_DEPS.runtime }
}

/** Same shape: equal scalars, lists of one length. */
function shallow(a: Value, b: Value): boolean {
  if (isList(a)) return isList(b) && a.length === b.length
  return !isList(b) && !isMap(b) && equal(a, b)
}
