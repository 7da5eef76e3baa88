import type { Bytes } from '../bytes.ts'
import { fileSystemDamaged, fileSystemUnsupported } from '../errors.ts'
import { type ExtFacts, readSuperblock, SUPERBLOCK } from './superblock.ts'
import { ExtTree } from './tree.ts'
import { Volume } from './volume.ts'

export interface ExtFileSystem {
  readonly facts: ExtFacts
  readonly tree: ExtTree
}

/**
 * An ext2, ext3 or ext4 file system.
 * @param where what errors begin with
 * @throws KilnError (input) `KILN_FILE_SYSTEM_DAMAGED`, `KILN_FILE_SYSTEM_UNSUPPORTED`.
 */
export async function openExt(bytes: Bytes, where: string): Promise<ExtFileSystem> {
  const damaged = (what: string) => fileSystemDamaged(where, what)
  const facts = async (from: Bytes) =>
    readSuperblock(await from.read(SUPERBLOCK.offset, SUPERBLOCK.bytes), bytes.size, damaged)
  const first = await facts(bytes)
  if (first.unread.length > 0)
    throw fileSystemUnsupported(
      where,
      `it has features that are not read: ${first.unread.join(', ')}`,
      'Copy the files in a guest that has it mounted to a file system without these features.',
    )
  const volume = new Volume(bytes, first, where)
  return { facts: first, tree: new ExtTree(volume, where) }
}
