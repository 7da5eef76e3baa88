import { isList, isMap } from '../python.ts'
import type { Key, Value } from '../types.ts'
import { whole } from './helpers.ts'
import {
  type Deps,
  failure,
  hole,
  join,
  type Lazy,
  NO_DEPS,
  type Result,
  scalar,
  settle,
  withDeps,
} from './result.ts'
import { evaluateAlone, type Scope, spend, type TemplateFunction } from './scope.ts'

/** `for_each` over lists, template by template; `maps`: maps give their keys; `flat`: `permutations` is known. */
export function repeat(options: {
  readonly maps: boolean
  readonly permutations: boolean
}): TemplateFunction {
  return (scope, argument, name) => {
    if (!isMap(argument) || !argument.has('template') || !argument.has('for_each'))
      return failure(`${name} needs 'template' and 'for_each'`)
    const each = whole(evaluateAlone(scope, argument.get('for_each')!))
    if ('stop' in each) return each.stop
    if (!isMap(each.value) || each.value.size === 0) return failure(`${name} needs a map of lists`, each.deps)
    const nested = options.permutations ? (argument.get('permutations') ?? true) : true
    if (typeof nested !== 'boolean' || (options.permutations && argument.get('permutations') === null))
      return failure(`${name}: 'permutations' is true or false`)
    const keys: Key[] = []
    const lists: (readonly Value[])[] = []
    const lengths = new Set<number>()
    for (const [key, value] of each.value) {
      keys.push(key)
      if (value === null) lists.push([])
      else if (isList(value)) lists.push(value)
      else if (options.maps && nested && isMap(value)) lists.push([...value.keys()])
      else return failure(`${name} needs lists to go through`, each.deps)
      if (value !== null) lengths.add(lists.at(-1)!.length)
    }
    if (!nested && lengths.size > 1)
      return failure(`${name}: without permutations all lists must be of one length`, each.deps)
    const shortest = lists.reduce((least, list) => Math.min(least, list.length), Number.POSITIVE_INFINITY)
    const rounds = nested
      ? product(lists, scope)
      : Array.from({ length: shortest }, (_, i) => lists.map((list) => list[i]!))
    const template = evaluateAlone(scope, argument.get('template')!)
    if (rounds.length === 0) {
      // A template that is wrong is so even where nothing is to be filled in.
      const settled = settle(template)
      if (settled.status === 'error') return failure(settled.error!, settled.deps)
    }
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
  keys: readonly Key[],
  values: readonly Value[],
  name: string,
  deps: Deps,
): Result {
  spend(scope.budget, 1)
  const text = (value: string): string | undefined => {
    let out = value
    for (const [i, key] of keys.entries()) {
      const replacement = values[i]!
      if (typeof replacement !== 'string' || typeof key !== 'string') return undefined
      out = out.replaceAll(key, () => replacement)
      spend(scope.budget, 1, out.length)
    }
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
