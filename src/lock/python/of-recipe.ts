import type { Recipe } from '../../recipe/recipe.ts'
import type { Entry } from '../../tools/apt/entry.ts'
import type { PackageFile } from '../../tools/apt/repository.ts'
import type { Lock } from '../lock.ts'
import type { LockContext, Offer } from '../offer.ts'
import { lockPython, nameOf as nameIn, pythonVersion } from './python.ts'
import type { LockedPython } from './types.ts'

/** Before a name of Python that a package of the distribution has, too. */
const PREFIX = 'pip:'

/** The normal form of a name that a user gives. */
export function nameOf(name: string): string {
  return nameIn(name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name)
}

/** What of a lock changes, where not all of it is made anew. */
export interface PythonUpdate {
  readonly old: LockedPython | undefined
  /** Names in their normal form; the others stay as they are. */
  readonly names: ReadonlySet<string>
}

/**
 * What the lock of a recipe says of Python: nothing where the recipe asks for nothing of it.
 * @param files all packages of the guest. @throws KilnError as `lockPython`.
 */
export async function pythonOf(
  recipe: Recipe,
  files: readonly PackageFile[],
  entry: (file: PackageFile) => Entry | undefined,
  { apt }: Offer,
  context: LockContext,
  update?: PythonUpdate,
): Promise<Pick<Lock, 'python'>> {
  const wanted = recipe.pip_packages
  if (wanted.length === 0) return {}
  const python = files.find(({ name }) => name === 'python3')
  const old = update?.old
  const same = old !== undefined && python !== undefined && pythonVersion(python) === old.version
  if (same && update!.names.size === 0) return { python: old }
  const has = files.some(({ name }) => name === 'python3-pip')
  const came = has ? [] : await apt.resolve(['python3-pip'], { recommends: false, installed: files })
  return {
    python: await lockPython(
      {
        image: recipe.name,
        wanted,
        packages: files,
        entry,
        installer: came.find(({ name }) => name === 'python3-pip'),
        ...(same ? { keep: { old, but: update!.names } } : {}),
      },
      context,
    ),
  }
}

/** Those of `names` that a lock has from an index of Python: `pip:NAME`, or a name that none of its packages has. */
export function pythonNames(
  names: readonly string[],
  packages: readonly PackageFile[],
  python: LockedPython | undefined,
): string[] {
  const debs = new Set(packages.map(({ name }) => name))
  const there = new Set(python?.files.map(({ name }) => name))
  return names.filter((name) => there.has(nameOf(name)) && (name.startsWith(PREFIX) || !debs.has(name)))
}
