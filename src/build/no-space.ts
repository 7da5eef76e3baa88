import { statfs } from 'node:fs/promises'
import { isErrno, KilnError } from '../core/error.ts'

const mb = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`

/** Bytes that are free for us on the disk of `path`. */
export async function freeOn(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}

/** @throws KilnError `KILN_NO_SPACE` when the disk of `path` has less than `bytes` free for us. */
export async function demandSpace(path: string, bytes: number): Promise<void> {
  const there = await freeOn(path)
  if (there >= bytes) return
  throw new KilnError(
    'KILN_NO_SPACE',
    `The disk of ${path} has ${mb(there)} free, and ${mb(bytes)} are needed.`,
    {
      hint: "Make room there ('kiln gc' frees what no image needs), or set KILN_HOME to a folder on another disk.",
      data: { path, free: there, needed: bytes },
    },
  )
}

/** Runs `work`; what fails in it because a disk or the workspace's memory is full is said to be just that. */
export async function sayNoSpace<T>(
  place: { readonly store: string; readonly needed: number; readonly memory: boolean },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const text = error instanceof KilnError ? `${error.message} ${String(error.data.tail ?? '')}` : ''
    if (
      !isErrno(error, 'ENOSPC') &&
      !isErrno(error, 'EDQUOT') &&
      // The last are a shell's words for it.
      !/No space left on device|ENOSPC|echo: I\/O error/.test(text)
    )
      throw error
    const left = await freeOn(place.store)
    // A disk that still has room was not what filled up: it was the memory, or a small folder in it (/run, /dev/shm),
    // of which the error itself says more.
    if (!place.memory && left > place.needed) throw error
    if (place.memory && left > 64e6)
      throw new KilnError(
        'KILN_NO_SPACE',
        `The build needs more than the ${mb(place.needed)} of memory that it was given to work in.`,
        {
          cause: error,
          hint: 'Set KILN_WORKSPACE=disk to work on the disk of the store.',
        },
      )
    throw new KilnError(
      'KILN_NO_SPACE',
      `The disk of ${place.store} is full: ${mb(left)} are free, and a build like this needs about ${mb(place.needed)}.`,
      {
        cause: error,
        hint: 'Make room there, or set KILN_HOME to a folder on another disk. What is finished is kept.',
      },
    )
  }
}
