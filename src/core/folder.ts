import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isErrno } from './error.ts'

/**
 * Makes a folder that a user named, and those above it. Node's own `recursive` never ends where a file system says of
 * any new name that there is no such file, as /proc does.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    if (isErrno(error, 'EEXIST') && (await stat(path)).isDirectory()) return
    if (!isErrno(error, 'ENOENT') || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    await mkdir(path).catch(async (again: unknown) => {
      // Somebody else was quicker, which is as well.
      if (!isErrno(again, 'EEXIST') || !(await stat(path)).isDirectory()) throw again
    })
  }
}
