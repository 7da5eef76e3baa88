import type { Needed } from '../use.ts'
import type { Item, Kind } from './item.ts'

/** What must stay, whatever its age. */
export interface Roots {
  /** What running processes need, as they said. */
  readonly needed: ReadonlySet<Needed>
  /** Lock files: the files that each names, and the recipes that it is for. */
  readonly locks: readonly { readonly digests: readonly string[]; readonly recipes: readonly string[] }[]
  /** Keys of versions that are published. */
  readonly published: ReadonlySet<string>
  /** A lock file could not be read: all that it may name stays. */
  readonly uncertain: boolean
}

export interface Policy {
  /** Milliseconds since 1970: what was used since stays, unless the size asks for it. */
  readonly since: number
  /** Bytes that may stay, of what no root needs the least recently used goes first. */
  readonly maxSize: number | undefined
}

export type Why = 'age' | 'size' | 'broken' | 'left'

export interface Removal extends Item {
  /** `age`: not used for too long · `size`: to make room · `broken`: of no use · `left`: by a killed process. */
  readonly why: Why
}

/** Of things that were used last at the same time the one goes first that is quickest made again. */
const ORDER: readonly Kind[] = [
  'temporary',
  'report',
  'lists',
  'index',
  'check',
  'inventory',
  'base',
  'lock',
  'version',
  'layer',
  'tools',
  'object',
]

/** What of `items` may go, records before what they hold. Pure. */
export function choose(items: readonly Item[], roots: Roots, policy: Policy): Removal[] {
  const rooted = rootedIds(items, roots)
  const used = uses(items)
  const removals: Removal[] = []
  const going = new Set<string>()
  const free = items.filter((item) => !rooted.has(item.id))
  const remove = (item: Item, why: Why) => {
    if (going.has(item.id)) return
    going.add(item.id)
    removals.push({ ...item, used: used.get(item.id)!, why })
  }
  for (const item of free) {
    if (item.kind === 'temporary') remove(item, 'left')
    else if (item.broken) remove(item, 'broken')
    else if (used.get(item.id)! < policy.since) remove(item, 'age')
  }
  if (policy.maxSize !== undefined) makeRoom(items, free, used, policy.maxSize, going, remove)
  // Records go before the objects that they name: whoever is killed between leaves no record of what is gone.
  return removals.sort((a, b) => Number(a.kind === 'object') - Number(b.kind === 'object'))
}

function makeRoom(
  items: readonly Item[],
  free: readonly Item[],
  used: ReadonlyMap<string, number>,
  most: number,
  going: ReadonlySet<string>,
  remove: (item: Item, why: Why) => void,
): void {
  let left = items.reduce((sum, item) => sum + (going.has(item.id) ? 0 : item.bytes), 0)
  const byId = new Map(free.map((item) => [item.id, item]))
  const holders = new Map<string, string[]>()
  for (const item of items)
    for (const id of item.holds) holders.set(id, [...(holders.get(id) ?? []), item.id])
  const rank = (item: Item) => ORDER.indexOf(item.kind)
  const queue = free
    // A result goes with the record that names it.
    .filter((item) => !going.has(item.id) && (holders.get(item.id) ?? []).every((id) => going.has(id)))
    .sort((a, b) => used.get(a.id)! - used.get(b.id)! || rank(a) - rank(b) || (a.id < b.id ? -1 : 1))
  for (const item of queue) {
    if (left <= most) return
    remove(item, 'size')
    left -= item.bytes
    for (const id of item.holds) {
      const object = byId.get(id)
      if (!object || going.has(id) || !holders.get(id)!.every((holder) => going.has(holder))) continue
      remove(object, 'size')
      left -= object.bytes
    }
  }
}

/** Ids of what stays whatever its age. */
function rootedIds(items: readonly Item[], roots: Roots): Set<string> {
  const byId = new Map(items.map((item) => [item.id, item]))
  const rooted = new Set<string>(roots.needed)
  const keep = (id: string, andWants: boolean) => {
    rooted.add(id)
    const item = byId.get(id)
    for (const held of item?.holds ?? []) rooted.add(held)
    if (andWants) for (const wanted of item?.wants ?? []) keep(wanted, false)
  }
  for (const id of roots.needed) keep(id, true)
  for (const { digests } of roots.locks) for (const digest of digests) rooted.add(`objects/${digest}`)
  for (const key of roots.published) keep(`versions/${key}`, false)
  for (const version of lockedVersions(items, roots)) keep(version.id, true)
  for (const item of items) {
    const cached =
      (item.kind === 'index' &&
        (item.id.startsWith('tools/') ? has(roots, 'tools') : has(roots, 'indexes'))) ||
      (item.kind === 'lists' && has(roots, 'lists')) ||
      (item.kind === 'tools' && (item.current === true || has(roots, 'tools')))
    const uncertain = roots.uncertain && ['version', 'layer', 'object'].includes(item.kind)
    if (cached || uncertain) rooted.add(item.id)
  }
  return rooted
}

function has(roots: Roots, cache: Needed): boolean {
  return roots.needed.has(cache)
}

/** Of the versions of each lock the one that was used last: others were made with other tools. */
function lockedVersions(items: readonly Item[], { locks }: Roots): Item[] {
  const newest = new Map<string, Item>()
  const sets = locks.map(({ digests, recipes }) => ({ digests: new Set(digests), recipes: new Set(recipes) }))
  for (const item of items) {
    if (item.kind !== 'version' || item.recipe === undefined || item.broken) continue
    const inputs = item.wants
      .filter((id) => id.startsWith('objects/'))
      .map((id) => id.slice('objects/'.length))
    for (const [n, { digests, recipes }] of sets.entries()) {
      if (!recipes.has(item.recipe) || !inputs.every((digest) => digests.has(digest))) continue
      const name = `${n} ${item.recipe}`
      const other = newest.get(name)
      if (!other || other.used < item.used) newest.set(name, item)
    }
  }
  return [...newest.values()]
}

/** When each was last used: by itself, or by what holds or wants it. */
function uses(items: readonly Item[]): Map<string, number> {
  const used = new Map(items.map((item) => [item.id, item.used]))
  const later = (id: string, time: number) => {
    if (used.has(id)) used.set(id, Math.max(used.get(id)!, time))
  }
  // Versions first: layers hand on what they got from them.
  for (const kind of ['version', 'layer', 'inventory'] as const)
    for (const item of items)
      if (item.kind === kind && !item.broken)
        for (const id of [...item.holds, ...item.wants]) later(id, used.get(item.id)!)
  return used
}
