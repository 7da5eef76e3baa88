import type { Inode } from './inode.ts'
import type { Volume } from './volume.ts'

/** Blocks of a file that lie side by side; what no run is about is a hole. */
export interface Run {
  /** Number of its first block in the file. */
  readonly logical: number
  /** Number of its first block in the file system. */
  readonly physical: number
  readonly count: number
}

/** An extent with more blocks than this is reserved, not written: a hole that is 32768 shorter. */
const WRITTEN = 32768
const EXTENT_MAGIC = 0xf30a
const EXTENT_BYTES = 12
/** Five levels of indices are enough for any file. */
const DEEPEST = 5

/** Whether there is a tree of extents: old kernels leave its flag on links that lie in the inode. */
export function hasExtents(inode: Inode): boolean {
  return inode.map.readUInt16LE(0) === EXTENT_MAGIC
}

/** Runs of an inode's blocks from `first` up to but not including `end`, in order. */
export function runs(volume: Volume, inode: Inode, first: number, end: number): AsyncGenerator<Run> {
  const pieces =
    inode.shape === 'extents'
      ? extents(volume, inode, inode.map, { first, end }, { from: 0, to: 2 ** 32, depth: undefined })
      : indirect(volume, inode, first, end)
  return joined(pieces, first, end)
}

/** Cuts runs to the range, and makes one of those that go on. */
async function* joined(pieces: AsyncIterable<Run>, first: number, end: number): AsyncGenerator<Run> {
  let run: Run | undefined
  for await (const piece of pieces) {
    const cut = Math.max(0, first - piece.logical)
    const count = Math.min(piece.count, end - piece.logical) - cut
    if (count <= 0) continue
    const next = { logical: piece.logical + cut, physical: piece.physical + cut, count }
    const on = run && run.logical + run.count === next.logical && run.physical + run.count === next.physical
    if (run && on) run = { ...run, count: run.count + count }
    else {
      if (run) yield run
      run = next
    }
  }
  if (run) yield run
}

/**
 * The extents below one node. A child must lie in the range of its index, one level lower: so no node is in a tree twice
 * with anything in it, and every tree ends.
 */
async function* extents(
  volume: Volume,
  inode: Inode,
  node: Buffer,
  range: { readonly first: number; readonly end: number },
  expected: { readonly from: number; readonly to: number; readonly depth: number | undefined },
): AsyncGenerator<Run> {
  const wrong = (what: string) => volume.damaged(`the tree of extents of inode ${inode.number} ${what}`)
  const entries = node.readUInt16LE(2)
  const depth = node.readUInt16LE(6)
  if (node.readUInt16LE(0) !== EXTENT_MAGIC) throw wrong('has a node without its mark')
  if (depth > DEEPEST || (expected.depth !== undefined && depth !== expected.depth))
    throw wrong('has a wrong depth')
  if (entries > Math.floor((node.length - EXTENT_BYTES) / EXTENT_BYTES))
    throw wrong('has a node that is too full')
  if (entries === 0 && depth > 0) throw wrong('has an empty node')
  let behind = expected.from
  for (let n = 1; n <= entries; n++) {
    const at = n * EXTENT_BYTES
    const logical = node.readUInt32LE(at)
    if (logical < behind || logical >= expected.to) throw wrong('is out of order')
    if (depth === 0) {
      const length = node.readUInt16LE(at + 4)
      const count = length > WRITTEN ? length - WRITTEN : length
      const physical = node.readUInt16LE(at + 6) * 2 ** 32 + node.readUInt32LE(at + 8)
      behind = logical + count
      if (behind > expected.to) throw wrong('is out of order')
      if (!volume.holds(physical, count)) throw wrong(`leads to blocks that do not exist (${physical})`)
      if (logical >= range.end) return
      if (length <= WRITTEN && behind > range.first) yield { logical, physical, count }
    } else {
      // The next index, where there is one, is where this one's range ends.
      const to = n < entries ? node.readUInt32LE(at + EXTENT_BYTES) : expected.to
      if (to <= logical) throw wrong('is out of order')
      behind = to
      if (logical >= range.end) return
      if (to <= range.first) continue
      const block = node.readUInt16LE(at + 8) * 2 ** 32 + node.readUInt32LE(at + 4)
      const child = await volume.blocks(block, 1, `the tree of extents of inode ${inode.number}`)
      yield* extents(volume, inode, child, range, { from: logical, to, depth: depth - 1 })
    }
  }
}

/** Twelve blocks, then blocks of pointers to blocks, then of pointers to such, then once more. */
async function* indirect(volume: Volume, inode: Inode, first: number, end: number): AsyncGenerator<Run> {
  const perBlock = volume.facts.blockSize / 4
  let logical = 0
  for (let n = 0; n < 15 && logical < end; n++) {
    const level = Math.max(0, n - 11)
    const span = perBlock ** level
    const pointer = inode.map.readUInt32LE(n * 4)
    if (pointer !== 0 && logical + span > first)
      yield* pointed(volume, inode, pointer, level, logical, first, end)
    logical += span
  }
}

async function* pointed(
  volume: Volume,
  inode: Inode,
  pointer: number,
  level: number,
  logical: number,
  first: number,
  end: number,
): AsyncGenerator<Run> {
  if (!volume.holds(pointer, 1))
    throw volume.damaged(`inode ${inode.number} leads to a block that does not exist (${pointer})`)
  if (level === 0) {
    yield { logical, physical: pointer, count: 1 }
    return
  }
  const table = await volume.blocks(pointer, 1, `inode ${inode.number}`)
  const span = (table.length / 4) ** (level - 1)
  for (let n = 0; n < table.length / 4; n++) {
    const start = logical + n * span
    if (start >= end) return
    const next = table.readUInt32LE(n * 4)
    if (next !== 0 && start + span > first) yield* pointed(volume, inode, next, level - 1, start, first, end)
  }
}
