import { readlink, realpath, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { inputError, isErrno } from './error.ts'

/**
 * Where to write so that `path` holds new content by a rename: itself, or the file that it links to, be that there or not. A
 * device, pipe or folder is refused: a rename would put a file in its place (`/dev/null` would be gone for the whole machine).
 * @param shown what the user calls it. @throws KilnError `KILN_OUTPUT_NOT_FILE`.
 */
export async function replaceable(path: string, shown: string = path): Promise<string> {
  const refused = (kind: string) =>
    inputError('KILN_OUTPUT_NOT_FILE', `${shown} is ${kind}, and a file is to be written there.`, {
      hint: 'Name a file: it is written beside its place and renamed when it is complete.',
    })
  try {
    const found = await stat(path)
    if (found.isDirectory()) throw refused('a folder')
    if (!found.isFile()) throw refused('a device or pipe')
    const place = await linked(path)
    // A file that some process has open, /dev/stdout for one: what it writes next would go nowhere.
    if (place === undefined) throw refused('an open file of a process')
    return await realpath(place)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
    return (await linked(path)) ?? path
  }
}

/** What `path` leads to, link by link, be it there or not; undefined where the way goes through `/proc`. */
async function linked(path: string): Promise<string | undefined> {
  let here = path
  // The kernel follows forty.
  for (let i = 0; i < 40; i++) {
    const folder = await realpath(dirname(here)).catch(() => dirname(here))
    if (/^\/proc(?:\/|$)/.test(folder)) return undefined
    const target = await readlink(here).catch(() => undefined)
    if (target === undefined) return here
    here = resolve(folder, target)
  }
  return here
}
