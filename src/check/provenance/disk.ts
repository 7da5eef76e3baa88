import { createHash } from 'node:crypto'
import { Interrupted } from '../../core/error.ts'
import type { Disk } from '../../disk/index.ts'

const PIECE = 1 << 20

/** SHA-256 of a disk as a guest sees it, whatever the format of its file. */
export async function diskDigest(disk: Disk, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const zeros = Buffer.alloc(PIECE)
  let at = 0
  const zero = (to: number) => {
    for (; at < to; at += Math.min(PIECE, to - at)) hash.update(zeros.subarray(0, Math.min(PIECE, to - at)))
  }
  for await (const { offset, bytes } of disk.extents()) {
    zero(offset)
    while (at < offset + bytes) {
      if (signal?.aborted) throw new Interrupted()
      const piece = await disk.read(at, Math.min(PIECE, offset + bytes - at))
      hash.update(piece)
      at += piece.length
    }
  }
  zero(disk.size)
  return hash.digest('hex')
}
