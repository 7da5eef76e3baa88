import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Interrupted, KilnError, messageOf } from '../core/error.ts'
import { bytes } from './render/format.ts'

/** True when `thrown` only says that the work was stopped, whatever was thrown on the way out. */
export function isInterruption(thrown: unknown): boolean {
  if (thrown instanceof SuppressedError)
    return isInterruption(thrown.error) && isInterruption(thrown.suppressed)
  if (thrown instanceof Interrupted) return true
  return thrown instanceof Error && thrown.name === 'AbortError'
}

/**
 * What `thrown` means to a person: itself when it is a KilnError, a sentence about the machine when the system
 * refused something (full disk, no access), undefined when it is a bug. `store` is where a full disk is looked for
 * when the error names no path.
 */
export async function explain(thrown: unknown, store: string): Promise<KilnError | undefined> {
  const first = firstOf(thrown)
  if (first instanceof KilnError) return first
  if (!(first instanceof Error) || !('syscall' in first)) return undefined
  const { code, path, message, syscall } = first as Error & { code?: string; path?: string; syscall: string }
  const where = path ?? store
  const error = (name: `KILN_${string}`, sentence: string, hint: string) =>
    new KilnError(name, sentence, { hint, cause: first, data: { path: where, errno: code } })
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT': {
      const { free, folder } = await freeSpace(where)
      return error(
        'KILN_NO_SPACE',
        `There is no space left in ${folder}: ${free === undefined ? 'the quota is used up' : `${bytes(free)} are free`}.`,
        "Make room ('kiln gc' frees what no image needs) or put the store elsewhere (KILN_HOME=FOLDER). What is finished is kept.",
      )
    }
    case 'EROFS':
      return error(
        'KILN_READ_ONLY',
        `${where} is on a read-only file system.`,
        'Name another folder, or set KILN_HOME to one that can be written to.',
      )
    case 'EACCES':
    case 'EPERM':
      return error(
        'KILN_NO_ACCESS',
        `This user may not ${verbOf(syscall)} ${where}.`,
        'Check its owner and mode; the store of one user cannot be used by another (KILN_HOME names an own one).',
      )
    case 'EMFILE':
    case 'ENFILE':
      return error(
        'KILN_TOO_MANY_FILES',
        'Too many files are open.',
        "Raise the limit ('ulimit -n 4096') and try again.",
      )
    case 'ENOENT':
      // Of a file that is not there somebody should have said more; this is a place such as /proc.
      if (syscall !== 'mkdir') return undefined
      return new KilnError('KILN_PATH_IMPOSSIBLE', `The folder ${where} cannot be made there.`, {
        fault: 'input',
        hint: 'Name another place; KILN_HOME says where the store and the images are.',
        cause: first,
        data: { path: where, errno: code },
      })
    case 'ENAMETOOLONG':
    case 'ELOOP':
    case 'ENOTDIR':
    case 'EISDIR':
      return new KilnError('KILN_PATH_IMPOSSIBLE', `${PATH_FAULTS[code](where)}.`, {
        fault: 'input',
        hint: 'Check the names of files and folders that were given, and KILN_HOME.',
        cause: first,
        data: { path: where, errno: code },
      })
    case 'EIO':
      return error(
        'KILN_IO_ERROR',
        `The disk failed: ${message}.`,
        'Look at the kernel log (dmesg); what is in the store is checked by its digest when it is read.',
      )
    default:
      return undefined
  }
}

/**
 * The error to speak of: the one that came first, which an undo that failed afterwards hides one level down; of a stop
 * and an undo that failed, the undo.
 */
function firstOf(thrown: unknown): unknown {
  if (!(thrown instanceof SuppressedError)) return thrown
  return firstOf(isInterruption(thrown.suppressed) ? thrown.error : thrown.suppressed)
}

/** Free bytes for this user in the nearest folder above `path` that exists. */
async function freeSpace(path: string): Promise<{ folder: string; free: number | undefined }> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = await statfs(folder)
      return { folder, free: bavail * bsize }
    } catch (error) {
      if (folder === dirname(folder)) return { folder: `${path} (${messageOf(error)})`, free: undefined }
    }
  }
}

const PATH_FAULTS = {
  ENAMETOOLONG: (path: string) => `The name ${path.length > 80 ? `${path.slice(0, 80)}…` : path} is too long`,
  ELOOP: (path: string) => `The links of ${path} lead in a circle`,
  ENOTDIR: (path: string) => `A part of ${path} is a file, not a folder`,
  EISDIR: (path: string) => `${path} is a folder, not a file`,
} as const

function verbOf(syscall = ''): string {
  const verbs: Readonly<Record<string, string>> = {
    open: 'open',
    mkdir: 'make the folder',
    rename: 'rename',
    unlink: 'remove',
    rmdir: 'remove',
    scandir: 'list',
    access: 'use',
  }
  return verbs[syscall] ?? 'use'
}
