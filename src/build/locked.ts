import { dirname } from 'node:path'
import { inputError } from '../core/error.ts'
import { type RecipeChange, recipeChanges } from '../lock/asked.ts'
import { lockPathOf, readLock, writeLock } from '../lock/beside.ts'
import { type PackageChange, packageChanges } from '../lock/changes.ts'
import type { Lock } from '../lock/lock.ts'
import { type Recipe, recipeDigest } from '../recipe/recipe.ts'
import { addRoot } from '../store/roots.ts'
import { isToolsLock } from '../tools/tree/lock.ts'
import { type LockOptions, lockRecipe, relock } from './lock.ts'
import { toolsOf } from './tools.ts'
import type { BuildContext } from './types.ts'

/** `fits`: nothing was asked of a repository. `current`: they were asked, and offer nothing else. */
export type LockState = 'fits' | 'current' | 'written' | 'updated'

/** Why a lock that was there does not fit. */
export interface Stale {
  /** What the recipe asks for now and did not before, or the other way round. */
  readonly recipe: readonly RecipeChange[]
  /** This version of Kiln builds with other tools. */
  readonly tools: boolean
}

export interface BesideOptions extends LockOptions {
  /** Lock anew, whether the lock fits or not: everything, or these packages. */
  readonly update?: boolean | undefined
  readonly packages?: readonly string[] | undefined
  /** Work out the lock and leave the file as it is. */
  readonly dryRun?: boolean | undefined
}

/** The lock beside a recipe. */
export interface Beside {
  readonly path: string
  readonly lock: Lock
  readonly state: LockState
  /** Why it was made anew, where nobody asked for that. */
  readonly stale: Stale | undefined
  /** What it names otherwise than the one before. */
  readonly changes: readonly PackageChange[]
}

/**
 * The lock beside the recipe file at `recipePath`, if it fits; else a new one, written there. From then on what it names
 * stays in the store.
 * @throws KilnError as `lockRecipe`, `KILN_LOCK_INVALID`, `KILN_LOCK_STALE` when only some packages of a lock that does
 *   not fit shall be updated, or when it is of another version and `update` is not given.
 */
export async function lockBeside(
  recipe: Recipe,
  recipePath: string,
  options: BesideOptions,
  context: BuildContext,
): Promise<Beside> {
  const path = lockPathOf(recipePath)
  const beside = await lockFor(recipe, path, options, { folder: dirname(recipePath), ...context })
  if (options.dryRun) return beside
  if (beside.state === 'written' || beside.state === 'updated') await writeLock(path, beside.lock)
  await addRoot(context.config.store, path)
  return beside
}

/** Why `lock` does not fit the recipe and this Kiln; undefined when it does. */
export function staleness(lock: Lock, recipe: Recipe): Stale | undefined {
  const tools = !isToolsLock(lock.tools)
  if (!tools && lock.recipe === recipeDigest(recipe)) return undefined
  return { recipe: recipeChanges(lock.asked, recipe), tools }
}

/** A stale lock in a sentence, for people. */
export function staleText({ recipe, tools }: Stale): string {
  const members = recipe.map(({ member, added, removed, changed }) => {
    const parts = [...added.map((name) => `+${name}`), ...removed.map((name) => `-${name}`), ...changed]
    return `${member}: ${parts.join(', ')}`
  })
  const all = [...members, ...(tools ? ['this version of Kiln builds with other tools'] : [])]
  return all.join('; ') || 'the recipe changed'
}

async function lockFor(
  recipe: Recipe,
  path: string,
  options: BesideOptions,
  context: BuildContext,
): Promise<Beside> {
  const names = options.packages ?? []
  const old = await readLock(path, { old: options.update && names.length === 0 ? 'ignore' : 'refuse' })
  const first = { path, stale: undefined, changes: [] }
  if (!old) {
    if (names.length > 0)
      throw inputError('KILN_LOCK_STALE', `There is no lock ${path} yet whose packages could be updated.`, {
        hint: 'Lock first: kiln lock RECIPE.',
      })
    return { ...first, state: 'written', lock: await lockRecipe(recipe, context, options) }
  }
  const stale = staleness(old, recipe)
  if (!options.update) {
    if (!stale) return { ...first, state: 'fits', lock: old }
    if (context.config.vendor !== undefined)
      throw inputError('KILN_LOCK_STALE', `The lock ${path} does not fit the recipe: ${staleText(stale)}.`, {
        hint: 'An archive of inputs holds no indexes: lock where there is a network, and write the archive again.',
      })
    // Other tools are no reason for other packages.
    if (lockedRecipe(old, recipe)) {
      const lock = { ...old, tools: (await toolsOf(context)).lock }
      return { path, stale, state: 'written', lock, changes: packageChanges(old, lock) }
    }
    return { path, stale, state: 'written', ...(await relock(recipe, old, [], context, options)) }
  }
  if (names.length > 0 && !lockedRecipe(old, recipe))
    throw inputError('KILN_LOCK_STALE', `The lock ${path} does not fit the recipe: ${staleText(stale!)}.`, {
      hint: 'Lock first, then update single packages: a changed recipe may need others, too.',
    })
  const made = await relock(recipe, old, names, context, options)
  return { path, stale, state: made.lock === old ? 'current' : 'updated', ...made }
}

function lockedRecipe(lock: Lock, recipe: Recipe): boolean {
  return lock.recipe === recipeDigest(recipe)
}
