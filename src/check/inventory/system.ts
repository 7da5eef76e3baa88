import { inputError } from '../../core/error.ts'
import { named, readFstab } from '../../disk/base/fstab.ts'
import { type Disk, type FileSystem, readSmall, type TreeEntry, type TreeReader } from '../../disk/index.ts'

/**
 * All files of a disk as one tree: its root, and below it what else it has, where its /etc/fstab mounts it. What nothing mounts is
 * below `partition-N`.
 * @param name how errors call the image @throws KilnError (input) `KILN_FILE_SYSTEM_UNSUPPORTED`, and of reading disks.
 */
export async function systemTree(disk: Disk, name: string): Promise<TreeReader> {
  const found: (FileSystem & {
    readonly partition: {
      readonly number: number
      readonly uuid: string | undefined
      readonly name: string | undefined
      readonly kind?: string | undefined
    }
  })[] = []
  for (const partition of await disk.partitions())
    found.push({ ...(await disk.fileSystem(partition)), partition })
  const read = found.filter((one) => one.tree)
  const roots = []
  for (const one of read) if (await readSmall(one.tree!, 'etc/os-release')) roots.push(one)
  // What is no system has one file system, or none that can be read.
  const root = roots[0] ?? (read.length === 1 ? read[0] : undefined)
  if (!root)
    throw (
      found.find(({ refusal, kind }) => refusal && kind !== 'unknown' && kind !== 'swap')?.refusal ??
      inputError('KILN_FILE_SYSTEM_UNSUPPORTED', `The image ${name} has no file system of a Linux system.`, {
        hint: 'Kiln reads ext2, ext3, ext4 and vfat, in partitions or without.',
      })
    )
  const mounts = readFstab((await readSmall(root.tree!, 'etc/fstab'))?.toString('latin1') ?? '')
  const others = read
    .filter((one) => one !== root)
    .map((one) => {
      const at = mounts.find((mount) => mount.at !== '/' && named(mount.device, one))?.at
      const fitting = at !== undefined && /^(\/[\w-][\w.-]*)+$/.test(at) ? at.slice(1) : undefined
      return {
        at: fitting ?? (one.partition.kind === 'esp' ? 'boot/efi' : `partition-${one.partition.number}`),
        tree: one.tree!,
      }
    })
    .sort((a, b) => (a.at < b.at ? -1 : 1))
  return others.length === 0 ? root.tree! : joined(root.tree!, others)
}

/** Several trees as one, each below its place. Their inodes have nothing to do with each other. */
function joined(
  root: TreeReader,
  others: readonly { readonly at: string; readonly tree: TreeReader }[],
): TreeReader {
  const owners = new WeakMap<TreeEntry, { readonly tree: TreeReader; readonly entry: TreeEntry }>()
  const placed = (at: string, tree: TreeReader, entry: TreeEntry): TreeEntry => {
    const moved = { ...entry, path: `${at}/${entry.path}` }
    owners.set(moved, { tree, entry })
    return moved
  }
  return {
    async *walk() {
      yield* root.walk()
      // Their own roots are the folders that the first tree has at these places.
      for (const { at, tree } of others)
        for await (const entry of tree.walk()) if (entry.path !== '') yield placed(at, tree, entry)
    },
    async find(path) {
      const other = others.findLast(({ at }) => path.startsWith(`${at}/`))
      if (!other) return root.find(path)
      const entry = await other.tree.find(path.slice(other.at.length + 1))
      return entry && placed(other.at, other.tree, entry)
    },
    content(entry, start, length) {
      const owner = owners.get(entry)
      return owner ? owner.tree.content(owner.entry, start, length) : root.content(entry, start, length)
    },
  }
}
