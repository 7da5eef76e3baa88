import { KilnError } from '../../core/error.ts'
import type { TreeReader } from '../tree.ts'
import type { Bytes } from './bytes.ts'
import { fileSystemUnsupported } from './errors.ts'
import { openExt } from './ext/open.ts'
import type { ExtFacts } from './ext/superblock.ts'
import { readBoot } from './fat/boot.ts'
import { Chains } from './fat/chain.ts'
import { FatTree } from './fat/tree.ts'
import { type FileSystemKind, recognise } from './recognise.ts'

export interface FileSystem {
  readonly kind: FileSystemKind
  readonly label: string | undefined
  /** As in `/dev/disk/by-uuid`. */
  readonly uuid: string | undefined
  /** What is in it; undefined where it is not read, see {@link refusal}. */
  readonly tree: TreeReader | undefined
  /** Why there is no tree, to be thrown by who needs one. */
  readonly refusal: KilnError | undefined
  /** Of ext2, ext3 and ext4: what it says of itself. */
  readonly ext: ExtFacts | undefined
  /** Blocks that are read from its journal: it was in use when the disk was copied. */
  readonly journaled: number
}

const NAMES: Partial<Record<FileSystemKind, string>> = {
  lvm: 'LVM',
  luks: 'encrypted (LUKS)',
  swap: 'swap space',
  raid: 'part of a RAID',
}

/**
 * What lies in a partition.
 * @param where what errors begin with
 * @throws KilnError (input) `KILN_FILE_SYSTEM_DAMAGED`
 */
export async function openFileSystem(bytes: Bytes, where: string): Promise<FileSystem> {
  const { kind, label, uuid } = await recognise(bytes)
  const nothing = { kind, label, uuid, tree: undefined, refusal: undefined, ext: undefined, journaled: 0 }
  try {
    if (kind === 'ext4') {
      const { facts, tree, journaled } = await openExt(bytes, where)
      return {
        ...nothing,
        kind: facts.kind,
        label: facts.label,
        uuid: facts.uuid,
        tree,
        ext: facts,
        journaled,
      }
    }
    if (kind === 'vfat') {
      const layout = await readBoot(bytes, where)
      const tree = new FatTree(new Chains(bytes, layout, where))
      return { ...nothing, label: (await tree.label()) ?? layout.label, uuid: layout.uuid, tree }
    }
  } catch (error) {
    if (error instanceof KilnError && error.code === 'KILN_FILE_SYSTEM_UNSUPPORTED')
      return { ...nothing, refusal: error }
    throw error
  }
  return {
    ...nothing,
    refusal: fileSystemUnsupported(
      where,
      kind === 'unknown'
        ? 'there is no file system that is known here'
        : `its content is ${NAMES[kind] ?? kind}, which is not read`,
      'Kiln reads ext2, ext3, ext4 and vfat.',
    ),
  }
}
