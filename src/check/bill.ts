import type { BuildContext } from '../build/index.ts'
import { sha256File } from '../core/digest.ts'
import { inputError } from '../core/error.ts'
import { step } from '../core/events.ts'
import type { Lock } from '../lock/lock.ts'
import { openStore, type Store } from '../store/store.ts'
import { imageFormat } from './format.ts'
import { type Examined, readInventory, readLock, recall } from './inventory/keep.ts'
import type { Inventory } from './inventory/types.ts'
import { type SbomFormat, sbomText } from './sbom/index.ts'

/** What a bill of materials can be asked of: a version in the store by its key, or a file with what is said of it beside. */
export type Billed =
  | { readonly key: string }
  | {
      readonly path: string
      readonly record:
        | {
            readonly name: string
            readonly digest: string
            readonly file: { readonly digest: string }
            readonly lock: Lock
          }
        | undefined
    }

/**
 * The bill of materials of an image. What the store knows of it is not looked at again.
 * @throws KilnError (input) `KILN_VERSION_UNKNOWN`, and of reading disks.
 */
export async function sbomOf(billed: Billed, format: SbomFormat, context: BuildContext): Promise<string> {
  const store = await openStore(context.config.store)
  if ('key' in billed) {
    const version = await store.readRecord<{
      digest: string
      name?: string
      artifacts: readonly { digest: string }[]
    }>('versions', billed.key)
    if (!version)
      throw inputError('KILN_VERSION_UNKNOWN', `The store has no version with the key ${billed.key}.`, {
        hint: "'kiln build RECIPE --json' says the key; 'kiln images --json' those of images that were published.",
      })
    const known = await recall(store, version.digest)
    const name = known?.name ?? version.name ?? 'image'
    const inventory = known
      ? await readInventory(store, known)
      : await read(store.objectPath(version.artifacts[0]!.digest), name, context)
    return sbomText(format, {
      name,
      digest: version.digest,
      inventory,
      lock: known && (await readLock(store, known)),
    })
  }
  const { path, record } = billed
  await imageFormat(path)
  // The description is only believed where the file is the one that it is of.
  const digest = await sha256File(path)
  if (record && digest === record.file.digest) {
    const inventory = await kept(store, record.digest, () => read(path, record.name, context))
    return sbomText(format, { name: record.name, digest: record.digest, inventory, lock: record.lock })
  }
  const name = path
    .split('/')
    .at(-1)!
    .replace(/\.(qcow2|raw|img)$/, '')
  const inventory = await read(path, name, context)
  return sbomText(format, { name, digest, inventory, lock: undefined })
}

async function kept(store: Store, digest: string, otherwise: () => Promise<Inventory>): Promise<Inventory> {
  const known: Examined | undefined = await recall(store, digest)
  return known ? readInventory(store, known) : otherwise()
}

/** Looks into a file, without keeping what is seen: nobody knows what it is. */
async function read(path: string, name: string, { events, signal }: BuildContext): Promise<Inventory> {
  const [{ openDisk }, { inspectTree }, { systemTree }] = await Promise.all([
    import('../disk/index.ts'),
    import('./inventory/inspect.ts'),
    import('./inventory/system.ts'),
  ])
  return step(events, `${name} inventory`, `${name}: inventory`, async () => {
    await using disk = await openDisk(path)
    return (await inspectTree(await systemTree(disk, name), { shallow: true, signal })).inventory
  })
}
