import type { Bytes } from '../bytes.ts'
import { fileSystemDamaged, fileSystemUnsupported } from '../errors.ts'
import { readJournal } from './journal.ts'
import { replayed } from './replayed.ts'
import { type ExtFacts, readSuperblock, SUPERBLOCK } from './superblock.ts'
import { ExtTree } from './tree.ts'
import { Volume } from './volume.ts'

export interface ExtFileSystem {
  readonly facts: ExtFacts
  /** Blocks that are read from its journal: it was in use when the disk was copied. */
  readonly journaled: number
  readonly tree: ExtTree
}

const REMEDY = {
  features: 'Copy the files in a guest that has it mounted to a file system without these features.',
  unmount: 'Shut the machine down before its disk is copied.',
} as const

/**
 * An ext2, ext3 or ext4 file system. Where it was not unmounted, it is as the next mount would find it.
 * @param where what errors begin with
 * @throws KilnError (input) `KILN_FILE_SYSTEM_DAMAGED`, `KILN_FILE_SYSTEM_UNSUPPORTED`.
 */
export async function openExt(bytes: Bytes, where: string): Promise<ExtFileSystem> {
  const damaged = (what: string) => fileSystemDamaged(where, what)
  const facts = async (from: Bytes) =>
    readSuperblock(await from.read(SUPERBLOCK.offset, SUPERBLOCK.bytes), bytes.size, damaged)
  const unsupported = (what: string, hint: string) => fileSystemUnsupported(where, what, hint)
  const first = await facts(bytes)
  if (first.unread.length > 0)
    throw unsupported(`it has features that are not read: ${first.unread.join(', ')}`, REMEDY.features)
  const old = new Volume(bytes, first, where)
  if (!first.all.has('needs_recovery')) return { facts: first, journaled: 0, tree: new ExtTree(old, where) }
  if (first.journalInode === 0)
    throw unsupported('it was not unmounted, and its journal lies on another disk', REMEDY.unmount)
  const journal = await readJournal(old, await old.inode(first.journalInode), (what) =>
    unsupported(what, REMEDY.unmount),
  )
  const now = replayed(bytes, journal, first.blockSize, (block) =>
    damaged(`block ${block} is in the journal with a wrong checksum`),
  )
  const second = await facts(now)
  if (second.blockSize !== first.blockSize) throw damaged('its journal changes the size of its blocks')
  return { facts: second, journaled: journal.size, tree: new ExtTree(new Volume(now, second, where), where) }
}
