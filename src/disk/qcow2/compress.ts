import { openSync, readSync } from 'node:fs'
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
export const CHUNK = 16

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
  // Room for all of it at once: a worker's time goes into compressing alone.
  const chunkSize = CLUSTER + 1024
  return compression === 'zstd'
    ? zstdCompressSync(cluster, { chunkSize, params: { [constants.ZSTD_c_compressionLevel]: 3 } })
    : // QEMU inflates with a window of 4 KiB.
      deflateRawSync(cluster, { chunkSize, windowBits: 12, level: 6 })
}

/** Reads and compresses chunks of one disk, in memory that it uses again. */
class Compressor {
  readonly #task: CompressTask
  readonly #file: number
  readonly #input = Buffer.alloc(CHUNK * CLUSTER)
  readonly #output = Buffer.alloc(CHUNK * CLUSTER)

  constructor(task: CompressTask) {
    this.#task = task
    this.#file = openSync(task.raw, 'r')
  }

  chunk(index: number): Chunk {
    const { size, compression } = this.#task
    const begin = index * CHUNK * CLUSTER
    const clusters = Math.min(CHUNK, Math.ceil((size - begin) / CLUSTER))
    this.#read(begin, Math.min(clusters * CLUSTER, size - begin))
    const lengths = new Uint32Array(clusters)
    let end = 0
    for (let n = 0; n < clusters; n++) {
      const cluster = this.#input.subarray(n * CLUSTER, (n + 1) * CLUSTER)
      if (cluster.equals(NONE)) continue
      const packed = compress(cluster, compression)
      const kept = packed.length < CLUSTER ? packed : cluster
      kept.copy(this.#output, end)
      lengths[n] = kept.length
      end += kept.length
    }
    return { index, lengths, bytes: new Uint8Array(this.#output.subarray(0, end)) }
  }

  #read(begin: number, length: number): void {
    let got = 0
    while (got < length) {
      const count = readSync(this.#file, this.#input, got, length - got, begin + got)
      if (count === 0) throw new Error('the disk became shorter while it was read')
      got += count
    }
    // What lies behind the end of the disk in its last cluster is zero.
    this.#input.fill(0, length)
  }
}

if (parentPort) {
  const port = parentPort
  const compressor = new Compressor(workerData as CompressTask)
  port.on('message', (index: number) => {
    const chunk = compressor.chunk(index)
    port.postMessage(chunk, [chunk.bytes.buffer])
  })
}
