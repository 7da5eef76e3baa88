import { inputError, type KilnError } from '../../core/error.ts'
import { BLOCK, type Extent } from '../layout.ts'
import { type Disk, openDisk } from '../read/disk.ts'
import type { ExtFacts } from '../read/ext/superblock.ts'
import { readSmall } from '../read/follow.ts'
import type { DiskPartition, PartitionTable } from '../read/table/table.ts'
import type { TreeReader } from '../tree.ts'
import type { Mount } from './facts.ts'
import { type Entry, named, readFstab } from './fstab.ts'

/** A file system of an open image, at its place in the tree. */
export interface BaseMount extends Mount {
  readonly extent: Extent
  readonly reader: TreeReader
  readonly facts: ExtFacts
}

/** A disk image that others are built on, open for reading. */
export interface OpenBase extends AsyncDisposable {
  readonly disk: Disk
  readonly table: PartitionTable
  /** What makes its tree, the root first, each before what is mounted below it. */
  readonly mounts: readonly BaseMount[]
}

type Found = Awaited<ReturnType<Disk['fileSystem']>> & { readonly partition: DiskPartition }

/** Kinds that hold no files of the tree, or that are left as they are: boot loaders for UEFI. */
const APART = new Set([
  'swap',
  'tmpfs',
  'proc',
  'sysfs',
  'devtmpfs',
  'devpts',
  'none',
  'nfs',
  'nfs4',
  'cifs',
  'overlay',
  'iso9660',
  'auto',
])

/**
 * Opens the disk image in the file `path` and puts its file systems together as its own /etc/fstab says.
 * @param name how errors call it; default: the path
 * @throws KilnError (input) `KILN_BASE_UNSUPPORTED` when there is no root that can be read, and those of reading a disk.
 */
export async function openBase(path: string, name = path): Promise<OpenBase> {
  await using undo = new AsyncDisposableStack()
  const disk = undo.use(await openDisk(path))
  const table = await disk.table()
  const found: Found[] = []
  for (const partition of table.partitions) found.push({ partition, ...(await disk.fileSystem(partition)) })
  const roots: Found[] = []
  for (const one of found) if (one.tree && one.ext && (await hasSystem(one.tree))) roots.push(one)
  const [root] = roots
  if (!root) throw noRoot(name, found)
  if (roots.length > 1)
    throw unsupported(
      name,
      `has ${roots.length} systems on it, on the partitions ${roots.map(({ partition }) => partition.number).join(' and ')}`,
    )
  const mounts = [mountOf(root, '/')]
  for (const entry of readFstab((await readSmall(root.tree!, 'etc/fstab'))?.toString() ?? '')) {
    if (entry.at === '/' || APART.has(entry.kind)) continue
    const one = found.find((each) => named(entry.device, each))
    if (one?.kind === 'vfat' || (!one && (entry.kind === 'vfat' || entry.optional))) continue
    if (!one?.tree || !one.ext) throw notMounted(name, entry, one)
    await demandFolder(mounts, entry.at, name)
    mounts.push(mountOf(one, entry.at))
  }
  mounts.sort((a, b) => a.at.length - b.at.length)
  const owned = undo.move()
  return { disk, table, mounts, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function hasSystem(reader: TreeReader): Promise<boolean> {
  return (await readSmall(reader, 'etc/os-release')) !== undefined
}

function mountOf({ partition, uuid, label, tree, ext }: Found, at: string): BaseMount {
  const plain = (text: string | undefined) => (/^[\w.-]+$/.test(text ?? '') ? text! : '')
  return {
    at,
    partition: partition.number,
    uuid: plain(uuid),
    label: plain(label),
    partitionUuid: plain(partition.uuid),
    extent: { offset: partition.offset, bytes: partition.bytes },
    reader: tree!,
    facts: ext!,
  }
}

/** A place for a file system must be a folder, and no link of the guest must lead elsewhere. */
async function demandFolder(mounts: readonly BaseMount[], at: string, name: string): Promise<void> {
  if (!/^(\/[\w-][\w.-]*)+$/.test(at))
    throw unsupported(name, `mounts a file system at ${JSON.stringify(at)}`)
  const below = mounts.filter((mount) => mount.at === '/' || at.startsWith(`${mount.at}/`)).at(-1)!
  const path = at.slice(below.at === '/' ? 1 : below.at.length + 1)
  const parts = path.split('/')
  for (let n = 1; n <= parts.length; n++) {
    const entry = await below.reader.find(parts.slice(0, n).join('/'))
    if (entry?.kind !== 'folder') throw unsupported(name, `mounts a file system at ${at}, which is no folder`)
  }
}

function noRoot(name: string, found: readonly Found[]): KilnError {
  const others = found.filter(({ kind }) => kind !== 'unknown' && kind !== 'vfat' && kind !== 'swap')
  const unread = others.filter(({ tree }) => !tree)
  if (unread.length > 0) {
    const kinds = [...new Set(unread.map(({ kind }) => kind))].join(' and ')
    return unsupported(name, `keeps its files on ${kinds}, which Kiln does not read yet`)
  }
  return unsupported(
    name,
    others.length === 0
      ? 'has no file system that Kiln reads'
      : 'has no operating system: no file system holds /etc/os-release',
  )
}

function notMounted(name: string, { device, at, kind }: Entry, found: Found | undefined): KilnError {
  return unsupported(
    name,
    found
      ? `keeps ${at} on ${found.kind}, which Kiln does not read yet`
      : `mounts ${device} (${kind}) at ${at}, which is not on the disk`,
  )
}

function unsupported(name: string, what: string): KilnError {
  return inputError('KILN_BASE_UNSUPPORTED', `The disk image ${name} cannot be built on: it ${what}.`, {
    hint: 'Kiln builds on images of Debian whose files lie on ext2, ext3 or ext4, in partitions or without.',
  })
}

/** Bytes that all files of a disk image take; read from each, for what a file system counts itself may be old. */
export async function contentOf(path: string): Promise<number> {
  await using base = await openBase(path)
  let bytes = 0
  for (const { reader } of base.mounts) {
    const seen = new Set<number>()
    for await (const { size, names, inode } of reader.walk()) {
      if (names > 1 && seen.has(inode)) continue
      if (names > 1) seen.add(inode)
      bytes += Math.ceil(size / BLOCK) * BLOCK
    }
  }
  return bytes
}
