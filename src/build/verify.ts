import { mkdir, symlink } from 'node:fs/promises'
import { freemem } from 'node:os'
import { dirname, join } from 'node:path'
import { makeFolder } from '../core/folder.ts'
import type { Lock } from '../lock/lock.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { linkOrCopy, openStore, type Store } from '../store/store.ts'
import { build } from './build.ts'
import { fetchInputsOf } from './in-workspace.ts'
import { type Manifest, manifests, unequal } from './manifest.ts'
import { freeOn } from './no-space.ts'
import { inputsOf, type MadeFrom } from './record.ts'
import type { StageListeners } from './run-stages.ts'
import { lockedTools, toolsOf } from './tools.ts'
import type { BuildContext, Version } from './types.ts'
import { inMemory, spaceNeeded } from './workspace.ts'

/** A file that two builds of the same lock made differently. */
export interface Unequal {
  /** Path in the image. */
  readonly path: string
  /** The first stage after which it differed. */
  readonly stage: string
  /** What each build has there; undefined where it has nothing. */
  readonly first?: string
  readonly second?: string
}

export interface Verified {
  readonly version: Version
  /** Digest of the disk that the second build gave. */
  readonly second: string
  readonly same: boolean
  /** Where the second build worked. */
  readonly workspace: 'memory' | 'disk'
  /** Empty when the same, and when the trees are equal and only the disk is not. */
  readonly files: readonly Unequal[]
}

/**
 * Builds twice, the second time without any layer of the first and, where there is room, in the other kind of workspace,
 * and compares. The second build is thrown away.
 * @throws KilnError as `build`; Interrupted.
 */
export async function verify(recipe: Recipe, lock: Lock, context: BuildContext): Promise<Verified> {
  const store = await openStore(context.config.store)
  const first = observed()
  const version = await build(recipe, lock, { ...context, ...first.listeners })
  // The second build has them from here.
  await toolsOf(context, lockedTools(lock))
  await fetchInputsOf(lock, store, context)
  const workspace = await otherKind(lock, store, context)
  note(
    context,
    `${recipe.name} is built a second time, without layers, ${workspace === 'disk' ? 'on disk' : 'in memory'}.`,
  )
  const second = observed()
  const again = await apart(store, lock, context, [], (config) =>
    build(recipe, lock, { ...context, ...second.listeners, config: { ...config, workspace } }),
  )
  const same = version.digest === again.digest && artifactsOf(version) === artifactsOf(again)
  if (!same && version.reused) {
    note(context, `They differ; ${recipe.name} is built from its layers once more to see where.`)
    const layers = (await store.readRecord<MadeFrom>('versions', version.key))?.layers ?? []
    await apart(store, lock, context, layers, (config) =>
      build(recipe, lock, { ...context, ...first.listeners, config }),
    )
  }
  const files = same ? [] : compare(first.trees, second.trees)
  return { version, second: again.digest, same, workspace, files }
}

interface Observed {
  readonly listeners: StageListeners
  /** The tree after each stage, in their order. */
  readonly trees: { readonly stage: string; readonly tree: Manifest }[]
}

function observed(): Observed {
  const look = manifests()
  const trees: Observed['trees'] = []
  const afterStage: StageListeners['afterStage'] = async (stage, context) => {
    trees.push({ stage, tree: await look(context) })
  }
  return { listeners: { afterStage }, trees }
}

/** Files that differ in the end, each with the first stage after which it did: what a later stage evens out is no matter. */
function compare(first: Observed['trees'], second: Observed['trees']): Unequal[] {
  const [a, b] = [first.at(-1), second.at(-1)]
  if (!a || !b) return []
  return unequal(a.tree, b.tree).map((file) => {
    const at = first.findIndex(({ tree }, n) => tree.get(file.path) !== second[n]?.tree.get(file.path))
    return { ...file, path: `/${file.path}`, stage: first[at]?.stage ?? a.stage }
  })
}

function artifactsOf({ artifacts }: Version): string {
  return artifacts.map(({ digest }) => digest).join(' ')
}

/** Works with a store of its own that has the inputs of `lock` and these layers, and goes afterwards. */
async function apart<T>(
  store: Store,
  lock: Lock,
  { config }: BuildContext,
  layers: readonly string[],
  work: (config: BuildContext['config']) => Promise<T>,
): Promise<T> {
  await using folder = await store.workFolder()
  const path = join(folder.path, 'store')
  await mkdir(path)
  await symlink(join(config.store, 'tools'), join(path, 'tools'))
  const other = await openStore(path)
  const bring = async (digest: string) => {
    await makeFolder(dirname(other.objectPath(digest)))
    await linkOrCopy(store.objectPath(digest), other.objectPath(digest))
  }
  for (const sha256 of inputsOf(lock)) await bring(sha256)
  for (const key of layers) {
    const layer = await store.readRecord<{ digest: string }>('layers', key)
    if (!layer || !(await store.has(layer.digest))) break
    await bring(layer.digest)
    await other.writeRecord('layers', key, layer)
  }
  // What others made would prove nothing.
  return await work({ ...config, store: path, cache: undefined })
}

async function otherKind(lock: Lock, store: Store, context: BuildContext): Promise<'memory' | 'disk'> {
  const needed = spaceNeeded(lock)
  if (inMemory(lock, context)) return (await freeOn(store.path)) > needed * 2 ? 'disk' : 'memory'
  return freemem() > needed * 2 ? 'memory' : 'disk'
}

function note({ events }: BuildContext, message: string): void {
  events.emit({ type: 'note', level: 'info', message })
}
