import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { partBeside, sweepParts } from './part.ts'
import { replaceable } from './replace.ts'

/**
 * Writes a text so that the file at `path` is either as before or complete, also after a power cut.
 * @throws KilnError `KILN_OUTPUT_NOT_FILE`.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const to = await replaceable(path)
  await sweepParts(dirname(to))
  const part = partBeside(to)
  await using undo = new AsyncDisposableStack()
  undo.defer(() => rm(part, { force: true }))
  const file = await open(part, 'wx', 0o644)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(part, to)
}
