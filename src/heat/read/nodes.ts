import type { Key, Value } from '../types.ts'

/** What stands at a place of the text. Offsets are UTF-16 units; `end` is behind the last character. */
export type Node = ScalarNode | MapNode | SeqNode | AliasNode

/** `''` is a plain scalar. In JSON, texts are `"` and everything else is plain. */
export type Style = '' | "'" | '"' | '|' | '>'

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly start: number
  readonly end: number
  readonly value: Key
  readonly style: Style
}

export interface Entry {
  readonly key: Node
  readonly name: Key
  readonly value: Node
  /** It came through `<<` from another map: editing it would change that one. */
  readonly merged: boolean
}

export interface MapNode {
  readonly kind: 'map'
  readonly start: number
  readonly end: number
  readonly flow: boolean
  /** Entries as they are written, without what `<<` brings; two of one name are both here. */
  readonly written: readonly Entry[]
  /** What counts: merged entries first, the last of equal keys. */
  readonly entries: ReadonlyMap<Key, Entry>
}

export interface SeqNode {
  readonly kind: 'seq'
  readonly start: number
  readonly end: number
  readonly flow: boolean
  readonly items: readonly Node[]
}

/** `*name`: the same node as elsewhere. */
export interface AliasNode {
  readonly kind: 'alias'
  readonly start: number
  readonly end: number
  readonly target: ScalarNode | MapNode | SeqNode
}

/** The node that an alias stands for, or the node itself. */
export function follow(node: Node): ScalarNode | MapNode | SeqNode {
  return node.kind === 'alias' ? node.target : node
}

/** From the maps and lists of a document's value back to where they stand. */
export type Origins = WeakMap<object, MapNode | SeqNode>

/**
 * The data of a node. Aliases give the same object each time, so a bomb stays small until somebody walks it. `seen` may be left
 * out where there are no aliases.
 */
export function toValue(node: Node, origins: Origins, seen?: Map<Node, Value>): Value {
  const real = follow(node)
  if (real.kind === 'scalar') return real.value
  const known = seen?.get(real)
  if (known !== undefined) return known
  if (real.kind === 'seq') {
    const list = real.items.map((item) => toValue(item, origins, seen))
    seen?.set(real, list)
    origins.set(list, real)
    return list
  }
  const map = new Map<Key, Value>()
  for (const [name, entry] of real.entries) map.set(name, toValue(entry.value, origins, seen))
  seen?.set(real, map)
  origins.set(map, real)
  return map
}

/** How many nodes there would be without aliases; stops counting at `limit`. */
export function expandedSize(root: Node, limit: number): number {
  const sizes = new Map<Node, number>()
  const count = (node: Node): number => {
    const real = follow(node)
    if (real.kind === 'scalar') return 1
    const known = sizes.get(real)
    if (known !== undefined) return known
    let size = 1
    const children = real.kind === 'seq' ? real.items : [...real.entries.values()].map((entry) => entry.value)
    for (const child of children) {
      size += count(child)
      if (size > limit) break
    }
    sizes.set(real, size)
    return size
  }
  return count(root)
}
