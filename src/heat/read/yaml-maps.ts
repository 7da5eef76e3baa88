import { sameKeys } from '../python.ts'
import type { Key } from '../types.ts'
import { type Entry, follow, type MapNode, type Node } from './nodes.ts'
import { SyntaxProblem } from './problem.ts'

/** Values of a `<<` and of a lone `=` until it is known where they stand: only keys may be such. */
const MERGE = Symbol('<<')
const EQUALS = '=\0'

/** The value that a scalar with one of these tags has for {@link mapOf}. */
export function markOf(tag: 'merge' | 'value'): Key {
  return tag === 'merge' ? (MERGE as never) : EQUALS
}

/** A node that is a value, not a key. */
export function valueNode(node: Node): Node {
  if (
    node.kind === 'scalar' &&
    node.style === '' &&
    ((node.value as unknown) === MERGE || node.value === EQUALS)
  )
    throw new SyntaxProblem("'<<' and '=' cannot be values, quote them", node.start)
  return node
}

/** How many entries `<<` may still bring in, all maps of a document together: small texts could bring in millions. */
export interface MergeBudget {
  left: number
}

export const MOST_MERGED = 200_000

/** Where a map stands. */
interface Place {
  readonly start: number
  readonly end: number
  readonly flow: boolean
}

/** The map of these pairs, with what `<<` brings into it. */
export function mapOf(
  pairs: readonly (readonly [Node, Node])[],
  { start, end, flow }: Place,
  budget: MergeBudget,
): MapNode {
  const written: Entry[] = []
  const merged: Entry[] = []
  for (const [key, value] of pairs) {
    const scalar = follow(key)
    if (scalar.kind !== 'scalar') throw new SyntaxProblem('a list or a map cannot be a key', key.start)
    if ((scalar.value as unknown) === MERGE)
      for (const entry of mergedEntries(value, budget)) merged.push(entry)
    else {
      const name = scalar.value === EQUALS && scalar.style === '' ? '=' : scalar.value
      written.push({ key, name, value: valueNode(value), merged: false })
    }
  }
  return { kind: 'map', start, end, flow, written, entries: entriesOf([...merged, ...written]) }
}

/** The last of equal keys counts, where the first stood and as it was written there. */
function entriesOf(all: readonly Entry[]): Map<Key, Entry> {
  const entries = new Map<Key, Entry>()
  for (const entry of all) {
    const { name } = entry
    const same =
      typeof name === 'string' || name === null || entries.has(name)
        ? name
        : // Python counts `1`, `1.0` and `True` as one key.
          (sameKeys(name).find((other) => entries.has(other)) ?? name)
    entries.set(same, entry)
  }
  return entries
}

function mergedEntries(value: Node, budget: MergeBudget): Entry[] {
  const real = follow(value)
  const maps = real.kind === 'seq' ? real.items.map(follow).reverse() : [real]
  return maps.flatMap((map) => {
    if (map.kind !== 'map') throw new SyntaxProblem("'<<' needs a map or a list of maps", value.start)
    budget.left -= map.entries.size
    if (budget.left < 0)
      throw new SyntaxProblem(`'<<' brings in more than ${MOST_MERGED} entries in all`, value.start)
    return [...map.entries.values()].map((entry) => ({ ...entry, merged: true }))
  })
}
