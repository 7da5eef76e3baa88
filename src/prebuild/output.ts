import { access, constants, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { inputError, isErrno } from '../core/error.ts'
import { makeFolder } from '../core/folder.ts'
import { partBeside, sweepParts } from '../core/part.ts'
import { replaceable } from '../core/replace.ts'

/**
 * Writes files so that each is either as before or complete: all are written beside their places under temporary names
 * first, then renamed in their order. A file that already has these bytes is left alone, its time included; others keep
 * their mode.
 * @param mode of files that are new, masked as usual. @returns the paths that changed.
 */
export async function writeFiles(files: ReadonlyMap<string, string>, mode = 0o666): Promise<string[]> {
  const parts: { readonly part: string; readonly path: string }[] = []
  await using undo = new AsyncDisposableStack()
  for (const [path, text] of files) {
    await replaceable(path)
    if (await holds(path, text)) continue
    await makeFolder(dirname(path))
    await sweepParts(dirname(path))
    const part = partBeside(path)
    undo.defer(() => rm(part, { force: true }))
    const before = await stat(path).catch(() => undefined)
    const file = await open(part, 'wx', mode)
    try {
      if (before) await file.chmod(before.mode & 0o777)
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    parts.push({ part, path })
  }
  for (const { part, path } of parts) await rename(part, path)
  return parts.map(({ path }) => path)
}

/**
 * Asks, before any work is done, whether files could be written there: into folders that are there, or in one that can be made.
 * @throws KilnError `KILN_OUTPUT_FOLDER`.
 */
export async function demandWritable(paths: Iterable<string>): Promise<void> {
  for (const folder of new Set([...paths].map(dirname))) {
    try {
      await access(await existing(folder), constants.W_OK | constants.X_OK)
    } catch (error) {
      const why = isErrno(error, 'EROFS')
        ? 'is on a file system that is read-only'
        : isErrno(error, 'EACCES') || isErrno(error, 'EPERM')
          ? 'may not be written by this user'
          : undefined
      if (why === undefined) throw error
      throw inputError(
        'KILN_OUTPUT_FOLDER',
        `The folder ${folder} ${why}, and the new template is to be written there.`,
        {
          hint: 'Files are written beside their places and renamed, so their folder must be writable too.',
        },
      )
    }
  }
}

/** A folder, or the one above it in which it can be made. */
async function existing(folder: string): Promise<string> {
  const found = await stat(folder).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  })
  return found !== undefined || dirname(folder) === folder ? folder : existing(dirname(folder))
}

async function holds(path: string, text: string): Promise<boolean> {
  try {
    return (await readFile(path)).equals(Buffer.from(text))
  } catch {
    return false
  }
}
