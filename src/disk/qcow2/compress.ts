import { type FileHandle, open } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { constants, deflateRawSync, zstdCompressSync } from 'node:zlib'
import { CLUSTER, type Compression } from './tables.ts'

/** What a worker is started with. */
export interface CompressTask {
  readonly raw: string
  readonly size: number
  readonly compression: Compression
}

/** Clusters that are read and compressed together. */
export const CHUNK = 32

/** A run of up to {@link CHUNK} clusters of the disk. */
export interface Chunk {
  readonly index: number
  /** Per cluster: bytes it became, 0 where it is all zero, {@link CLUSTER} where it did not get smaller. */
  readonly lengths: Uint32Array
  /** The bytes, one cluster's behind another's. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

const NONE = Buffer.alloc(CLUSTER)

/** Compresses one cluster; of the same bytes, the same each time. */
function compress(cluster: Buffer, compression: Compression): Buffer {
  return compression === 'zstd'
    ? zstdCompressSync(cluster, { params: { [constants.ZSTD_c_compressionLevel]: 3 } })
    : // QEMU inflates with a window of 4 KiB.
      deflateRawSync(cluster, { windowBits: 12, level: 6 })
}

async function chunkOf(file: FileHandle, index: number, { size, compression }: CompressTask): Promise<Chunk> {
  const begin = index * CHUNK * CLUSTER
  const clusters = Math.min(CHUNK, Math.ceil((size - begin) / CLUSTER))
  // What lies behind the end of the disk in its last cluster is zero.
  const input = Buffer.alloc(clusters * CLUSTER)
  let got = 0
  while (got < Math.min(input.length, size - begin)) {
    const { bytesRead } = await file.read(input, got, input.length - got, begin + got)
    if (bytesRead === 0) throw new Error('the disk became shorter while it was read')
    got += bytesRead
  }
  const lengths = new Uint32Array(clusters)
  const bytes = new Uint8Array(input.length)
  let end = 0
  for (let n = 0; n < clusters; n++) {
    const cluster = input.subarray(n * CLUSTER, (n + 1) * CLUSTER)
    if (cluster.equals(NONE)) continue
    const packed = compress(cluster, compression)
    const kept = packed.length < CLUSTER ? packed : cluster
    bytes.set(kept, end)
    lengths[n] = kept.length
    end += kept.length
  }
  return { index, lengths, bytes: bytes.slice(0, end) }
}

if (parentPort) {
  const port = parentPort
  const task = workerData as CompressTask
  const file = await open(task.raw, 'r')
  port.on('message', async (index: number) => {
    const chunk = await chunkOf(file, index, task)
    port.postMessage(chunk, [chunk.bytes.buffer])
  })
}
