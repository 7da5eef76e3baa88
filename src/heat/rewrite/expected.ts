import { isList, isMap } from '../python.ts'
import type { Key, Value } from '../types.ts'

/** What is to become of the data at a path. */
export type Patch =
  | { readonly path: readonly Key[]; readonly to: Value }
  | { readonly path: readonly Key[]; readonly gone: true }

/** A copy of `value` as it should read after the edits. Everything that no patch names stays as it is. */
export function patched(value: Value, patches: readonly Patch[], depth = 0): Value {
  if (patches.length === 0) return value
  const here = patches.find((patch) => patch.path.length === depth)
  if (here !== undefined && 'to' in here) return here.to
  if (!isList(value) && !isMap(value)) return value
  const below = new Map<Key, Patch[]>()
  for (const patch of patches) {
    const key = patch.path[depth]
    if (key === undefined) continue
    const mine = below.get(key)
    if (mine) mine.push(patch)
    else below.set(key, [patch])
  }
  if (isList(value)) return value.map((item, i) => patched(item, below.get(BigInt(i)) ?? [], depth + 1))
  const out = new Map<Key, Value>()
  for (const [key, item] of value) {
    const mine = below.get(key) ?? []
    if (mine.some((patch) => 'gone' in patch && patch.path.length === depth + 1)) continue
    out.set(key, patched(item, mine, depth + 1))
  }
  return out
}
