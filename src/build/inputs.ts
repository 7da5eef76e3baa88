import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { debName } from '../stages/stage.ts'
import { linkOrCopy, type Store, sizeOf } from '../store/store.ts'
import type { PackageFile } from '../tools/apt/repository.ts'
import { type FetchOptions, fetchFile } from '../tools/fetch.ts'
import type { PythonFile } from '../tools/python/file.ts'

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

/** A folder of files of Python, made of links to the store: each has its own name, in a folder named by its SHA-256. */
export async function stagePython(files: readonly PythonFile[], store: Store, folder: string): Promise<void> {
  await mkdir(folder)
  for (const file of new Map(files.map((each) => [each.sha256, each])).values()) {
    await mkdir(join(folder, file.sha256))
    await linkOrCopy(store.objectPath(file.sha256), join(folder, file.sha256, file.file))
  }
}
