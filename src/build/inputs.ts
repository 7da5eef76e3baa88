import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type EventSink, step } from '../core/events.ts'
import { debName } from '../stages/stage.ts'
import { linkOrCopy, type Store, sizeOf } from '../store/store.ts'
import type { PackageFile } from '../tools/apt/repository.ts'
import { type FetchOptions, fetchFile } from '../tools/fetch.ts'

/** Connections to a mirror at once. */
const CONNECTIONS = 8

/** Brings package files into the store that are not there yet, several at once, each verified by its digest. */
export async function fetchInputs(
  files: readonly PackageFile[],
  store: Store,
  fetching: () => Promise<FetchOptions>,
  events: EventSink,
  signal: AbortSignal | undefined,
): Promise<void> {
  const missing: PackageFile[] = []
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

/** Brings one package file to a path: out of the store, where it is kept from then on. */
export function bringInput(store: Store) {
  return async (file: PackageFile, to: string, options: FetchOptions): Promise<void> => {
    const object = store.objectPath(file.sha256)
    await store.use([`objects/${file.sha256}`])
    if ((await sizeOf(object)) !== file.size) {
      await using work = await store.workFolder()
      const part = join(work.path, file.sha256)
      await fetchFile(`${file.uri}/${file.path}`, part, file, options)
      await store.adopt(part, file.sha256, { durable: false })
    }
    await linkOrCopy(object, to)
  }
}

/** A folder of package files under the names that dpkg and apt want, made of links to the store. */
export async function stageInputs(
  files: readonly PackageFile[],
  store: Store,
  folder: string,
): Promise<void> {
  await mkdir(folder)
  await Promise.all(
    files.map(async (file) => {
      const target = join(folder, debName(file))
      await rm(target, { force: true })
      await linkOrCopy(store.objectPath(file.sha256), target)
    }),
  )
}
