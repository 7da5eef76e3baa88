import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
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

async function holds(path: string, text: string): Promise<boolean> {
  try {
    return (await readFile(path)).equals(Buffer.from(text))
  } catch {
    return false
  }
}
