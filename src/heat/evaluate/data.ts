import { equal, isList, isMap, str, typeName } from '../python.ts'
import type { Key, Value } from '../types.ts'
import { firstStop, items, whole } from './helpers.ts'
import {
  type Deps,
  failure,
  hole,
  join,
  known,
  type Lazy,
  NO_DEPS,
  type Result,
  scalar,
  withDeps,
} from './result.ts'
import { evaluate, type Scope, spend, type TemplateFunction } from './scope.ts'

/*
 * Functions on lists and maps.
 */

export const mapMerge: TemplateFunction = (scope, argument, name) => {
  const list = evaluate(scope, argument)
  const maps = items(list)
  if (maps === undefined) return firstStop(list) ?? failure(`${name} needs a list of maps`)
  const entries = new Map<Key, Lazy>()
  let deps = list.deps
  let open: Result | undefined
  for (const map of maps) {
    deps = join(deps, map.deps)
    if (map.kind === 'error') return map
    if (map.kind === 'scalar' && map.value === null) continue
    if (map.kind === 'hole') {
      // It may set any key: what came before it is not certain any more.
      open = map
      entries.clear()
      continue
    }
    if (map.kind !== 'map') return failure(`${name} needs maps`, deps)
    for (const [key, value] of map.entries) {
      entries.delete(key)
      entries.set(key, value)
    }
  }
  if (open === undefined) return { kind: 'map', entries, deps }
  // Keys set after the unknown map are certain; all others hang on it.
  return entries.size > 0 ? { kind: 'map', entries, deps } : hole(deps)
}

export const mapReplace: TemplateFunction = (scope, argument, name) => {
  if (!isList(argument) || argument.length !== 2) return failure(`${name} needs a map and what to replace`)
  const both = whole(evaluate(scope, argument))
  if ('stop' in both) return both.stop
  const [map, changes] = both.value as [Value, Value]
  if (!isMap(map) || !isMap(changes)) return failure(`${name} needs two maps`, both.deps)
  const keys = changes.get('keys') ?? new Map<Key, Value>()
  const values = changes.get('values') ?? new Map<Key, Value>()
  if (!isMap(keys) || !isMap(values)) return failure(`${name} needs maps for 'keys' and 'values'`, both.deps)
  const out = new Map<Key, Value>()
  for (const [key, value] of map) {
    const name2 = (keys.get(key) ?? key) as Key
    if (name2 !== key && (map.has(name2) || out.has(name2)))
      return failure(`${name}: '${str(name2)}' would be there twice`, both.deps)
    const changed = typeof value === 'object' && value !== null ? undefined : values.get(value as Key)
    out.set(name2, changed ?? value)
  }
  return known(out, both.deps)
}

export const listConcat: TemplateFunction = (scope, argument, name) => {
  const list = evaluate(scope, argument)
  const lists = items(list)
  if (lists === undefined) return firstStop(list) ?? failure(`${name} needs a list of lists`)
  const stop = firstStop(...lists)
  if (stop) return stop
  const all: Lazy[] = []
  let deps = list.deps
  for (const part of lists) {
    deps = join(deps, part.deps)
    if (part.kind === 'scalar' && part.value === null) continue
    if (part.kind !== 'list') return failure(`${name} needs lists`, deps)
    all.push(...part.items)
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
  const both = whole(evaluate(scope, argument))
  if ('stop' in both) return both.stop
  const [values, list] = both.value as [Value, Value]
  if (!isList(values) || (!isList(list) && list !== null))
    return failure(`${name} needs two lists`, both.deps)
  spend(scope.budget, values.length * (list ?? []).length)
  return known(
    (list ?? []).filter((item) => !values.some((value) => equal(value, item))),
    both.deps,
  )
}

export const contains: TemplateFunction = (scope, argument, name) => {
  if (!isList(argument) || argument.length !== 2) return failure(`${name} needs a value and a list`)
  const both = whole({
    kind: 'list',
    items: argument.map((part) => () => evaluate(scope, part, scope.functions)),
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

/** `for_each` over lists, template by template; `maps`: maps give their keys; `flat`: `permutations` is known. */
export function repeat(options: {
  readonly maps: boolean
  readonly permutations: boolean
}): TemplateFunction {
  return (scope, argument, name) => {
    if (!isMap(argument) || !argument.has('template') || !argument.has('for_each'))
      return failure(`${name} needs 'template' and 'for_each'`)
    const each = whole(evaluate(scope, argument.get('for_each')!))
    if ('stop' in each) return each.stop
    if (!isMap(each.value)) return failure(`${name} needs a map of lists`, each.deps)
    const nested = options.permutations ? (argument.get('permutations') ?? true) : true
    if (typeof nested !== 'boolean') return failure(`${name}: 'permutations' is true or false`)
    const keys: string[] = []
    const lists: (readonly Value[])[] = []
    for (const [key, value] of each.value) {
      if (typeof key !== 'string' || key === '')
        return failure(`${name}: a placeholder must be a text`, each.deps)
      keys.push(key)
      if (value === null) lists.push([])
      else if (isList(value)) lists.push(value)
      else if (options.maps && isMap(value)) lists.push([...value.keys()])
      else return failure(`${name} needs lists to go through`, each.deps)
    }
    if (!nested && new Set(lists.map((list) => list.length)).size > 1)
      return failure(`${name}: without permutations all lists must be of one length`, each.deps)
    const rounds = nested
      ? product(lists, scope)
      : (lists[0] ?? []).map((_, i) => lists.map((list) => list[i]!))
    const template = evaluate(scope, argument.get('template')!)
    const out = rounds.map(
      (values): Lazy =>
        () =>
          fill(scope, template, keys, values, name, each.deps),
    )
    return {
      kind: 'list',
      items: out,
      deps: join(each.deps, template.kind === 'hole' ? template.deps : NO_DEPS),
    }
  }
}

function product(lists: readonly (readonly Value[])[], scope: Scope): Value[][] {
  let rounds: Value[][] = [[]]
  for (const list of lists) {
    // A round is a list of its own: dearer than a step.
    spend(scope.budget, 4 * rounds.length * list.length)
    rounds = rounds.flatMap((round) => list.map((value) => [...round, value]))
  }
  return rounds
}

function fill(
  scope: Scope,
  part: Result,
  keys: readonly string[],
  values: readonly Value[],
  name: string,
  deps: Deps,
): Result {
  spend(scope.budget, 1)
  const text = (value: string): string | undefined => {
    let out = value
    for (const [i, key] of keys.entries()) {
      const replacement = values[i]!
      if (typeof replacement !== 'string') return undefined
      out = out.replaceAll(key, () => replacement)
    }
    spend(scope.budget, 1, out.length)
    return out
  }
  const notText = failure(`${name}: only texts can be put into the template`, deps)
  switch (part.kind) {
    case 'scalar': {
      if (typeof part.value !== 'string') return withDeps(part, deps)
      const filled = text(part.value)
      return filled === undefined ? notText : scalar(filled, join(part.deps, deps))
    }
    case 'hole': {
      const filled = text(part.text)
      return filled === undefined ? notText : hole(join(part.deps, deps), filled)
    }
    case 'list':
      return {
        ...part,
        items: part.items.map(
          (item): Lazy =>
            () =>
              fill(scope, item(), keys, values, name, deps),
        ),
      }
    case 'map': {
      const entries = new Map<Key, Lazy>()
      for (const [key, item] of part.entries) {
        const filled = typeof key === 'string' ? text(key) : key
        if (filled === undefined) return notText
        entries.set(filled, () => fill(scope, item(), keys, values, name, deps))
      }
      return { ...part, entries }
    }
    default:
      return part
  }
}

/** `['Name', 'Value', ['.member.0.Name=a', '.member.0.Value=b']]` → `{a: b}`. */
export const memberListToMap: TemplateFunction = (scope, argument, name) => {
  if (!isList(argument) || argument.length !== 3) return failure(`${name} needs two names and a list`)
  const args = whole(evaluate(scope, argument))
  if ('stop' in args) return args.stop
  const [keyName, valueName, list] = args.value as [Value, Value, Value]
  if (typeof keyName !== 'string' || typeof valueName !== 'string' || !isList(list))
    return failure(`${name} needs two names and a list`, args.deps)
  const members = new Map<string, { key?: string; value?: string }>()
  for (const item of list) {
    const match = typeof item === 'string' ? /^\.?member\.([0-9]+)\.([^=]+)=(.*)$/s.exec(item) : null
    if (!match) return failure(`${name}: '.member.N.${keyName}=…' is expected`, args.deps)
    const member = members.get(match[1]!) ?? {}
    if (match[2] === keyName) member.key = match[3]!
    if (match[2] === valueName) member.value = match[3]!
    members.set(match[1]!, member)
  }
  const out = new Map<Key, Value>()
  for (const { key, value } of members.values())
    if (key !== undefined && value !== undefined) out.set(key, value)
  return known(out, args.deps)
}

export const yaql: TemplateFunction = (_scope, _argument, name) =>
  failure(`${name} is a language of its own that Kiln does not work out`)
