import { readdir, readFile, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../core/digest.ts'
import { isErrno } from '../core/error.ts'
import { makeFolder } from '../core/folder.ts'
import { writeWhole } from '../core/write.ts'

/** A lock file whose inputs stay in the store. */
export interface LockRoot {
  /** Absolute path of the lock file. */
  readonly path: string
  /** SHA-256 of every file that it names, sorted, each once: packages of the image and of the tools tree. */
  readonly digests: readonly string[]
  /** Set when the file is there and cannot be read as a lock just now: nothing may be removed on its account. */
  readonly unreadable?: true
}

/**
 * From now on what the lock file at `path` names is a root of the store in the folder `store`, for as long as the file is
 * there. What it names is read when it is asked for, so a lock that is written again needs no second call.
 */
export async function addRoot(store: string, path: string): Promise<void> {
  const folder = join(store, 'roots')
  const lock = await realpath(path)
  const record = join(folder, `${sha256(lock)}.json`)
  if ((await rootPath(record)) === lock) return
  await makeFolder(folder)
  await writeWhole(record, `${JSON.stringify({ lock })}\n`)
}

/**
 * The lock files that are roots of the store in the folder `store`, by path. One that is gone is a root no more, and
 * is forgotten.
 */
export async function listRoots(store: string): Promise<LockRoot[]> {
  const folder = join(store, 'roots')
  const roots: LockRoot[] = []
  for (const name of await readdir(folder).catch(() => [])) {
    if (!/^[0-9a-f]{64}\.json$/.test(name)) continue
    const path = await rootPath(join(folder, name))
    // A damaged record names nothing; another call of addRoot makes it anew.
    if (path === undefined) continue
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined
      return ''
    })
    if (text === undefined) await rm(join(folder, name), { force: true })
    else roots.push(rootOf(path, text))
  }
  return roots.sort((a, b) => (a.path < b.path ? -1 : 1))
}

async function rootPath(record: string): Promise<string | undefined> {
  try {
    const { lock } = JSON.parse(await readFile(record, 'utf8'))
    return typeof lock === 'string' ? lock : undefined
  } catch {
    return undefined
  }
}

/** Locks of a recipe and of a prebuilt template alike: every member `sha256`, wherever it is. */
function rootOf(path: string, text: string): LockRoot {
  const digests = new Set<string>()
  try {
    JSON.parse(text, (key, value) => {
      if (key === 'sha256' && typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) digests.add(value)
      return value
    })
  } catch {
    return { path, digests: [], unreadable: true }
  }
  return { path, digests: [...digests].sort() }
}
