import type { Changed, Lists } from './difference-types.ts'

/** What is only in the first, only in the second, or in both and not the same; by name. */
export function lists<T, C extends Changed<string>>(
  from: readonly T[],
  to: readonly T[],
  describe: {
    readonly name: (one: T) => string
    readonly text: (one: T) => string
    readonly more?: (one: T) => object
  },
): Lists<C> {
  const before = new Map(from.map((one) => [describe.name(one), one]))
  const after = new Map(to.map((one) => [describe.name(one), one]))
  const change = (name: string): C => {
    const [old, now] = [before.get(name), after.get(name)]
    return {
      name,
      ...describe.more?.((now ?? old)!),
      ...(old === undefined ? {} : { from: describe.text(old) }),
      ...(now === undefined ? {} : { to: describe.text(now) }),
    } as C
  }
  const added = [...after.keys()].filter((name) => !before.has(name))
  const removed = [...before.keys()].filter((name) => !after.has(name))
  const changed = [...before.keys()].filter((name) => {
    const now = after.get(name)
    return now !== undefined && describe.text(now) !== describe.text(before.get(name)!)
  })
  return {
    added: added.sort().map(change),
    removed: removed.sort().map(change),
    changed: changed.sort().map(change),
  }
}

/** Whether there is nothing in them. */
export function isEmpty({ added, removed, changed }: Lists<unknown>): boolean {
  return added.length + removed.length + changed.length === 0
}
