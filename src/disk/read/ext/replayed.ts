import { type Bytes, inside } from '../bytes.ts'
import type { Newer } from './journal.ts'

const MARK = Buffer.from('c03b3998', 'hex')

/**
 * A file system with what its journal promises in place, without writing anything: newer blocks are read from the journal.
 * `damaged` makes the error of a block that is not what the journal says of it.
 */
export function replayed(
  bytes: Bytes,
  newer: ReadonlyMap<number, Newer>,
  blockSize: number,
  damaged: (block: number) => Error,
): Bytes {
  const one = async (block: number, { block: place, escaped, holds }: Newer) => {
    const content = await bytes.read(place * blockSize, blockSize)
    if (!holds(content)) throw damaged(block)
    return escaped ? Buffer.concat([MARK, content.subarray(4)]) : content
  }
  return {
    size: bytes.size,
    read: async (offset, length) => {
      const first = Math.floor(offset / blockSize)
      const last = Math.floor((offset + length - 1) / blockSize)
      let old: Buffer | undefined
      for (let block = first; block <= last; block++) {
        const found = newer.get(block)
        if (!found) continue
        const content = await one(block, found)
        const from = block * blockSize
        // All of it lies in one block: most reads of what is small.
        if (first === last && inside(bytes.size, offset, length))
          return content.subarray(offset - from, offset - from + length)
        old ??= Buffer.from(await bytes.read(offset, length))
        content.copy(old, Math.max(0, from - offset), Math.max(0, offset - from))
      }
      return old ?? bytes.read(offset, length)
    },
  }
}
