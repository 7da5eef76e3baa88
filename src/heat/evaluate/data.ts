import { equal, isList, isMap, lookUp, sameKeys, str, truthy, typeName } from '../python.ts'
import type { Key, Value } from '../types.ts'
import { firstStop, items, unpack, whole } from './helpers.ts'
import {
  failure,
  hole,
  join,
  known,
  type Lazy,
  NO_DEPS,
  once,
  type Result,
  scalar,
  withDeps,
} from './result.ts'
import { evaluateAlone, spend, type TemplateFunction } from './scope.ts'

/*
 * Functions on lists and maps.
 */

export const mapMerge: TemplateFunction = (scope, argument, name) => {
  const list = evaluateAlone(scope, argument)
  const maps = list.kind === 'scalar' && list.value === '' ? [] : items(list)
  if (maps === undefined) return firstStop([list]) ?? failure(`${name} needs a list of maps`)
  const candidates = new Map<Key, Lazy[]>()
  let deps = list.deps
  let open = false
  for (const map of maps) {
    deps = join(deps, map.deps)
    if (map.kind === 'error') return map
    if (map.kind === 'scalar' && map.value === null) continue
    if (map.kind === 'hole') {
      // It may set any key: what came before it is not certain any more.
      open = true
      candidates.clear()
      continue
    }
    if (map.kind !== 'map') return failure(`${name} needs maps`, deps)
    spend(scope.budget, map.entries.size)
    for (const [key, value] of map.entries) {
      const same = keyIn(candidates, key)
      const values = candidates.get(same)
      if (values === undefined) candidates.set(same, [value])
      else values.push(value)
    }
  }
  // Keys set after an unknown map are certain; all others hang on it.
  if (open && candidates.size === 0) return hole(deps)
  const entries = new Map<Key, Lazy>()
  for (const [key, values] of candidates)
    entries.set(
      key,
      once(() => lastOf(values)),
    )
  return { kind: 'map', entries, deps }
}

/** The last value that is there: where an `if` without an else is false, its map does not have the key. */
function lastOf(values: readonly Lazy[]): Result {
  for (let i = values.length - 1; i > 0; i--) {
    const value = values[i]!()
    if (value.kind !== 'nothing') return value
  }
  return values[0]!()
}

/** `key`, or what equals it and is in the map already. */
function keyIn<T>(map: ReadonlyMap<Key, T>, key: Key): Key {
  if (typeof key === 'string' || key === null || map.has(key)) return key
  return sameKeys(key).find((other) => map.has(other)) ?? key
}

export const mapReplace: TemplateFunction = (scope, argument, name) => {
  const both = whole(evaluateAlone(scope, argument))
  if ('stop' in both) return both.stop
  const [map, changes] = isList(both.value) && both.value.length === 2 ? both.value.map(orEmpty) : []
  if (!isMap(map) || !isMap(changes)) return failure(`${name} needs a map and what to replace`, both.deps)
  for (const key of changes.keys())
    if (key !== 'keys' && key !== 'values')
      return failure(`${name} knows 'keys' and 'values' to replace, not '${str(key)}'`, both.deps)
  const keys = orEmpty(changes.get('keys') ?? null)
  const values = orEmpty(changes.get('values') ?? null)
  if (!isMap(keys) || !isMap(values)) return failure(`${name} needs maps for 'keys' and 'values'`, both.deps)
  const out = new Map<Key, Value>()
  for (const [key, value] of map) {
    const renamed = lookUp(keys, key) ?? null
    if (typeof renamed === 'object' && renamed !== null)
      return failure(`${name}: a list or a map cannot be a key`, both.deps)
    const next = renamed ?? key
    const there = lookUp(map, next) !== undefined && !equal(next, key)
    if (renamed !== null && (there || lookUp(out, next) !== undefined))
      return failure(`${name}: '${str(next)}' would be there twice`, both.deps)
    const changed = typeof value === 'object' && value !== null ? undefined : lookUp(values, value as Key)
    out.set(keyIn(out, next), changed === undefined ? value : changed)
  }
  return known(out, both.deps)
}

function orEmpty(value: Value): Value {
  return value ?? new Map()
}

export const listConcat: TemplateFunction = (scope, argument, name) => {
  const list = evaluateAlone(scope, argument)
  const lists = items(list)
  if (lists === undefined) return firstStop([list]) ?? failure(`${name} needs a list of lists`)
  const stop = firstStop(lists)
  if (stop) return stop
  const all: Lazy[] = []
  let deps = list.deps
  for (const part of lists) {
    deps = join(deps, part.deps)
    if (part.kind === 'scalar' && part.value === null) continue
    if (part.kind !== 'list') return failure(`${name} needs lists`, deps)
    spend(scope.budget, part.items.length)
    for (const item of part.items) all.push(item)
  }
  if (name === 'list_concat') return { kind: 'list', items: all, deps }
  const settled = whole({ kind: 'list', items: all, deps })
  if ('stop' in settled) return settled.stop
  const unique: Value[] = []
  for (const item of settled.value as readonly Value[]) {
    spend(scope.budget, unique.length)
    if (!unique.some((other) => equal(other, item))) unique.push(item)
  }
  return known(unique, settled.deps)
}

export const filter: TemplateFunction = (scope, argument, name) => {
  if (!isList(argument) || argument.length !== 2) return failure(`${name} needs values and a list`)
  const from = whole(evaluateAlone(scope, argument[1]!))
  if ('stop' in from) return from.stop
  if (!truthy(from.value)) return known(from.value, from.deps)
  if (!isList(from.value)) return failure(`${name} needs a list`, from.deps)
  const without = whole(evaluateAlone(scope, argument[0]!))
  if ('stop' in without) return withDeps(without.stop, from.deps)
  const deps = join(from.deps, without.deps)
  if (!truthy(without.value)) return known(from.value, deps)
  const values = without.value
  if (!isList(values)) return failure(`${name} needs a list of values`, deps)
  spend(scope.budget, values.length * from.value.length)
  return known(
    from.value.filter((item) => !values.some((value) => equal(value, item))),
    deps,
  )
}

export const contains: TemplateFunction = (scope, argument, name) => {
  if (!isList(argument) || argument.length !== 2) return failure(`${name} needs a value and a list`)
  const both = whole({
    kind: 'list',
    items: argument.map((part) => () => evaluateAlone(scope, part)),
    deps: NO_DEPS,
  })
  if ('stop' in both) return both.stop
  const [value, list] = both.value as [Value, Value]
  if (typeof list === 'string') {
    if (typeof value !== 'string')
      return failure(`${name}: only a text can be in a text, not ${typeName(value)}`, both.deps)
    return scalar(list.includes(value), both.deps)
  }
  if (!isList(list)) return failure(`${name} needs a list`, both.deps)
  return scalar(
    list.some((item) => equal(item, value)),
    both.deps,
  )
}

/** `['Name', 'Value', ['.member.0.Name=a', '.member.0.Value=b']]` → `{a: b}`, in the order of the numbers. */
export const memberListToMap: TemplateFunction = (scope, argument, name) => {
  const three = unpack(argument, 3)
  const [keyName, valueName] = three ?? []
  if (three === undefined || typeof keyName !== 'string' || typeof valueName !== 'string')
    return failure(`${name} needs two names and a list`)
  const args = whole(evaluateAlone(scope, three[2]!))
  if ('stop' in args) return args.stop
  const list = isMap(args.value) ? [...args.value.keys()] : args.value
  if (!isList(list) && list !== '') return failure(`${name} needs a list`, args.deps)
  const partials = new Map<string, string>()
  for (const item of list) {
    const at = typeof item === 'string' ? item.indexOf('=') : -1
    if (typeof item !== 'string' || at < 0)
      return failure(`${name}: '.member.N.${keyName}=…' is expected`, args.deps)
    partials.set(item.slice(0, at), item.slice(at + 1))
  }
  const members = new Map<number, Map<string, string>>()
  for (const [key, value] of partials) {
    const match = /^\.member\.([0-9]{1,15})\.([^\n]*)/.exec(key)
    if (!match) continue
    const number = Number(match[1])
    const member = members.get(number) ?? new Map<string, string>()
    member.set(match[2]!, value)
    members.set(number, member)
  }
  const out = new Map<Key, Value>()
  for (const [, member] of [...members].sort(([a], [b]) => a - b)) {
    const key = member.get(keyName)
    const value = member.get(valueName)
    if (key !== undefined && value !== undefined) out.set(key, value)
  }
  return known(out, args.deps)
}

export const yaql: TemplateFunction = (_scope, _argument, name) =>
  failure(`${name} is a language of its own that Kiln does not work out`)
