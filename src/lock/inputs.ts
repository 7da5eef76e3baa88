import { join } from 'node:path'
import { type EventSink, step } from '../core/events.ts'
import { type Store, sizeOf } from '../store/store.ts'
import { type FetchOptions, fetchFile } from '../tools/fetch.ts'

/** A file that a lock names: where it is had, and what it must be. */
export interface InputFile {
  readonly name: string
  readonly version: string
  readonly arch: string
  /** Path below {@link uri}. */
  readonly path: string
  readonly uri: string
  readonly size: number
  readonly sha256: string
}

/** Connections to a mirror at once. */
const CONNECTIONS = 8

/** Brings package files into the store that are not there yet, several at once, each verified by its digest. */
export async function fetchInputs(
  files: readonly InputFile[],
  store: Store,
  fetching: () => Promise<FetchOptions>,
  events: EventSink,
  signal: AbortSignal | undefined,
): Promise<void> {
  const missing: InputFile[] = []
  // A size that is wrong is what a power cut leaves: such an object is fetched again.
  for (const file of files)
    if ((await sizeOf(store.objectPath(file.sha256))) !== file.size) missing.push(file)
  if (missing.length === 0) return
  const total = missing.reduce((sum, file) => sum + file.size, 0)
  const how = await fetching()
  await step(events, 'fetch', `fetch ${missing.length} packages`, async ({ progress }) => {
    await using work = await store.workFolder()
    let bytes = 0
    const queue = [...missing].sort((a, b) => b.size - a.size)
    // The first failure ends the others: nobody wants to wait for 100 MB more before he reads about it.
    const failed = new AbortController()
    const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal
    let cause: unknown
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        for (let file = queue.shift(); file && !stop.aborted; file = queue.shift()) {
          const part = join(work.path, file.sha256)
          let got = 0
          try {
            await fetchFile(`${file.uri}/${file.path}`, part, file, {
              ...how,
              signal: stop,
              onBytes: (n) => {
                got += n
                bytes += n
                progress(bytes, total, 'bytes')
              },
            })
            bytes += file.size - got
            await store.adopt(part, file.sha256, { durable: false })
          } catch (error) {
            cause ??= error
            failed.abort()
          }
        }
      }),
    )
    if (cause !== undefined) throw cause
  })
}
