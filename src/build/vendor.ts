import { constants, copyFile, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { sha256File } from '../core/digest.ts'
import { inputError, isErrno } from '../core/error.ts'
import { step } from '../core/events.ts'
import { makeFolder } from '../core/folder.ts'
import { readableJson } from '../core/json.ts'
import { partBeside, sweepParts } from '../core/part.ts'
import { writeWhole } from '../core/write.ts'
import type { BaseImage } from '../disk/index.ts'
import { fetchInputs, type InputFile } from '../lock/inputs.ts'
import { allInputs, type Lock } from '../lock/lock.ts'
import { openStore, type Store, sizeOf } from '../store/store.ts'
import { vendoredPath } from '../tools/archive.ts'
import { type FetchOptions, fetchFile } from '../tools/fetch.ts'
import { fetching } from '../tools/fetching.ts'
import { demandImage } from './image.ts'
import { sayNoSpace } from './no-space.ts'
import type { BuildContext } from './types.ts'

/** Goes up when archives of before can no longer be read. */
const VERSION = 1

/** A file of an archive of inputs; the archive has it below its digest. */
interface Vendored {
  readonly name: string
  readonly version: string
  readonly arch: string
  readonly size: number
  readonly sha256: string
}

export interface VendorReport {
  /** Files that the lock names, and their bytes. */
  readonly files: number
  readonly bytes: number
  /** How many of them were not in the archive yet. */
  readonly added: number
}

/**
 * Writes all files that a lock names, those of its tools tree too, into the folder `folder`, for builds without a
 * network. What other locks have there stays: images may share an archive.
 * @throws KilnError `KILN_VENDOR_INVALID` when the folder holds something else; fetch errors.
 */
export async function vendorInputs(lock: Lock, folder: string, context: BuildContext): Promise<VendorReport> {
  const { config, events, signal } = context
  const known = await readManifest(folder)
  const image = lock.image && (await vendorImage(lock.image, folder, context))
  const files = new Map<string, InputFile>(
    [...allInputs(lock), ...lock.tools.packages].map((file) => [file.sha256, file]),
  )
  const bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0)
  const missing: InputFile[] = []
  for (const file of files.values())
    if ((await sizeOf(vendoredPath(folder, file.sha256))) !== file.size) missing.push(file)
  const store = await openStore(config.store)
  await sayNoSpace({ store: folder, needed: bytes, memory: false }, async () => {
    const how = await fetching(config, [lock.mirrors])
    await store.use(missing.map(({ sha256 }) => `objects/${sha256}` as const))
    await fetchInputs(missing, store, async () => how, events, signal)
    await step(events, 'vendor', `archive in ${folder}`, async ({ progress }, report) => {
      for (const [n, file] of missing.entries()) {
        await place(file, folder, store, { ...how, signal })
        progress(n + 1, missing.length, 'files')
      }
      await writeManifest(folder, [...known, ...(image ? [image.file] : []), ...files.values()])
      report(missing.length === 0 ? 'reused' : 'done')
    })
  })
  return {
    files: files.size + (image ? 1 : 0),
    bytes: bytes + (image?.file.size ?? 0),
    added: missing.length + (image?.added ? 1 : 0),
  }
}

/** The disk image that is built on; whether it was not there yet. */
async function vendorImage(image: BaseImage, folder: string, context: BuildContext) {
  const { source, sha256, size } = image
  const file = { name: basename(source), version: '', arch: '', size, sha256 }
  const path = vendoredPath(folder, sha256)
  if ((await sizeOf(path)) === size) return { file, added: false }
  const store = await openStore(context.config.store)
  await store.use([`objects/${sha256}`])
  await demandImage(image, store, context)
  await makeFolder(dirname(path))
  await sweepParts(dirname(path))
  await using undo = new AsyncDisposableStack()
  const part = partBeside(path)
  undo.defer(() => rm(part, { force: true }))
  await copyFile(store.objectPath(sha256), part, constants.COPYFILE_FICLONE)
  await rename(part, path)
  return { file, added: true }
}

/** The bytes are looked at once more: the archive may be read years later, and nothing can be fetched then. */
async function place(file: InputFile, folder: string, store: Store, how: FetchOptions): Promise<void> {
  const path = vendoredPath(folder, file.sha256)
  await makeFolder(dirname(path))
  await sweepParts(dirname(path))
  const part = partBeside(path)
  try {
    await copyFile(store.objectPath(file.sha256), part, constants.COPYFILE_FICLONE)
    if ((await sha256File(part)) !== file.sha256) await fetchFile(`${file.uri}/${file.path}`, part, file, how)
    await rename(part, path)
  } finally {
    await rm(part, { force: true })
  }
}

/** @throws KilnError `KILN_VENDOR_INVALID`. */
async function readManifest(folder: string): Promise<Vendored[]> {
  const invalid = (what: string) =>
    inputError('KILN_VENDOR_INVALID', `The folder ${folder} is no archive of inputs: ${what}.`, {
      hint: 'Name a folder of its own: a new one, or one that kiln lock --vendor has written.',
    })
  try {
    const data = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))
    if (data?.version !== VERSION || !Array.isArray(data.files))
      throw invalid('its manifest.json is another one')
    return data.files
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid('its manifest.json is damaged')
    if (isErrno(error, 'ENOTDIR')) throw invalid('it is a file')
    if (!isErrno(error, 'ENOENT')) throw error
  }
  await makeFolder(folder)
  return []
}

/** What is there, for people and for `sha256sum -c SHA256SUMS`. */
async function writeManifest(folder: string, files: readonly Vendored[]): Promise<void> {
  const unique = [...new Map(files.map((file) => [file.sha256, file])).values()]
    .map(({ name, version, arch, size, sha256 }) => ({ name, version, arch, size, sha256 }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.sha256 < b.sha256 ? -1 : 1))
  const sums = unique.map(({ sha256 }) => `${sha256}  ${vendoredPath('.', sha256)}\n`).join('')
  await writeWhole(join(folder, 'SHA256SUMS'), sums)
  // Last: with it the archive is complete.
  await writeWhole(
    join(folder, 'manifest.json'),
    readableJson({ version: VERSION, files: unique }, { sorted: true }),
  )
}
