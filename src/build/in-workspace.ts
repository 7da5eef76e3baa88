import { fetchInputs } from '../lock/inputs.ts'
import { allInputs, type Lock } from '../lock/lock.ts'
import type { Store } from '../store/store.ts'
import { fetching } from '../tools/fetching.ts'
import type { ToolsTree } from '../tools/tree/tree.ts'
import { demandImage } from './image.ts'
import { demandSpace, sayNoSpace } from './no-space.ts'
import { lockedTools, toolsOf } from './tools.ts'
import type { BuildContext } from './types.ts'
import { inMemory, openWorkspace, packedSize, spaceNeeded, type Workspace } from './workspace.ts'

/**
 * Does `work` in a workspace with all that a lock names, which is fetched where it is missing.
 * @throws KilnError of fetching, `KILN_NO_SPACE`, and what `work` throws.
 */
export async function inWorkspace<T>(
  lock: Lock,
  store: Store,
  context: BuildContext,
  work: (workspace: Workspace, tools: ToolsTree) => Promise<T>,
): Promise<T> {
  return sayNoSpace(
    { store: store.path, needed: spaceNeeded(lock), memory: inMemory(lock, context) },
    async () => {
      // Inputs, layers and the image stay in the store; each is about as large as the packages are.
      await demandSpace(store.path, packedSize(lock) * 3)
      const tools = await toolsOf(context, lockedTools(lock))
      await fetchInputsOf(lock, store, context)
      await using workspace = await openWorkspace(lock, tools, store, context)
      return await work(workspace, tools)
    },
  )
}

/** Brings all that becomes the image into the store. @throws KilnError of fetching, `KILN_BASE_MISSING`. */
export async function fetchInputsOf(lock: Lock, store: Store, context: BuildContext): Promise<void> {
  if (lock.image) await demandImage(lock.image, store, context)
  const how = () => fetching(context.config, [lock.mirrors])
  await fetchInputs(allInputs(lock), store, how, context.events, context.signal)
}
