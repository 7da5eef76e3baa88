import { evaluateCondition } from '../evaluate/scope.ts'
import { type Entry, follow, type MapNode, type Node } from '../read/nodes.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Key, Value } from '../types.ts'

/** Where something stands in the text of a template. */
export interface Located {
  readonly node: Node
  /** The entry of a map that it is the value of, and that map. */
  readonly entry?: Entry
  readonly map?: MapNode
  /** Keys and indexes from the root, functions on the way included. */
  readonly path: readonly Key[]
  /**
   * The place is written elsewhere and shared: the innermost alias or `<<` on the way. `rest`: how many keys are below it.
   * An alias that is itself the place is no sharing: it can be replaced.
   */
  readonly shared?: {
    readonly node: Node
    readonly how: 'alias' | 'merge'
    readonly map?: MapNode
    readonly rest: number
  }
}

/** Follows `keys` through a template, into the branches that its conditions choose. undefined: a function hides the place. */
export function locate(scope: TemplateScope, keys: readonly Key[]): Located | undefined {
  let here: Located = { node: scope.template.document.root, path: [] }
  for (const [i, key] of keys.entries()) {
    const opened = open(scope, here, key)
    if (opened === undefined) return undefined
    here = opened
    const rest = keys.length - i
    let shared = here.shared
    if (here.node.kind === 'alias') shared = { node: here.node, how: 'alias', rest }
    const real = follow(here.node)
    if (real.kind === 'seq') {
      const item = real.items[Number(key)]
      if (item === undefined) return undefined
      here = { node: item, path: [...here.path, key], ...(shared ? { shared } : {}) }
      continue
    }
    const entry = real.kind === 'map' ? real.entries.get(key) : undefined
    if (entry === undefined || real.kind !== 'map') return undefined
    if (entry.merged) shared = { node: here.node, how: 'merge', map: real, rest: rest - 1 }
    here = { node: entry.value, entry, map: real, path: [...here.path, key], ...(shared ? { shared } : {}) }
  }
  return here
}

/** Goes through functions that only choose, until there is data with `key` in it. */
function open(scope: TemplateScope, from: Located, key: Key): Located | undefined {
  let here = from
  for (let depth = 0; depth < 50; depth++) {
    const real = follow(here.node)
    if (real.kind !== 'map' || real.entries.size !== 1) return here
    const [name, entry] = [...real.entries][0]!
    if (typeof name !== 'string' || !scope.functions.has(name)) return here
    const argument = follow(entry.value)
    if (argument.kind !== 'seq' || entry.merged) return undefined
    let index: number
    if (name === 'if' || name === 'Fn::If') index = branch(scope, argument.items[0])
    else if (name === 'map_merge') index = argument.items.findLastIndex((item) => holds(scope, item, key))
    else return undefined
    const chosen = argument.items[index]
    if (chosen === undefined) return undefined
    const alias = [here.node, entry.value].find((node) => node.kind === 'alias')
    const shared = alias === undefined ? here.shared : { node: alias, how: 'alias' as const, rest: 99 }
    here = { node: chosen, path: [...here.path, name, BigInt(index)], ...(shared ? { shared } : {}) }
  }
  return undefined
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

function holds(scope: TemplateScope, node: Node, key: Key): boolean {
  const real = follow(node)
  if (real.kind !== 'map') return false
  if (real.entries.has(key)) return true
  const opened = open(scope, { node, path: [] }, key)
  const inner = opened === undefined ? undefined : follow(opened.node)
  return inner !== undefined && inner !== real && inner.kind === 'map' && inner.entries.has(key)
}
