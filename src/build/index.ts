import type { Lock } from '../lock/lock.ts'
import { lock } from '../lock/lock-recipe.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { openStore } from '../store/store.ts'
import { toolsOf } from './build.ts'
import { demandSpace, sayNoSpace } from './no-space.ts'
import type { BuildContext } from './types.ts'

export { build, findVersion, toolsOf } from './build.ts'
export type * from './types.ts'

/** Bytes that apt's lists and caches of one distribution take while it is asked. */
const SPACE_FOR_INDEXES = 300e6

/** Pins every input of `recipe`. Needs the network. @throws KilnError that names all that is missing at once. */
export async function lockRecipe(recipe: Recipe, context: BuildContext): Promise<Lock> {
  const tools = await toolsOf(context)
  const store = await openStore(context.config.store)
  await store.use(['indexes', 'lists'])
  await demandSpace(store.path, SPACE_FOR_INDEXES)
  return sayNoSpace({ store: store.path, needed: SPACE_FOR_INDEXES, memory: false }, () =>
    lock(recipe, { ...context, tools, store }),
  )
}
