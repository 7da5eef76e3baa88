import { dirname } from 'node:path'
import { type BuildContext, build } from '../build/index.ts'
import { lockBeside, type Stale } from '../build/locked.ts'
import { KilnError } from '../core/error.ts'
import { writeLock } from '../lock/beside.ts'
import type { PackageChange } from '../lock/changes.ts'
import { readRecipe } from '../recipe/recipe.ts'
import { addRoot } from '../store/roots.ts'
import { gate } from './gate.ts'
import { checkVersion } from './version.ts'

/** What became of one recipe. */
export type Refreshed =
  | { readonly outcome: 'unchanged'; readonly recipe: string; readonly name: string }
  | {
      readonly outcome: 'refreshed'
      readonly recipe: string
      readonly name: string
      readonly stale?: Stale
      readonly changes: readonly PackageChange[]
      readonly digest: string
      readonly key: string
      /** Assertions of the boot check, where there was one. */
      readonly checked?: number
    }
  | { readonly outcome: 'failed'; readonly recipe: string; readonly error: KilnError }

export interface RefreshOptions {
  /** Boot what was built, before its lock takes the place of the old one. */
  readonly check: boolean
  readonly allowExpired: boolean
}

/**
 * Locks the recipe in the file `path` anew; where something is different, builds it, boots it, and only then writes the
 * lock: the one that is there always is of an image that works.
 * @throws Interrupted, and what is no KilnError: other recipes would not do better.
 */
export async function refresh(
  path: string,
  options: RefreshOptions,
  given: BuildContext,
): Promise<Refreshed> {
  const context = { ...given, folder: dirname(path) }
  try {
    const recipe = await readRecipe(path)
    const { name } = recipe
    const how = { update: true, dryRun: true, allowExpired: options.allowExpired }
    const { lock, state, stale, changes, path: lockPath } = await lockBeside(recipe, path, how, context)
    if (state === 'current') return { outcome: 'unchanged', recipe: path, name }
    const version = await build(recipe, lock, context)
    await gate([{ version, name }], context)
    const checked = options.check ? await checkVersion(version, name, context) : undefined
    await writeLock(lockPath, lock)
    await addRoot(context.config.store, lockPath)
    const { digest, key } = version
    return {
      outcome: 'refreshed',
      recipe: path,
      name,
      ...(stale ? { stale } : {}),
      changes,
      digest,
      key,
      ...(checked === undefined ? {} : { checked }),
    }
  } catch (error) {
    if (!(error instanceof KilnError)) throw error
    return { outcome: 'failed', recipe: path, error }
  }
}

/** What became of recipes, for programs. */
export function refreshDocument(all: readonly Refreshed[]) {
  return {
    changed: all.some(({ outcome }) => outcome === 'refreshed'),
    recipes: all.map((one) => {
      if (one.outcome !== 'failed') return one
      const { code, message, hint } = one.error
      return { ...one, error: { code, message, hint } }
    }),
  }
}

/** The one error of a run in which recipes failed; with one recipe, its own. */
export function refreshError(all: readonly Refreshed[]): KilnError | undefined {
  const failed = all.filter((each) => each.outcome === 'failed')
  if (failed.length === 0) return undefined
  if (all.length === 1) return failed[0]!.error
  return new KilnError(
    'KILN_REFRESH_FAILED',
    `${failed.length} of ${all.length} recipes could not be refreshed, and keep the lock that they have: ${failed.map(({ recipe }) => recipe).join(', ')}.`,
    {
      fault: failed.every(({ error }) => error.fault === 'input') ? 'input' : 'work',
      hint: failed.map(({ recipe, error }) => `${recipe}: ${error.message} [${error.code}]`).join('\n'),
      // Where it fails, this is all that programs get.
      data: refreshDocument(all),
    },
  )
}
