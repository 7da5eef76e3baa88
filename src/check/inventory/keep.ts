import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildContext, Version } from '../../build/index.ts'
import { sha256, sha256File } from '../../core/digest.ts'
import { byBytes, step } from '../../core/events.ts'
import type { Lock } from '../../lock/lock.ts'
import { openStore, type Store } from '../../store/store.ts'
import { RULES_VERSION } from '../secrets/rules-version.ts'
import type { Finding } from '../secrets/types.ts'
import { INVENTORY_VERSION, type Inventory, type Totals } from './types.ts'

/** What the store keeps of a look into a version, by the digest of its disk. */
export interface Examined {
  /** {@link INVENTORY_VERSION} and {@link RULES_VERSION} of who looked. */
  readonly version: number
  readonly rules: number
  /** Name of the image, for people. */
  readonly name: string
  /** Objects: the inventory, and the list of files. */
  readonly inventory: StoredText
  readonly files: StoredText
  /** The lock that it was built from, an object, too. */
  readonly lock: StoredText
  readonly packages: number
  readonly totals: Totals
  readonly findings: readonly Finding[]
}

interface StoredText {
  readonly digest: string
  readonly size: number
}

/**
 * Looks into a version, unless that was done before: what is in it and what should not be. The store keeps it.
 * @throws KilnError of reading disks; Interrupted.
 */
export async function examine(version: Version, name: string, context: BuildContext): Promise<Examined> {
  const store = await openStore(context.config.store)
  const known = await recall(store, version.digest)
  if (known) return known
  return step(
    context.events,
    `${name} inventory`,
    `${name}: inventory, secret scan`,
    async (current, report) => {
      // Only now: what was looked into before needs neither rules nor readers.
      const [{ openDisk }, { inspectTree }, { systemTree }] = await Promise.all([
        import('../../disk/index.ts'),
        import('./inspect.ts'),
        import('./system.ts'),
      ])
      await using disk = await openDisk(version.artifacts[0]!.path)
      const tree = await systemTree(disk, name)
      await using work = await store.workFolder()
      const listPath = join(work.path, 'files')
      await using list = await open(listPath, 'wx', 0o444)
      const { inventory, findings } = await inspectTree(tree, {
        list: async (lines) => void (await list.appendFile(lines)),
        onBytes: byBytes(PROGRESS, current),
        signal: context.signal,
      })
      const text = `${JSON.stringify(inventory, undefined, 1)}\n`
      const inventoryPath = join(work.path, 'inventory')
      await using file = await open(inventoryPath, 'wx', 0o444)
      await file.writeFile(text)
      const filesDigest = await sha256File(listPath)
      const lockText = `${JSON.stringify(version.lock)}\n`
      const lockPath = join(work.path, 'lock')
      await using lockFile = await open(lockPath, 'wx', 0o444)
      await lockFile.writeFile(lockText)
      const examined: Examined = {
        version: INVENTORY_VERSION,
        rules: RULES_VERSION,
        name,
        inventory: { digest: sha256(text), size: Buffer.byteLength(text) },
        files: { digest: filesDigest, size: (await list.stat()).size },
        lock: { digest: sha256(lockText), size: Buffer.byteLength(lockText) },
        packages: inventory.packages.length,
        totals: inventory.totals,
        findings,
      }
      await store.adopt(inventoryPath, examined.inventory.digest)
      await store.adopt(listPath, filesDigest)
      await store.adopt(lockPath, examined.lock.digest)
      await store.writeRecord('inventories', version.digest, examined)
      if (inventory.totals.unread > 0)
        context.events.emit({
          type: 'note',
          level: 'warning',
          message: `${name} has ${inventory.totals.unread} files that are too large to be looked into.`,
        })
      report('done', `${examined.packages} packages, ${examined.totals.files} files`)
      return examined
    },
  )
}

/** Bytes between two events of progress. */
const PROGRESS = 4 << 20

/** What is known of the version with this digest; undefined where nobody looked, or not with these rules. */
export async function recall(store: Store, digest: string): Promise<Examined | undefined> {
  const known = await store.readRecord<Examined>('inventories', digest)
  if (known?.version !== INVENTORY_VERSION || known.rules !== RULES_VERSION) return undefined
  const digests = [known.inventory, known.files, known.lock].map((part) => part.digest)
  await store.use(digests.map((part): `objects/${string}` => `objects/${part}`))
  for (const part of digests) if (!(await store.has(part))) return undefined
  await store.touch('inventories', digest)
  return known
}

/** The inventory of what was examined. */
export async function readInventory(store: Store, { inventory }: Examined): Promise<Inventory> {
  await using file = await open(store.objectPath(inventory.digest))
  return JSON.parse(await file.readFile('utf8')) as Inventory
}

/** The lock of what was examined. */
export async function readLock(store: Store, { lock }: Examined): Promise<Lock> {
  await using file = await open(store.objectPath(lock.digest))
  return JSON.parse(await file.readFile('utf8')) as Lock
}
