import { type Entry, meets } from '../tools/apt/entry.ts'

/**
 * Names of those of `entries` that the packages `roots` need, they included, as apt counts before it offers to remove the
 * rest: whatever may meet a relation is needed. With `prefer`, a relation that one of these meets needs no other.
 */
export function needed(
  entries: readonly Entry[],
  roots: Iterable<string>,
  options: { readonly recommends: boolean; readonly prefer?: ReadonlySet<string> },
): Set<string> {
  const byName = new Map<string, Entry[]>()
  for (const entry of entries)
    for (const name of new Set([entry.name, ...entry.provides.map((provided) => provided.name)]))
      byName.set(name, [...(byName.get(name) ?? []), entry])
  const found = new Set<string>()
  const queue: Entry[] = []
  const take = (entry: Entry) => {
    if (found.has(entry.name)) return
    found.add(entry.name)
    queue.push(entry)
  }
  for (const name of roots) byName.get(name)?.forEach(take)
  for (let entry = queue.shift(); entry; entry = queue.shift())
    for (const clause of [...entry.depends, ...(options.recommends ? entry.recommends : [])]) {
      const all = clause.flatMap((one) => (byName.get(one.name) ?? []).filter((each) => meets(each, one)))
      const preferred = all.filter((each) => options.prefer?.has(each.name))
      for (const each of preferred.length > 0 ? preferred : all) take(each)
    }
  return found
}
