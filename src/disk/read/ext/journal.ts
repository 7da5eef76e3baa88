import { crc32c } from './crc32c.ts'
import type { Inode } from './inode.ts'
import {
  commitHolds,
  contentHolds,
  holds,
  JOURNAL_FEATURE,
  type JournalForm,
  readRevoked,
  readTags,
  type Tag,
} from './journal-blocks.ts'
import { type Run, runs } from './runs.ts'
import type { Volume } from './volume.ts'

const MAGIC = 0xc03b3998
const KIND = { descriptor: 1, commit: 2, first: 3, second: 4, revoke: 5 } as const
/** What one journal may change or revoke: 8 GiB in blocks of 4 KiB. Memory is not without end. */
const MOST_BLOCKS = 2_000_000
/** A journal is made at once, so it lies in few. */
const MOST_PIECES = 100_000
const KNOWN = Object.values(JOURNAL_FEATURE).reduce((all, bit) => all | bit, 0)

/** A block of the file system whose newest content lies in the journal. */
export interface Newer {
  /** Block of the file system in which it lies. */
  readonly block: number
  /** Its first four bytes are the journal's mark, which stand there as zeros. */
  readonly escaped: boolean
  /** Whether the content is what the journal says of it. */
  readonly holds: (bytes: Buffer) => boolean
}

/** What one transaction changes; only those whose end is in the journal count. */
interface Transaction {
  readonly sequence: number
  readonly tags: (Tag & { readonly block: number })[]
  readonly revoked: number[]
}

interface Journal extends JournalForm {
  /** Blocks of the log: from `first` up to but not including `end`, round and round. */
  readonly first: number
  readonly end: number
  readonly start: number
  readonly sequence: number
  /** Reads a block by its number in the journal. */
  readonly read: (block: number) => Promise<Buffer>
  /** Its number in the file system. */
  readonly place: (block: number) => number
}

/**
 * What was promised to the file system and not yet written to its place, by block. Nothing is written: who reads a block
 * looks here first (`replayed.ts`). Fast commits are left out: what they hold came after the last whole transaction.
 * @throws KilnError (input) `KILN_FILE_SYSTEM_DAMAGED`; what `unsupported` makes for features that are not known
 */
export async function readJournal(
  volume: Volume,
  inode: Inode,
  unsupported: (what: string) => Error,
): Promise<ReadonlyMap<number, Newer>> {
  const newer = new Map<number, Newer>()
  const journal = await open(volume, inode, unsupported)
  if (!journal) return newer
  const transactions = await scan(journal, () =>
    volume.damaged(`the journal has more than ${MOST_BLOCKS} changes`),
  )
  const revoked = new Map<number, number>()
  for (const { sequence, revoked: blocks } of transactions)
    for (const block of blocks) revoked.set(block, sequence)
  for (const { sequence, tags } of transactions) {
    for (const { target, block, escaped, sum } of tags) {
      const until = revoked.get(target)
      // What was freed later is not brought back.
      if (until !== undefined && ahead(until, sequence) >= 0) continue
      if (target >= volume.facts.blocks)
        throw volume.damaged(`the journal changes a block that does not exist (${target})`)
      newer.set(target, {
        block: journal.place(block),
        escaped,
        holds: (bytes) => sum === undefined || contentHolds(bytes, sum, sequence, journal),
      })
    }
  }
  return newer
}

/** How far transaction `a` is ahead of `b`: numbers begin again at 2 to the 32. */
function ahead(a: number, b: number): number {
  return (a - b) | 0
}

/** @returns undefined where the journal is empty. */
async function open(
  volume: Volume,
  inode: Inode,
  unsupported: (what: string) => Error,
): Promise<Journal | undefined> {
  const { blockSize } = volume.facts
  const wrong = (what: string) => volume.damaged(`the journal ${what}`)
  const count = Math.floor(inode.size / blockSize)
  if (inode.shape === 'inline' || count < 2 || count > volume.facts.blocks)
    throw wrong('has an impossible size')
  const pieces: Run[] = []
  for await (const run of runs(volume, inode, 0, count))
    if (pieces.push(run) > MOST_PIECES) throw wrong(`lies in more than ${MOST_PIECES} pieces`)
  if (pieces.reduce((sum, run) => sum + run.count, 0) !== count) throw wrong('is not whole')
  const place = placeIn(pieces)
  const read = (block: number) => volume.blocks(place(block), 1, 'the journal')
  const block = await read(0)
  const kind = block.readUInt32BE(4)
  if (block.readUInt32BE(0) !== MAGIC || (kind !== KIND.first && kind !== KIND.second))
    throw wrong('has no beginning')
  const features = kind === KIND.second ? block.readUInt32BE(0x28) : 0
  if ((features & ~KNOWN) !== 0)
    throw unsupported(`its journal has features that are not known (${(features & ~KNOWN).toString(16)})`)
  const sums = (features & (JOURNAL_FEATURE.sums2 | JOURNAL_FEATURE.sums3)) !== 0
  if (sums && !holds(block.subarray(0, 1024), 0xffffffff, 0xfc))
    throw wrong('has a beginning with a wrong checksum')
  const fast = features & JOURNAL_FEATURE.fast ? block.readUInt32BE(0x54) || 256 : 0
  const end = Math.min(block.readUInt32BE(0x10), count) - fast
  const first = block.readUInt32BE(0x14)
  const start = block.readUInt32BE(0x1c)
  if (start === 0) return undefined
  if (block.readUInt32BE(0xc) !== blockSize || first < 1 || start < first || start >= end)
    throw wrong('has a beginning that leads nowhere')
  const seed = sums ? crc32c(block.subarray(0x30, 0x40)) : undefined
  return { features, seed, first, end, start, sequence: block.readUInt32BE(0x18), read, place }
}

/** Where a block of the journal lies: by halves, there may be many runs. */
function placeIn(pieces: readonly Run[]): (block: number) => number {
  return (block) => {
    let [low, high] = [0, pieces.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (pieces[middle]!.logical <= block) low = middle
      else high = middle - 1
    }
    return pieces[low]!.physical + block - pieces[low]!.logical
  }
}

/** Transactions from the start of the log on whose end is there; the log is at most one round long. */
async function scan(journal: Journal, tooMany: () => Error): Promise<Transaction[]> {
  const whole: Transaction[] = []
  let room = MOST_BLOCKS
  const take = (count: number) => {
    room -= count
    if (room < 0) throw tooMany()
  }
  const length = journal.end - journal.first
  const at = (steps: number) => journal.first + ((journal.start - journal.first + steps) % length)
  let current: Transaction = { sequence: journal.sequence, tags: [], revoked: [] }
  for (let steps = 0; steps < length; ) {
    const block = await journal.read(at(steps))
    if (block.readUInt32BE(0) !== MAGIC || block.readUInt32BE(8) !== current.sequence) return whole
    const kind = block.readUInt32BE(4)
    steps++
    if (kind === KIND.descriptor) {
      const tags = readTags(block, journal)
      // More than there is room for: what is there was not written by this journal.
      if (!tags || steps + tags.length >= length) return whole
      take(tags.length)
      for (const tag of tags) current.tags.push({ ...tag, block: at(steps++) })
    } else if (kind === KIND.revoke) {
      const revoked = readRevoked(block, journal)
      if (!revoked) return whole
      take(revoked.length + 1)
      current.revoked.push(...revoked)
    } else if (kind === KIND.commit) {
      if (journal.seed !== undefined && !commitHolds(block, journal.seed)) return whole
      whole.push(current)
      current = { sequence: (current.sequence + 1) >>> 0, tags: [], revoked: [] }
    } else return whole
  }
  return whole
}
