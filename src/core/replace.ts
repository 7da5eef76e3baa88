import { realpath, stat } from 'node:fs/promises'
import { inputError, isErrno } from './error.ts'

/**
 * Where to write so that `path` holds new content by a rename: itself, or the file that it links to. A device, pipe or
 * folder is refused: a rename would put a file in its place (`/dev/null` would be gone for the whole machine).
 * @param shown what the user calls it. @throws KilnError `KILN_OUTPUT_NOT_FILE`.
 */
export async function replaceable(path: string, shown: string = path): Promise<string> {
  try {
    const found = await stat(path)
    if (found.isFile()) return await realpath(path)
    const kind = found.isDirectory() ? 'a folder' : 'a device or pipe'
    throw inputError('KILN_OUTPUT_NOT_FILE', `${shown} is ${kind}, and a file is to be written there.`, {
      hint: 'Name a file: it is written beside its place and renamed when it is complete.',
    })
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return path
    throw error
  }
}
