import { inputError } from '../core/error.ts'
import { composable, type Distribution, distribution } from '../distro/index.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { type Locked, lockDebian } from './debian.ts'
import type { Lock } from './lock.ts'
import type { LockContext } from './offer.ts'
import { updateDebian } from './update.ts'

/** Pins every input of a recipe. @throws KilnError as `lockDebian`, and `KILN_BASE_UNSUPPORTED`. */
export async function lock(recipe: Recipe, context: LockContext): Promise<Locked> {
  return lockDebian(recipe, baseOf(recipe), context)
}

/** Pins some packages of a lock anew. @throws KilnError as `updateDebian`. */
export async function update(
  recipe: Recipe,
  old: Lock,
  names: readonly string[],
  context: LockContext,
): Promise<Locked> {
  return updateDebian(recipe, baseOf(recipe), old, names, context)
}

function baseOf(recipe: Recipe): Distribution {
  if ('image' in recipe.from)
    throw inputError(
      'KILN_BASE_UNSUPPORTED',
      `The base ${recipe.from.image} is a disk image, and images cannot be built on one yet.`,
      {
        hint: `Name an operating system instead, as in "from: {os: ${composable()[0]}}".`,
      },
    )
  const os = distribution(recipe.from.os)
  if (!os || recipe.from.arch !== os.arch)
    throw inputError(
      'KILN_BASE_UNSUPPORTED',
      `The base ${recipe.from.os} (${recipe.from.arch}) cannot be built yet.`,
      {
        hint: `What can be built: ${composable().join(', ')}, for amd64.`,
      },
    )
  return os
}
