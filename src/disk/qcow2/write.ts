import { open } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { Interrupted } from '../../core/error.ts'
import { CHUNK, type Chunk, type CompressTask } from './compress.ts'
import { CLUSTER, type Compression, Qcow2Tables } from './tables.ts'

export interface Qcow2Options {
  /** `zlib` for QEMU before 5.1. Default: `zstd`. */
  readonly compression?: Compression
  readonly signal?: AbortSignal | undefined
}

/** Chunks that a worker is given before the first of them is asked for. */
const AHEAD = 4

/**
 * Writes a raw disk as a compressed qcow2. Clusters are compressed on all cores and written in the order of the disk,
 * so the same disk gives the same bytes whatever the number of cores (`qemu-img convert` does not, or uses one), and
 * whether its empty parts are holes or zeros. Only some chunks are in memory at a time.
 * @param raw and target: paths of the host; `target` must not exist. @throws Interrupted; errors of the file system.
 */
export async function writeQcow2(
  raw: string,
  target: string,
  { compression = 'zstd', signal }: Qcow2Options = {},
): Promise<void> {
  if (signal?.aborted) throw new Interrupted()
  await using undo = new AsyncDisposableStack()
  const source = undo.adopt(await open(raw, 'r'), (file) => file.close())
  const { size } = await source.stat()
  const file = undo.adopt(await open(target, 'wx', 0o644), (opened) => opened.close())
  const tables = new Qcow2Tables(size, compression)
  const chunks = Math.ceil(size / CLUSTER / CHUNK)

  for await (const chunk of inOrder(chunks, { raw, size, compression }, signal)) {
    // What lies side by side in the file is written at once.
    let run = { place: -1, from: 0 }
    let at = 0
    const flush = async () => {
      if (at > run.from) await writeAll(file, chunk.bytes.subarray(run.from, at), run.place)
    }
    for (const [n, length] of chunk.lengths.entries()) {
      if (length === 0) continue
      const number = chunk.index * CHUNK + n
      const place = length === CLUSTER ? tables.placePlain(number) : tables.placeCompressed(number, length)
      if (place !== run.place + at - run.from) {
        await flush()
        run = { place, from: at }
      }
      at += length
    }
    await flush()
  }
  const { pieces, length } = tables.finish()
  await file.truncate(length)
  for (const { offset, bytes } of pieces) await writeAll(file, bytes, offset)
}

/** Has chunks compressed side by side and gives them in their order; a few are worked on ahead. */
async function* inOrder(
  chunks: number,
  task: CompressTask,
  signal: AbortSignal | undefined,
): AsyncGenerator<Chunk> {
  await using undo = new AsyncDisposableStack()
  const waiting = new Map<number, PromiseWithResolvers<Chunk>>()
  const failed = new AbortController()
  const fail = (error: unknown) => {
    failed.abort(error)
    for (const { reject } of waiting.values()) reject(error)
  }
  const workers = Array.from({ length: Math.min(availableParallelism(), chunks) }, () => {
    const worker = new Worker(new URL('compress.ts', import.meta.url), {
      workerData: task,
      // What a compressed cluster leaves behind is collected soon; else it makes up most of what Kiln takes.
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 },
    })
    undo.defer(async () => {
      await worker.terminate()
    })
    worker.on('message', (chunk: Chunk) => waiting.get(chunk.index)?.resolve(chunk))
    worker.on('error', fail)
    return worker
  })
  const stop = () => fail(new Interrupted())
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  undo.defer(() => signal?.removeEventListener('abort', stop))
  const ask = (index: number) => {
    if (index >= chunks) return
    const promise = Promise.withResolvers<Chunk>()
    // Told below, or no longer of interest.
    promise.promise.catch(() => {})
    waiting.set(index, promise)
    if (failed.signal.aborted) promise.reject(failed.signal.reason)
    workers[index % workers.length]!.postMessage(index)
  }
  for (let n = 0; n < workers.length * AHEAD; n++) ask(n)
  for (let n = 0; n < chunks; n++) {
    const chunk = await waiting.get(n)!.promise
    waiting.delete(n)
    ask(n + workers.length * AHEAD)
    yield chunk
  }
}

async function writeAll(
  file: {
    write(bytes: Uint8Array, at: number, length: number, position: number): Promise<{ bytesWritten: number }>
  },
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at)
    at += bytesWritten
  }
}
