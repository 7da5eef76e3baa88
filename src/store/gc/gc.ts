import { readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { clock } from '../../core/clock.ts'
import { Interrupted, isErrno, messageOf } from '../../core/error.ts'
import { ownName } from '../../core/owner.ts'
import { removeTree } from '../../tools/sandbox/remove.ts'
import { listRoots } from '../roots.ts'
import { openStore } from '../store.ts'
import { gate, needed } from '../use.ts'
import { choose, type Removal, type Roots } from './choose.ts'
import { inventory } from './inventory.ts'
import type { Item } from './item.ts'

export type { Removal, Why } from './choose.ts'

export interface GcOptions {
  /** Folder of the store. */
  readonly store: string
  /** Days for which what was used stays, root or not. */
  readonly keepDays: number
  /** Bytes that may stay of all; what roots need stays above that. */
  readonly maxSize?: number | undefined
  /** Remove nothing. */
  readonly dryRun: boolean
  /** Keys of the versions that are published: asked for while nothing can be added to the store. */
  readonly published: () => Promise<ReadonlySet<string>>
  readonly signal?: AbortSignal | undefined
}

export interface GcReport {
  /** What went, or with `dryRun` would go. */
  readonly removed: readonly Removal[]
  /** Bytes that this frees. */
  readonly freed: number
  /** Bytes that the store takes afterwards. */
  readonly size: number
  /** Lock files that are there and cannot be read: for their sake no image, layer or package went. */
  readonly unreadable: readonly string[]
  /** What should have gone and could not be removed, with the reason. */
  readonly failed: readonly { readonly item: Item; readonly reason: string }[]
}

/** Removes from a store what no root needs and nobody has used for some time. Safe while others work with the store. */
export async function collect(options: GcOptions): Promise<GcReport> {
  const store = await openStore(options.store, { sweeping: false })
  // Folders are counted before others have to wait.
  const sizes = new Map<string, number>()
  await inventory(store.path, sizes)
  if (options.dryRun) return report(await look(options, sizes), [])
  const renamed: string[] = []
  await using undo = new AsyncDisposableStack()
  // What was renamed is taken apart when nobody waits any more; else the next process that opens the store does it.
  undo.defer(async () => {
    for (const path of renamed) await removeTree(path).catch(() => {})
  })
  await using _gate = await gate(store.path, options.signal)
  const found = await look(options, sizes)
  const failed: { item: Item; reason: string }[] = []
  for (const item of found.removals) {
    if (options.signal?.aborted) throw new Interrupted()
    try {
      await remove(item, join(store.path, 'tmp'), renamed)
    } catch (error) {
      failed.push({ item, reason: messageOf(error) })
    }
  }
  return report(found, failed)
}

interface Found {
  readonly items: readonly Item[]
  readonly removals: readonly Removal[]
  readonly unreadable: readonly string[]
}

async function look(options: GcOptions, sizes: Map<string, number>): Promise<Found> {
  const { store, keepDays, maxSize } = options
  // Before the things themselves: who is done meanwhile has left what he made as new.
  const roots = await rootsOf(options)
  const items = await inventory(store, sizes)
  const since = clock.now() - keepDays * 24 * 3600 * 1000
  return { items, removals: choose(items, roots, { since, maxSize }), unreadable: roots.unreadable }
}

async function rootsOf({ store, published }: GcOptions): Promise<Roots & { unreadable: string[] }> {
  const locks = await listRoots(store)
  const unreadable = locks.filter((lock) => lock.unreadable).map((lock) => lock.path)
  return {
    needed: await needed(store),
    locks: await Promise.all(
      locks.map(async ({ path, digests }) => ({ digests, recipes: await recipesOf(path) })),
    ),
    published: await published(),
    uncertain: unreadable.length > 0,
    unreadable,
  }
}

/** Digests of the recipes that a lock file is for. */
async function recipesOf(path: string): Promise<string[]> {
  const recipes = new Set<string>()
  try {
    JSON.parse(await readFile(path, 'utf8'), (key, value) => {
      if (key === 'recipe' && typeof value === 'string') recipes.add(value)
      return value
    })
  } catch {
    // Gone or unreadable: the list of roots says so.
  }
  return [...recipes]
}

/** A file goes at once, a folder out of sight and later. */
async function remove(item: Item, tmp: string, renamed: string[]): Promise<void> {
  if (!['lists', 'tools', 'temporary'].includes(item.kind)) {
    await rm(item.path, { force: true })
    return
  }
  const place = join(tmp, ownName())
  try {
    await rename(item.path, place)
    renamed.push(place)
  } catch (error) {
    // Somebody else swept it; or there is no room for a name.
    if (!isErrno(error, 'ENOENT')) await removeTree(item.path)
  }
}

function report({ items, removals, unreadable }: Found, failed: GcReport['failed']): GcReport {
  const stayed = new Set(failed.map(({ item }) => item.id))
  const removed = removals.filter(({ id }) => !stayed.has(id))
  const sum = (list: readonly Item[]) => list.reduce((bytes, item) => bytes + item.bytes, 0)
  const freed = sum(removed)
  return { removed, freed, size: sum(items) - freed, unreadable, failed }
}
