import { crc32c } from './crc32c.ts'

/** Bits of the journal's own features. */
export const JOURNAL_FEATURE = { revoke: 1, wide: 2, async: 4, sums2: 8, sums3: 16, fast: 32 } as const

const TAG = { escaped: 1, sameUuid: 2, last: 8 } as const
/** Mark, kind and number of the transaction that every block of the journal's own begins with. */
export const HEADER_BYTES = 12

/** How a journal is written. */
export interface JournalForm {
  readonly features: number
  /** What checksums begin with; undefined where it has none. */
  readonly seed: number | undefined
}

/** One block of the file system that a transaction writes; its content follows in the journal. */
export interface Tag {
  readonly target: number
  /** Its first four bytes are the journal's mark, which stand there as zeros. */
  readonly escaped: boolean
  readonly sum: number | undefined
}

/** Blocks that a descriptor is about; undefined where it is damaged, so that the log ends before it. */
export function readTags(block: Buffer, { features, seed }: JournalForm): Tag[] | undefined {
  const tail = seed === undefined ? 0 : 4
  if (seed !== undefined && !tailHolds(block, seed)) return undefined
  const third = (features & JOURNAL_FEATURE.sums3) !== 0
  const second = !third && (features & JOURNAL_FEATURE.sums2) !== 0
  const wide = (features & JOURNAL_FEATURE.wide) !== 0
  const bytes = third ? 16 : 8 + (second ? 2 : 0) + (wide ? 4 : 0)
  const tags: Tag[] = []
  for (let at = HEADER_BYTES; at + bytes <= block.length - tail; ) {
    const flags = third ? block.readUInt32BE(at + 4) : block.readUInt16BE(at + 6)
    const high = wide ? block.readUInt32BE(at + 8) * 2 ** 32 : 0
    const sum = third ? block.readUInt32BE(at + 12) : second ? block.readUInt16BE(at + 4) : undefined
    tags.push({
      target: block.readUInt32BE(at) + high,
      escaped: (flags & TAG.escaped) !== 0,
      sum: seed === undefined ? undefined : sum,
    })
    if (flags & TAG.last) return tags
    at += bytes + (flags & TAG.sameUuid ? 0 : 16)
  }
  return tags
}

/** Blocks that must not be brought back from earlier transactions; undefined where the block is damaged. */
export function readRevoked(block: Buffer, { features, seed }: JournalForm): number[] | undefined {
  const used = block.readUInt32BE(HEADER_BYTES)
  if (seed !== undefined && !tailHolds(block, seed)) return undefined
  if (used > block.length - (seed === undefined ? 0 : 4)) return undefined
  const wide = (features & JOURNAL_FEATURE.wide) !== 0
  const blocks: number[] = []
  for (let at = HEADER_BYTES + 4; at + (wide ? 8 : 4) <= used; at += wide ? 8 : 4)
    blocks.push(wide ? Number(block.readBigUInt64BE(at)) : block.readUInt32BE(at))
  return blocks
}

/** Whether a block that ends a transaction is whole. */
export function commitHolds(block: Buffer, seed: number): boolean {
  return holds(block, seed, 16)
}

/** Whether the content of a block is what its tag says of it. */
export function contentHolds(bytes: Buffer, sum: number, sequence: number, form: JournalForm): boolean {
  const number = Buffer.alloc(4)
  number.writeUInt32BE(sequence)
  const found = crc32c(bytes, crc32c(number, form.seed))
  return (form.features & JOURNAL_FEATURE.sums3 ? found : found & 0xffff) === sum
}

function tailHolds(block: Buffer, seed: number): boolean {
  return holds(block, seed, block.length - 4)
}

/** The checksum at `at` is that of the block with zeros in its place. */
export function holds(block: Buffer, seed: number, at: number): boolean {
  const zeroed = Buffer.from(block)
  zeroed.fill(0, at, at + 4)
  return crc32c(zeroed, seed) === block.readUInt32BE(at)
}
