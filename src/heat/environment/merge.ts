import { inputError } from '../../core/error.ts'
import type { ParameterType } from '../parameters/convert.ts'
import { convert } from '../parameters/convert.ts'
import { equal, isList, isMap, str, truthy, typeName } from '../python.ts'
import type { Key, Value } from '../types.ts'

/*
 * How values of several environment files come together: the engine's own merge, with its strategies.
 */

/** The declared type of a parameter; undefined: the main template does not have it. */
export type TypeOf = (parameter: string) => ParameterType | undefined

/** What one file brings. `strict`: a section of `parameters`, where what is not declared does not count. */
interface Section {
  readonly values: ReadonlyMap<Key, Value>
  readonly strategies: ReadonlyMap<Key, Value>
  readonly strict: boolean
  readonly path: string
}

/** Merges sections of environment files in order. What was said of a parameter in one file holds for all. */
export class Merger {
  readonly #typeOf: TypeOf
  /** As it was written: what is no strategy overwrites, but two files must still agree on it. */
  readonly #chosen = new Map<string, Value>()

  constructor(typeOf: TypeOf) {
    this.#typeOf = typeOf
  }

  /** Puts what a file says into `old`. Throws input errors. */
  add(old: Map<string, Value>, section: Section): void {
    const { values, strict, path } = section
    for (const [key, value] of values) if (value !== null) this.#choose(str(key), section)
    if (old.size === 0) {
      for (const [key, value] of values) old.set(str(key), value)
      return
    }
    for (const [key, value] of values) {
      const name = str(key)
      const type = this.#typeOf(name) ?? (strict ? undefined : alike(old.get(name) ?? null, value))
      if (value === null || (strict && type === undefined)) continue
      const strategy = this.#chosen.get(name)
      if (type === undefined || (strategy !== 'merge' && strategy !== 'deep_merge')) old.set(name, value)
      else {
        const merged = combine(type, old.get(name), value, strategy === 'deep_merge')
        if ('fault' in merged)
          throw inputError(
            'KILN_ENVIRONMENT_STRATEGY',
            `${path} cannot merge the parameter ${name}: ${merged.fault}`,
          )
        old.set(name, merged.value)
      }
    }
  }

  #choose(name: string, { strategies, strict, path }: Section): void {
    if (strict && this.#typeOf(name) === undefined) return
    const before = this.#chosen.get(name)
    const fallback = strategies.get('default') ?? 'overwrite'
    const wanted = strategies.get(name) ?? before ?? fallback
    const known = wanted === 'overwrite' || wanted === 'merge' || wanted === 'deep_merge'
    const strategy = known ? wanted : fallback
    if (before !== undefined && !equal(before, strategy))
      throw inputError(
        'KILN_ENVIRONMENT_STRATEGY',
        `${path} merges the parameter ${name} in another way than an earlier environment file`,
      )
    this.#chosen.set(name, strategy)
  }
}

/** The type of a parameter that only a nested template declares, as far as its values show it. */
function alike(old: Value, value: Value): ParameterType | undefined {
  if (isMap(value) && (old === null || isMap(old))) return 'json'
  if (isList(value) && (old === null || isList(old))) return 'list'
  return typeof value === 'string' && typeof old === 'string' ? 'string' : undefined
}

type Merged = { readonly value: Value } | { readonly fault: string }

/** `old` undefined: no file before gave it. */
function combine(type: ParameterType, old: Value | undefined, written: Value, deep: boolean): Merged {
  let value = written
  if (type === 'json') {
    const read = convert('json', written)
    if ('fault' in read) return read
    value = read.value
    return mergeMaps(old ?? null, value, deep)
  }
  if (typeof value !== 'string' && !isList(value))
    return { fault: `it is ${typeName(value)}, but only texts, lists and maps can be merged` }
  switch (type) {
    case 'list':
      return mergeLists(old ?? null, value)
    case 'string':
      return joinTexts(old === undefined ? '' : old, value)
    case 'number':
      // The engine adds what was written, so two texts are put together and numbers are refused.
      return joinTexts(old === undefined ? 0n : old, value)
    default:
      return { fault: `it is a ${type}` }
  }
}

function mergeLists(old: Value, value: Value): Merged {
  if (!truthy(old)) return { value }
  if (isList(old) && isList(value)) return { value: [...old, ...value] }
  if (typeof old === 'string' && typeof value === 'string') return { value: `${old},${value}` }
  return { fault: 'one file gives it as a list, another as a text' }
}

function joinTexts(old: Value, value: Value): Merged {
  return typeof old === 'string' && typeof value === 'string'
    ? { value: old + value }
    : { fault: `only a text can be put behind a text, not ${typeName(value)} behind ${typeName(old)}` }
}

function mergeMaps(old: Value, value: Value, deep: boolean): Merged {
  if (!truthy(old)) return { value }
  if (!isMap(old) || !isMap(value)) return { fault: 'it is not a map in all files' }
  const map = new Map(old)
  for (const [key, item] of value) {
    if (item === null) continue
    const before = map.get(key) ?? null
    let merged: Merged = { value: item }
    if (deep && isMap(item) && truthy(before)) merged = mergeMaps(before, item, true)
    else if (deep && isList(item)) merged = mergeLists(before, item)
    else if (deep && typeof item === 'string') merged = joinTexts(map.has(key) ? before : '', item)
    if ('fault' in merged) return merged
    map.set(key, merged.value)
  }
  return { value: map }
}
