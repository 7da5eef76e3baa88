import { inputError } from '../core/error.ts'
import { composable, type Distribution, distribution } from '../distro/index.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { type Locked, lockDebian } from './debian.ts'
import { lockImage, updateImage } from './image.ts'
import { allPackages, type Lock } from './lock.ts'
import type { LockContext } from './offer.ts'
import { pythonNames } from './python/of-recipe.ts'
import { updateDebian } from './update.ts'

/** Pins every input of a recipe. @throws KilnError as `lockDebian`, and `KILN_BASE_UNSUPPORTED`. */
export async function lock(recipe: Recipe, context: LockContext): Promise<Locked> {
  if ('image' in recipe.from && recipe.pip_packages.length > 0)
    throw inputError(
      'KILN_BASE_UNSUPPORTED',
      `${recipe.name} asks for packages of Python on the disk image ${recipe.from.image}, which Kiln cannot do yet.`,
      {
        hint: `Start from packages (from: {os: ${composable()[0]}}), or have the distribution's own: python3-NAME in packages.`,
      },
    )
  if ('image' in recipe.from) return lockImage(recipe, recipe.from.image, context)
  return lockDebian(recipe, baseOf(recipe.from), context)
}

/** Pins some packages of a lock anew. @throws KilnError as `updateDebian`. */
export async function update(
  recipe: Recipe,
  old: Lock,
  names: readonly string[],
  context: LockContext,
): Promise<Locked> {
  if ('image' in recipe.from)
    return old.image
      ? updateImage(recipe, { ...old, image: old.image }, names, context)
      : lock(recipe, context)
  const python = pythonNames(names, allPackages(old), old.python)
  const packages = names.filter((name) => !python.includes(name))
  return updateDebian(recipe, baseOf(recipe.from), old, { packages, python }, context)
}

function baseOf(from: { readonly os: string; readonly arch: string }): Distribution {
  const os = distribution(from.os)
  if (!os || from.arch !== os.arch)
    throw inputError('KILN_BASE_UNSUPPORTED', `The base ${from.os} (${from.arch}) cannot be built yet.`, {
      hint: `What can be built: ${composable().join(', ')}, for amd64.`,
    })
  return os
}
