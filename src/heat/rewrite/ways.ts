import { inputError } from '../../core/error.ts'
import { str } from '../python.ts'
import { type AliasNode, type Entry, follow, type MapNode, type Node, type SeqNode } from '../read/nodes.ts'
import type { Key } from '../types.ts'

/** Keys and indexes from the root of a document, as its data has them. */
export type Way = readonly Key[]

/** Where a way turns into a part that is written elsewhere: `way[at]` is looked up in what `node` shares. */
export interface Bend {
  readonly at: number
  /** An alias, or the map with the `<<` that brings the key. */
  readonly node: AliasNode | MapNode
}

/** A step to a value: the value as it stands (an alias is not followed), and the entry that it is the value of. */
export interface Stop {
  readonly node: Node
  readonly entry?: Entry
}

interface Slot {
  readonly container: MapNode | SeqNode
  readonly key: Key
  readonly node: Node
}

/** More ways than this to one place, and nobody could say what an edit there does. */
const MOST = 10_000

/** All ways through one document. Without aliases and merge keys there is one to each place. */
export class Ways {
  /** Aliases in the order of the text; not those behind a `<<`. */
  readonly aliases: readonly AliasNode[]
  readonly #root: MapNode
  /** Where each thing is met, aliases followed. */
  readonly #slots = new Map<Node, Slot[]>()
  readonly #known = new Map<Node, readonly Way[]>()

  constructor(root: MapNode) {
    this.#root = root
    const stack: Node[] = [root]
    const seen = new Set<Node>(stack)
    while (stack.length > 0) {
      const container = stack.pop() as MapNode | SeqNode
      for (const [key, node] of children(container)) {
        const real = follow(node)
        const held = this.#slots.get(real)
        const slot = { container, key, node }
        if (held) held.push(slot)
        else this.#slots.set(real, [slot])
        if (real.kind === 'scalar' || seen.has(real)) continue
        seen.add(real)
        stack.push(real)
      }
    }
    this.aliases = aliasesIn(root)
  }

  /** Ways on which `node` is met as it stands there. */
  to(node: Node): readonly Way[] {
    const slots = this.#slots.get(follow(node)) ?? []
    return this.#through(slots.filter((slot) => slot.node === node))
  }

  /** Ways to `node`, also those through aliases of it. */
  toAll(node: Node): readonly Way[] {
    const real = follow(node)
    if (real === this.#root) return [[]]
    let ways = this.#known.get(real)
    if (ways === undefined) {
      ways = this.#through(this.#slots.get(real) ?? [])
      this.#known.set(real, ways)
    }
    return ways
  }

  #through(slots: readonly Slot[]): Way[] {
    const ways: Way[] = []
    for (const { container, key } of slots)
      for (const way of this.toAll(container)) {
        ways.push([...way, key])
        if (ways.length > MOST)
          throw inputError(
            'KILN_TEMPLATE_SHARED',
            'too many parts of the template share one place through anchors and aliases to edit it',
            { hint: 'Write the image at each resource.' },
          )
      }
    return ways
  }

  /** The values on a way, the root's first, and its bends. undefined: it leads nowhere. */
  follow(way: Way): { readonly stops: readonly Stop[]; readonly bends: readonly Bend[] } | undefined {
    const stops: Stop[] = [{ node: this.#root }]
    const bends: Bend[] = []
    for (const [at, key] of way.entries()) {
      const { node } = stops[at]!
      const real = follow(node)
      if (node.kind === 'alias') bends.push({ at, node })
      if (real.kind === 'seq') {
        const item = real.items[Number(key)]
        if (item === undefined) return undefined
        stops.push({ node: item })
        continue
      }
      const entry = real.kind === 'map' ? real.entries.get(key) : undefined
      if (entry === undefined || real.kind !== 'map') return undefined
      if (entry.merged && node.kind !== 'alias') bends.push({ at, node: real })
      stops.push({ node: entry.value, entry })
    }
    return { stops, bends }
  }
}

/** Also those in entries that a later one of the same name replaces. */
function aliasesIn(root: MapNode): AliasNode[] {
  const aliases: AliasNode[] = []
  const stack: Node[] = [root]
  while (stack.length > 0) {
    const node = stack.pop()!
    if (node.kind === 'alias') aliases.push(node)
    else if (node.kind === 'seq') for (const item of node.items) stack.push(item)
    else if (node.kind === 'map') for (const { key, value } of node.written) stack.push(key, value)
  }
  return aliases.sort((a, b) => a.start - b.start)
}

function children(node: MapNode | SeqNode): (readonly [Key, Node])[] {
  if (node.kind === 'seq') return node.items.map((item, i) => [BigInt(i), item] as const)
  return [...node.entries].map(([key, entry]) => [key, entry.value] as const)
}

/** A way as a key of a map. */
export function wayId(way: Way): string {
  return way.map((key) => `${typeof key}:${str(key)}`).join('\0')
}
