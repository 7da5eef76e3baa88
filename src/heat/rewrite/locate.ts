import { evaluateCondition } from '../evaluate/scope.ts'
import { type Entry, follow, type MapNode, type Node } from '../read/nodes.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Key, Value } from '../types.ts'
import type { Way } from './ways.ts'

/** Where something stands in the text of a template. */
export interface Located {
  readonly node: Node
  /** The entry of a map that it is the value of, and that map. */
  readonly entry?: Entry
  readonly map?: MapNode
  /** Keys and indexes from the root, functions on the way included. */
  readonly way: Way
}

/** The place of `keys` in a template, in the branches that its conditions choose. */
export function locate(scope: TemplateScope, keys: readonly Key[]): Located | undefined {
  const answer = search(scope, keys)
  return 'hiddenBy' in answer ? undefined : answer
}

/** Like {@link locate}; where a function hides the place: its call, and the keys that would go on from there. */
export function search(
  scope: TemplateScope,
  keys: readonly Key[],
): Located | { readonly hiddenBy: Located; readonly rest: readonly Key[] } {
  let here: Located = { node: scope.template.document.root, way: [] }
  for (const [i, key] of keys.entries()) {
    const opened = open(scope, here, key)
    const real = follow(opened.here.node)
    const hidden = { hiddenBy: opened.here, rest: keys.slice(i) }
    if (opened.closed) return hidden
    if (real.kind === 'seq') {
      const item = real.items[Number(key)]
      if (item === undefined) return hidden
      here = { node: item, way: [...opened.here.way, key] }
      continue
    }
    const entry = real.kind === 'map' ? real.entries.get(key) : undefined
    if (entry === undefined || real.kind !== 'map') return hidden
    here = { node: entry.value, entry, map: real, way: [...opened.here.way, key] }
  }
  return here
}

interface Opened {
  readonly here: Located
  /** `here` is a call that nothing can be found through. */
  readonly closed: boolean
}

/** Goes through functions that only choose, until there is data with `key` in it. */
function open(scope: TemplateScope, from: Located, key: Key): Opened {
  let here = from
  for (let depth = 0; depth < 50; depth++) {
    const call = callOf(scope, here.node)
    if (call === undefined) return { here, closed: false }
    const argument = follow(call.entry.value)
    if (argument.kind !== 'seq') return { here, closed: true }
    let index: number
    if (call.name === 'if' || call.name === 'Fn::If') index = branch(scope, argument.items[0])
    else if (call.name === 'map_merge') index = lastWith(scope, argument.items, key)
    else return { here, closed: true }
    const chosen = argument.items[index]
    if (chosen === undefined) return { here, closed: true }
    here = { node: chosen, way: [...here.way, call.name, BigInt(index)] }
  }
  return { here, closed: true }
}

/** The function that a node calls: a map with its name as the only key. */
export function callOf(
  scope: TemplateScope,
  node: Node,
): { readonly name: string; readonly entry: Entry } | undefined {
  const real = follow(node)
  if (real.kind !== 'map' || real.entries.size !== 1) return undefined
  const [name, entry] = [...real.entries][0]!
  return typeof name === 'string' && scope.functions.has(name) ? { name, entry } : undefined
}

function branch(scope: TemplateScope, condition: Node | undefined): number {
  const real = condition === undefined ? undefined : follow(condition)
  if (real === undefined) return -1
  const value: Value | undefined = real.kind === 'scalar' ? real.value : valueAt(scope, real)
  if (value === undefined) return -1
  const result = evaluateCondition(scope, value)
  return result.kind === 'scalar' ? (result.value === true ? 1 : 2) : -1
}

/** Data of a node of this template, by walking the data and the nodes side by side. */
function valueAt(scope: TemplateScope, wanted: Node): Value | undefined {
  const { origins, value } = scope.template.document
  const stack: Value[] = [value]
  const seen = new Set<Value>()
  while (stack.length > 0) {
    const one = stack.pop()!
    if (one === null || typeof one !== 'object' || seen.has(one)) continue
    seen.add(one)
    if (origins.get(one) === wanted) return one
    for (const child of one.values()) stack.push(child as Value)
  }
  return undefined
}

/** The last of the maps that has `key`; -1 if none has, or if one after it may have it without our seeing it. */
function lastWith(scope: TemplateScope, maps: readonly Node[], key: Key): number {
  for (let i = maps.length - 1; i >= 0; i--) {
    const { here, closed } = open(scope, { node: maps[i]!, way: [] }, key)
    if (closed) return -1
    const real = follow(here.node)
    if (real.kind === 'map' && real.entries.has(key)) return i
  }
  return -1
}
