import { inputError } from '../core/error.ts'
import { lockPathOf, readLock } from '../lock/beside.ts'
import type { Lock } from '../lock/lock.ts'
import { type Recipe, recipeDigest } from '../recipe/recipe.ts'

/**
 * The lock beside the recipe file at `path`, for what must not lock anew.
 * @throws KilnError `KILN_LOCK_STALE` when there is none that fits; `KILN_LOCK_INVALID`.
 */
export async function lockedBeside(recipe: Recipe, path: string): Promise<Lock> {
  const beside = lockPathOf(path)
  const lock = await readLock(beside)
  if (lock?.recipe === recipeDigest(recipe)) return lock
  throw inputError(
    'KILN_LOCK_STALE',
    lock ? `The recipe has changed since ${beside} was made.` : `There is no lock ${beside} yet.`,
    { hint: "'kiln lock' makes one that fits; then ask again." },
  )
}
