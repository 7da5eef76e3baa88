import { inputError } from '../core/error.ts'
import { composable, distribution } from '../distro/index.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { type LockContext, lockDebian } from './debian.ts'
import type { Lock } from './lock.ts'

/** Pins every input of a recipe. @throws KilnError as `lockDebian`, and `KILN_BASE_UNSUPPORTED`. */
export async function lock(recipe: Recipe, context: LockContext): Promise<Lock> {
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
  return lockDebian(recipe, os, context)
}
