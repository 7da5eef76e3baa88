import { promisify } from 'node:util'
import { constants, inflateRaw, zstdDecompress } from 'node:zlib'

const inflate = promisify(inflateRaw)
const unzstd = promisify(zstdDecompress)

/** The largest window (16 MiB) that a cluster of at most 2 MiB may ask memory for. */
const WINDOW_LOG = 24
const ZSTD_MAGIC = 0xfd2fb528

/**
 * One compressed cluster, unpacked beside the main thread.
 * @param packed its bytes; what lies behind them up to the end of a sector may follow
 * @param size bytes of a cluster
 * @returns undefined when it does not unpack to exactly that
 */
export async function unpack(
  packed: Buffer,
  compression: 'zlib' | 'zstd',
  size: number,
): Promise<Buffer | undefined> {
  // Room for all at once, and one byte by which it would be too long.
  const options = { chunkSize: size + 64, maxOutputLength: size + 1 }
  try {
    const bytes =
      compression === 'zlib'
        ? await inflate(packed, options)
        : await unzstd(frame(packed), { ...options, params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG } })
    return bytes.length === size ? bytes : undefined
  } catch {
    return undefined
  }
}

/** The first zstd frame (RFC 8878, section 3.1.1) alone: what follows would be taken for another one. */
function frame(bytes: Buffer): Buffer {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== ZSTD_MAGIC) return bytes
  const descriptor = bytes[4]!
  const single = (descriptor >> 5) & 1
  const dictionary = [0, 1, 2, 4][descriptor & 3]!
  const content = [single, 2, 4, 8][descriptor >> 6]!
  let at = 5 + (1 - single) + dictionary + content
  for (let last = false; !last && at + 3 <= bytes.length; ) {
    const header = bytes.readUIntLE(at, 3)
    last = (header & 1) === 1
    const repeated = ((header >> 1) & 3) === 1
    at += 3 + (repeated ? 1 : header >> 3)
  }
  return bytes.subarray(0, at + (descriptor & 4 ? 4 : 0))
}
