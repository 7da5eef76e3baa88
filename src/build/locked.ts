import { lockPathOf, readLock, writeLock } from '../lock/beside.ts'
import type { Lock } from '../lock/lock.ts'
import { type Recipe, recipeDigest } from '../recipe/recipe.ts'
import { lockRecipe } from './index.ts'
import type { BuildContext } from './types.ts'

/**
 * The lock beside the recipe file at `path`, if it fits; else a new one, written there. `update` makes a new one anyway.
 * @throws KilnError as `lockRecipe`, and `KILN_LOCK_INVALID`.
 */
export async function lockBeside(
  recipe: Recipe,
  path: string,
  update: boolean,
  context: BuildContext,
): Promise<{ readonly lock: Lock; readonly reused: boolean }> {
  const beside = lockPathOf(path)
  const there = await readLock(beside)
  if (!update && there?.recipe === recipeDigest(recipe)) return { lock: there, reused: true }
  const lock = await lockRecipe(recipe, context)
  await writeLock(beside, lock)
  return { lock, reused: false }
}
