import { canonicalJson, type Json } from '../core/digest.ts'
import { inputError, KilnError } from '../core/error.ts'
import { laggards, type PackageChange, packageChanges } from '../lock/changes.ts'
import type { Locked } from '../lock/debian.ts'
import type { Lock } from '../lock/lock.ts'
import { lock, update } from '../lock/lock-recipe.ts'
import type { LockContext } from '../lock/offer.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { openStore } from '../store/store.ts'
import { fetching } from '../tools/fetching.ts'
import { isToolsLock } from '../tools/tree/lock.ts'
import type { ToolsTree } from '../tools/tree/tree.ts'
import { demandSpace, sayNoSpace } from './no-space.ts'
import { toolsOf } from './tools.ts'
import type { BuildContext } from './types.ts'

/** Bytes that apt's lists and caches of one distribution take while it is asked. */
const SPACE_FOR_INDEXES = 300e6

export interface LockOptions {
  /** Releases of repositories may have expired. */
  readonly allowExpired?: boolean | undefined
}

/** A lock that takes another one's place. */
export interface Relocked {
  /** The old one itself where nothing is different. */
  readonly lock: Lock
  readonly changes: readonly PackageChange[]
}

/** Pins every input of `recipe`. Needs the network. @throws KilnError that names all that is missing at once. */
export async function lockRecipe(
  recipe: Recipe,
  context: BuildContext,
  options: LockOptions = {},
): Promise<Lock> {
  return (await locking(recipe, await toolsOf(context), context, options, lock)).lock
}

/**
 * Pins the inputs of `recipe` in place of those of `old`: all of them, or those that `names` names. The tools stay as they
 * are as long as they can be had, so that a lock of another machine does not change for that.
 * @throws KilnError as `lockRecipe`, and as `update` of `lock/` for names.
 */
export async function relock(
  recipe: Recipe,
  old: Lock,
  names: readonly string[],
  context: BuildContext,
  options: LockOptions = {},
): Promise<Relocked> {
  const tools = await toolsLike(old, context)
  const { lock: next, entry } = await locking(recipe, tools, context, options, (...args) =>
    names.length === 0 ? lock(...args) : update(args[0], old, names, args[1]),
  )
  for (const repository of laggards(old, next))
    context.events.emit({
      type: 'note',
      level: 'warning',
      message: `The mirror lags behind, or somebody hides updates: ${repository}.`,
    })
  if (inputsOf(old) === inputsOf(next)) return { lock: old, changes: [] }
  return { lock: next, changes: packageChanges(old, next, entry) }
}

/** The tools of a lock; those of this store where they are another Kiln's, or no mirror has them any more. */
async function toolsLike(old: Lock, context: BuildContext): Promise<ToolsTree> {
  if (!isToolsLock(old.tools)) return toolsOf(context)
  try {
    return await toolsOf(context, old.tools)
  } catch (error) {
    if (!(error instanceof KilnError) || error.data.status !== 404) throw error
    return toolsOf(context)
  }
}

async function locking(
  recipe: Recipe,
  tools: ToolsTree,
  context: BuildContext,
  options: LockOptions,
  work: (recipe: Recipe, context: LockContext) => Promise<Locked>,
): Promise<Locked> {
  const { config } = context
  if (config.vendor !== undefined)
    throw inputError(
      'KILN_VENDOR_LACKS',
      `${recipe.name} cannot be locked from an archive of inputs, which holds no indexes.`,
      {
        hint: 'Put the kiln.lock that the archive was written from beside the recipe, or lock where there is a network.',
      },
    )
  const store = await openStore(config.store)
  await store.use(['indexes', 'lists'])
  await demandSpace(store.path, SPACE_FOR_INDEXES)
  const how = await fetching(config)
  return sayNoSpace({ store: store.path, needed: SPACE_FOR_INDEXES, memory: false }, () =>
    work(recipe, { ...context, folder: context.folder ?? '.', tools, store, fetching: how, ...options }),
  )
}

/** What of a lock decides what is built; that the indexes are of another day does not. */
function inputsOf({ epoch: _epoch, repositories, ...lock }: Lock): string {
  const where = repositories.map(({ releases: _releases, ...repository }) => repository)
  return canonicalJson({ ...lock, repositories: where } as unknown as Json)
}
