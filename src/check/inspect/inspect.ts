import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { Interrupted, KilnError } from '../../core/error.ts'
import { type Disk, openDisk } from '../../disk/index.ts'
import type { TreeEntry, TreeReader } from '../../disk/tree.ts'
import { kernelVersion } from '../inventory/boot.ts'
import { Gathering } from '../inventory/gather.ts'
import { systemTree } from '../inventory/system.ts'
import type { ListedFile } from '../inventory/types.ts'
import { factsOf } from './facts.ts'
import { Sizes } from './sizes.ts'
import type { Inspection, PackageManager, System } from './types.ts'

/** A file that says it is larger than this is a hole, or meant to keep readers busy: it gets no digest. */
const LARGEST_READ = 16 * 2 ** 30

export interface InspectionOptions {
  /** Gets every thing of the system with the digest of files; without it only what is needed is read. */
  readonly onFile?: (file: ListedFile) => void | Promise<void>
  /** Called now and then with bytes of files that were passed. */
  readonly onBytes?: (bytes: number) => void
  readonly signal?: AbortSignal | undefined
}

/**
 * What the disk image in a file is and holds. Nothing of it is started or mounted.
 * @throws KilnError (input) `KILN_FILE_MISSING`, `KILN_IMAGE_UNSUPPORTED`, `KILN_IMAGE_DAMAGED`, `KILN_FILE_SYSTEM_DAMAGED`;
 *   with `onFile` also `KILN_FILE_SYSTEM_UNSUPPORTED`. Interrupted.
 */
export async function inspectImage(path: string, options: InspectionOptions = {}): Promise<Inspection> {
  await using disk = await openDisk(path)
  const name = basename(path)
  const { facts, notes } = await factsOf(disk, name)
  const tree = await treeOf(disk, name, options.onFile !== undefined)
  if (!(tree instanceof KilnError)) {
    const system = await inspectSystem(tree, options)
    return { image: facts, system, notes: [...notes, ...remarks(system)] }
  }
  return { image: facts, system: undefined, notes: [...notes, `No files are read: ${tree.message}`] }
}

/** The files of a disk as one tree, or why there are none to read. */
async function treeOf(disk: Disk, name: string, needed: boolean): Promise<TreeReader | KilnError> {
  try {
    return await systemTree(disk, name)
  } catch (error) {
    const unread = error instanceof KilnError && error.code === 'KILN_FILE_SYSTEM_UNSUPPORTED'
    if (needed || !unread) throw error
    return error
  }
}

/** One pass over a tree: the inventory, and what takes how much room. */
export async function inspectSystem(tree: TreeReader, options: InspectionOptions = {}): Promise<System> {
  const gathering = new Gathering()
  const sizes = new Sizes()
  const managers = new Set<PackageManager>()
  let bytes = 0
  for await (const entry of tree.walk()) {
    if (options.signal?.aborted) throw new Interrupted()
    const listed = gathering.entry(entry, await read(tree, entry, gathering, options))
    await options.onFile?.(listed)
    sizes.add(entry)
    const manager = MANAGERS.find(([pattern]) => pattern.test(entry.path))
    if (manager) managers.add(manager[1])
    bytes += entry.size
    options.onBytes?.(bytes)
  }
  return {
    ...gathering.inventory(),
    packageManagers: [...managers].sort(),
    folders: sizes.folders(),
    biggest: sizes.biggest(),
  }
}

/** Reads a file if somebody wants to know: its text for the inventory, its digest for the list. */
async function read(
  tree: TreeReader,
  entry: TreeEntry,
  gathering: Gathering,
  { onFile, signal }: InspectionOptions,
): Promise<string | undefined> {
  if (entry.kind !== 'file') return undefined
  const wanted = gathering.wants(entry)
  const hashed =
    entry.size <= LARGEST_READ && (onFile !== undefined || kernelVersion(entry.path) !== undefined)
  if (!wanted && !hashed) return undefined
  const hash = createHash('sha256')
  const kept: Buffer[] = []
  for await (const piece of tree.content(entry)) {
    if (signal?.aborted) throw new Interrupted()
    if (hashed) hash.update(piece)
    if (wanted) kept.push(piece)
  }
  if (wanted) gathering.text(entry, Buffer.concat(kept))
  return hashed ? hash.digest('hex') : undefined
}

const MANAGERS: readonly (readonly [RegExp, PackageManager])[] = [
  [/^var\/lib\/dpkg\/status(\.d\/[^/]+)?$/, 'dpkg'],
  [/^(var\/lib\/rpm|usr\/lib\/sysimage\/rpm)\/(rpmdb\.sqlite|Packages|Packages\.db)$/, 'rpm'],
  [/^(usr\/)?lib\/apk\/db\/installed$/, 'apk'],
  [/^var\/lib\/pacman\/local\/ALPM_DB_VERSION$/, 'pacman'],
]

function remarks({ packageManagers }: System): string[] {
  const unread = packageManagers.filter((manager) => manager !== 'dpkg')
  return unread.length > 0
    ? [`Packages of ${unread.join(' and ')} are not listed: only those of dpkg are read.`]
    : []
}
