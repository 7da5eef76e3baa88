import { constants, copyFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256File } from '../core/digest.ts'
import { inputError, isErrno } from '../core/error.ts'

/** Where an archive of inputs in `folder` has the file with this SHA-256. */
export function vendoredPath(folder: string, digest: string): string {
  return join(folder, 'sha256', digest.slice(0, 2), digest)
}

/**
 * Takes a file out of an archive of inputs instead of from `url`.
 * @throws KilnError `KILN_VENDOR_LACKS` when it is not there or is another one.
 */
export async function copyVendored(
  folder: string,
  url: string,
  path: string,
  expected: { readonly size?: number; readonly sha256?: string },
): Promise<{ digest: string; size: number }> {
  const lacks = (what: string) =>
    inputError('KILN_VENDOR_LACKS', `The archive of inputs ${folder} ${what}: ${url}.`, {
      hint: 'Write it from the lock that is built, where there is a network: kiln lock RECIPE --vendor DIR.',
    })
  if (expected.sha256 === undefined) throw lacks('has only what a lock names')
  try {
    await copyFile(vendoredPath(folder, expected.sha256), path, constants.COPYFILE_FICLONE)
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) throw lacks('lacks a file')
    throw error
  }
  const digest = await sha256File(path)
  if (digest !== expected.sha256) throw lacks('has a damaged file')
  return { digest, size: (await stat(path)).size }
}
