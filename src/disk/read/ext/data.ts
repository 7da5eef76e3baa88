import { setImmediate as turn } from 'node:timers/promises'
import { inlineRest } from './attributes.ts'
import type { Inode } from './inode.ts'
import { runs } from './runs.ts'
import type { Volume } from './volume.ts'

/** The largest piece that a file is read in. */
const PIECE = 1 << 20
const ZEROS = Buffer.alloc(PIECE)

/** Bytes of a file from `start` up to but not including `end`, which lies in it; holes are zeros. */
export async function* data(
  volume: Volume,
  inode: Inode,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  if (start >= end) return
  if (inode.shape === 'inline') {
    // What lies behind it is a hole: so mke2fs writes a file that is nothing else.
    const there = inlineData(volume, inode).subarray(start, end)
    if (there.length > 0) yield there
    yield* zeros(end - start - there.length)
    return
  }
  const { blockSize, blocks, all } = volume.facts
  let at = start
  let read = 0
  for await (const run of runs(volume, inode, Math.floor(start / blockSize), Math.ceil(end / blockSize))) {
    yield* zeros(run.logical * blockSize - at)
    at = Math.max(at, run.logical * blockSize)
    read += run.count
    // So a small damaged image cannot keep anybody reading for days.
    if (read > blocks && !all.has('shared_blocks'))
      throw volume.damaged(`inode ${inode.number} has more blocks than there are`)
    const most = Math.max(1, Math.floor(PIECE / blockSize))
    for (let done = 0; done < run.count; ) {
      const count = Math.min(most, run.count - done)
      const bytes = await volume.blocks(run.physical + done, count, `inode ${inode.number}`)
      const begin = (run.logical + done) * blockSize
      const piece = bytes.subarray(at - begin, Math.min(bytes.length, end - begin))
      at += piece.length
      done += count
      yield piece
    }
  }
  yield* zeros(end - at)
}

/** All of a small one. */
export async function wholeData(volume: Volume, inode: Inode): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of data(volume, inode, 0, inode.size)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** What lies in the inode itself, and goes on in an attribute: at most the size of the inode. */
export function inlineData(volume: Volume, inode: Inode): Buffer {
  const rest = inode.size > inode.map.length ? inlineRest(volume, inode) : Buffer.alloc(0)
  return Buffer.concat([inode.map, rest]).subarray(0, inode.size)
}

async function* zeros(count: number): AsyncGenerator<Buffer> {
  let given = 0
  for (let rest = count; rest > 0; rest -= PIECE) {
    // Nothing is read here: signals and timers must have their turn all the same.
    if (++given % 32 === 0) await turn()
    yield ZEROS.subarray(0, Math.min(PIECE, rest))
  }
}
