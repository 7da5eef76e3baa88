import { type Alternative, type Entry, meets } from '../tools/apt/entry.ts'
import type { PackageFile } from '../tools/apt/repository.ts'
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
 * The groups of `packages`, which were chosen for `wanted` on top of `base`, each with what it needs of them. The choice
 * is made already: this only says what comes in whose company, so it never fails, and nothing is left out.
 * @param base what is there already.
 * @param entries of the index.
 */
export function group(
  base: readonly Entry[],
  packages: readonly PackageFile[],
  entries: (file: PackageFile) => Entry,
  wanted: readonly string[],
  recommends: boolean,
): PackageGroup[] {
  const byName = new Map(packages.map((file) => [file.name, file]))
  // A name that only others provide, or that the base has, has no file of its own: it weighs nothing.
  const groups = order(wanted.map((name) => ({ name, size: byName.get(name)?.size ?? 0 })))
  const result: PackageGroup[] = []
  const company = new Company(base, packages, entries, recommends)
  for (const [n, names] of groups.entries()) {
    // The last one takes all that is left: what was chosen is installed, whatever else is.
    const mine = n === groups.length - 1 ? company.rest() : company.take(names)
    if (mine.length > 0) result.push({ wanted: names.filter((name) => byName.has(name)), packages: mine })
  }
  return result
}

/** Packages that are there, and those that may still come. */
class Company {
  readonly #left: Map<string, { readonly file: PackageFile; readonly entry: Entry }>
  /** Packages by the names that they have and provide. */
  readonly #there = new Map<string, Entry[]>()
  readonly #providers = new Map<string, string[]>()
  readonly #recommends: boolean

  constructor(
    base: readonly Entry[],
    packages: readonly PackageFile[],
    entries: (file: PackageFile) => Entry,
    recommends: boolean,
  ) {
    this.#recommends = recommends
    this.#left = new Map(packages.map((file) => [file.name, { file, entry: entries(file) }]))
    for (const { entry } of this.#left.values())
      for (const name of namesOf(entry)) push(this.#providers, name, entry.name)
    for (const entry of base) this.#came(entry)
  }

  /** What `names` need of what is left, they included; from now on it is there. */
  take(names: readonly string[]): PackageFile[] {
    const taken: PackageFile[] = []
    const queue = names.flatMap((name) => this.#choose([{ name }]))
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const found = this.#left.get(name)
      if (!found) continue
      this.#left.delete(name)
      this.#came(found.entry)
      taken.push(found.file)
      const { depends, recommends } = found.entry
      for (const alternatives of [...depends, ...(this.#recommends ? recommends : [])])
        queue.push(...this.#choose(alternatives))
    }
    return sorted(taken)
  }

  rest(): PackageFile[] {
    const files = [...this.#left.values()].map(({ file }) => file)
    this.#left.clear()
    return sorted(files)
  }

  /** The package that is to come for one of the alternatives, the first that can; none where one is there. */
  #choose(alternatives: readonly Alternative[]): string[] {
    if (alternatives.some((one) => this.#there.get(one.name)?.some((entry) => meets(entry, one)))) return []
    for (const one of alternatives) {
      const candidates = (this.#providers.get(one.name) ?? []).filter((name) => {
        const found = this.#left.get(name)
        return found !== undefined && meets(found.entry, one)
      })
      // The package of that name before others that provide it.
      const chosen = candidates.includes(one.name) ? one.name : candidates.sort()[0]
      if (chosen !== undefined) return [chosen]
    }
    return []
  }

  #came(entry: Entry): void {
    for (const name of namesOf(entry)) push(this.#there, name, entry)
  }
}

function namesOf(entry: Entry): Set<string> {
  return new Set([entry.name, ...entry.provides.map(({ name }) => name)])
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

function sorted(files: readonly PackageFile[]): PackageFile[] {
  return [...files].sort((a, b) => (a.name < b.name ? -1 : 1))
}
