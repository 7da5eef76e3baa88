import type { FileHandle } from 'node:fs/promises'
import type { Pieces } from './cached.ts'

const PIECE = 1 << 16

/** A file as it is; `short` makes the error of a file that ends before its size. */
export function rawPieces(file: FileHandle, size: number, short: () => Error): Pieces {
  return {
    size,
    piece: PIECE,
    load: async (first, count) => {
      const buffers = Array.from({ length: count }, () => Buffer.allocUnsafeSlow(PIECE))
      await fill(file, buffers, first * PIECE, size, short)
      return buffers
    },
  }
}

/**
 * Fills buffers, one behind the other, from a place in a file on; what lies behind `size` is zero.
 * @throws what `short` makes, when the file ends before `size`.
 */
export async function fill(
  file: FileHandle,
  buffers: readonly Buffer[],
  position: number,
  size: number,
  short: () => Error,
): Promise<void> {
  let rest = buffers.slice()
  let at = position
  while (rest.length > 0 && at < size) {
    const { bytesRead } = await file.readv(rest, at)
    if (bytesRead === 0) throw short()
    at += bytesRead
    let used = bytesRead
    while (rest.length > 0 && used >= rest[0]!.length) used -= rest.shift()!.length
    if (used > 0) rest = [rest[0]!.subarray(used), ...rest.slice(1)]
  }
  for (const buffer of rest) buffer.fill(0)
}
