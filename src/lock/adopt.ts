import type { BigIntStats } from 'node:fs'
import { constants, copyFile, readFile, stat } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { canonicalJson, sha256, sha256File } from '../core/digest.ts'
import { inputError, isErrno } from '../core/error.ts'
import { type EventSink, step } from '../core/events.ts'
import { makeFolder } from '../core/folder.ts'
import { writeWhole } from '../core/write.ts'
import { type Store, sizeOf } from '../store/store.ts'

/** A file that is an input, as the store has it. */
export interface Adopted {
  readonly sha256: string
  readonly size: number
}

/** Where the disk image is that a recipe in `folder` names: a path, relative ones begin there. */
export function imagePath(source: string, folder: string): string {
  return isAbsolute(source) ? source : resolve(folder, source)
}

/**
 * Takes a copy of a disk image into the store, where it stays: others may write to the file later. One that is there
 * already and has not changed since is neither read nor copied again.
 * @throws KilnError `KILN_BASE_MISSING` when there is no such file.
 */
export async function adoptImage(
  path: string,
  source: string,
  { store, events }: { readonly store: Store; readonly events: EventSink },
): Promise<Adopted> {
  const note = await noteOf(path, source, store)
  const known = await read(note)
  if (known && (await sizeOf(store.objectPath(known.sha256))) === known.size) {
    await store.use([`objects/${known.sha256}`])
    if (await store.has(known.sha256)) return known
  }
  return step(events, `image ${source}`, `disk image ${source}`, async () => {
    await using work = await store.workFolder()
    const copy = join(work.path, 'image')
    await copyFile(path, copy, constants.COPYFILE_FICLONE)
    // Of the copy: the file may be written to while it is read.
    const adopted = { sha256: await sha256File(copy), size: (await stat(copy)).size }
    await store.adopt(copy, adopted.sha256)
    await makeFolder(store.cache('images'))
    await writeWhole(note, `${JSON.stringify(adopted)}\n`)
    return adopted
  })
}

/** Where it is noted which object the file is in this state: other bytes come with another time. */
async function noteOf(path: string, source: string, store: Store): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await demandFile(path, source)
  const state = canonicalJson([path, dev, ino, size, mtimeNs, ctimeNs].map(String))
  return join(store.cache('images'), `${sha256(state)}.json`)
}

/** What the file system says of a disk image. @throws KilnError `KILN_BASE_MISSING`. */
export async function demandFile(path: string, source: string): Promise<BigIntStats> {
  try {
    return await stat(path, { bigint: true })
  } catch (error) {
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ENOTDIR')) throw error
    throw inputError('KILN_BASE_MISSING', `There is no disk image ${source}.`, {
      hint: `It was looked for at ${path}.`,
      cause: error,
    })
  }
}

async function read(note: string): Promise<Adopted | undefined> {
  try {
    const { sha256: digest, size } = JSON.parse(await readFile(note, 'utf8'))
    return /^[0-9a-f]{64}$/.test(digest) && Number.isSafeInteger(size) ? { sha256: digest, size } : undefined
  } catch {
    return undefined
  }
}
