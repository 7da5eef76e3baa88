import type { PackageFile } from '../tools/apt/repository.ts'
import type { Apt } from '../tools/apt/resolve.ts'
import type { PackageGroup } from './lock.ts'

/** Sizes of the groups: the heaviest alone, then ever more together, so that many wishes make few layers. */
const SIZES = [1, 1, 2, 2, 4, 4, 8, 8]

/**
 * Splits what a recipe wants into groups, heaviest first. So a light package more or less leaves the layers of the heavy
 * ones as they are. A function of the wishes and of the sizes of their package files alone.
 */
export function order(wanted: readonly { readonly name: string; readonly size: number }[]): string[][] {
  const sorted = [...wanted]
    .sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name)
  const groups: string[][] = []
  while (sorted.length > 0) groups.push(sorted.splice(0, SIZES[groups.length] ?? 16))
  return groups
}

/**
 * The groups of `packages`, which apt chose for `wanted` on top of `base`, each with what it needs of them. apt must be
 * narrowed to `packages`.
 */
export async function group(
  apt: Apt,
  base: readonly PackageFile[],
  packages: readonly PackageFile[],
  wanted: readonly string[],
  recommends: boolean,
): Promise<PackageGroup[]> {
  const byName = new Map(packages.map((file) => [file.name, file]))
  // A name that only others provide, or that the base has, has no file of its own: it weighs nothing.
  const groups = order(wanted.map((name) => ({ name, size: byName.get(name)?.size ?? 0 })))
  const result: PackageGroup[] = []
  const left = new Map(byName)
  const installed = [...base]
  for (const [n, names] of groups.entries()) {
    const last = n === groups.length - 1
    // The last one takes all that is left: what was chosen is installed, whatever else is.
    const needed = last ? [...left.values()] : await apt.resolve(names, { recommends, installed })
    const mine = needed.filter((file) => left.delete(file.name))
    installed.push(...mine)
    if (mine.length > 0) result.push({ wanted: names.filter((name) => byName.has(name)), packages: mine })
  }
  return result
}
