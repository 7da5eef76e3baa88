import {
  access,
  chmod,
  constants,
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { clock } from '../core/clock.ts'
import { isErrno, KilnError } from '../core/error.ts'
import { makeFolder } from '../core/folder.ts'
import { isAlive, ownName } from '../core/owner.ts'
import { sweepParts } from '../core/part.ts'
import { randomName } from '../core/random.ts'
import { removeTree } from '../tools/sandbox/remove.ts'
import { sweepClaims } from './claim.ts'
import { type Needed, use } from './use.ts'

/** Records by kind: what was made, under the key of its definition. */
export type RecordKind = 'layers' | 'versions' | 'checks' | 'bases' | 'inventories'

/** A folder that goes when it is disposed of, or, if we are killed, when the next process opens the store. */
export interface WorkFolder extends AsyncDisposable {
  readonly path: string
}

/**
 * Content by digest and results by key, shared by any number of processes. Nothing is visible before it is complete:
 * everything is written below `tmp/` and renamed.
 */
export interface Store {
  readonly path: string
  /** Where the object with this SHA-256 lies, whether it is there or not. */
  objectPath(digest: string): string
  has(digest: string): Promise<boolean>
  /** From now on, and until this process ends, gc leaves these things alone; to be said before looking for them. */
  use(needed: Iterable<Needed>): Promise<void>
  /**
   * Takes over a complete file of this store's `tmp/` as the object `digest`, which this process needs from now on. With `durable: false` a power cut may
   * leave an object of another size: for inputs, which are looked at before use and can be had again.
   */
  adopt(file: string, digest: string, options?: { readonly durable?: boolean }): Promise<void>
  readRecord<T>(kind: RecordKind, key: string): Promise<T | undefined>
  /** Keys of all records of a kind. */
  keys(kind: RecordKind): Promise<string[]>
  /** Marks a record as used now: gc takes what was not used for long. */
  touch(kind: RecordKind, key: string): Promise<void>
  writeRecord(kind: RecordKind, key: string, value: unknown): Promise<void>
  workFolder(): Promise<WorkFolder>
  /** Folder for things that are only a cache and can go at any time. */
  cache(name: string): string
}

/** Where things are written beside their place. */
export const PART_FOLDERS = ['tools', 'tools/indexes', 'cache/indexes', 'cache/lists', 'roots'] as const

/**
 * Opens the store in the folder `path`, which is made if need be, and removes what killed processes left behind (unless
 * `sweeping` is false).
 * @throws KilnError `KILN_STORE_UNUSABLE` when it cannot be written to.
 */
export async function openStore(path: string, { sweeping = true } = {}): Promise<Store> {
  try {
    for (const folder of [
      'objects',
      'layers',
      'versions',
      'checks',
      'bases',
      'inventories',
      'tmp',
      'uses',
      'cache',
    ])
      await makeFolder(join(path, folder))
  } catch (error) {
    throw new KilnError(
      'KILN_STORE_UNUSABLE',
      `The store ${path} cannot be used: ${(error as Error).message}.`,
      {
        cause: error,
        hint: 'Set KILN_HOME to a folder that you may write to.',
      },
    )
  }
  const tmp = join(path, 'tmp')
  // Set-user-id programs of a tree that is being made are for its sandbox, not for other users of this machine.
  await chmod(tmp, 0o700)
  if (sweeping) {
    await sweep(tmp, tmp)
    await sweep(join(path, 'uses'), tmp)
    await sweepClaims(join(path, 'cache', 'building'))
    for (const folder of PART_FOLDERS) await sweepParts(join(path, folder))
  }
  const objectPath = (digest: string) => join(path, 'objects', digest.slice(0, 2), digest)
  return {
    path,
    objectPath,
    has: (digest) =>
      access(objectPath(digest)).then(
        () => true,
        () => false,
      ),
    use: (needed) => use(path, needed),
    adopt: async (file, digest, { durable = true } = {}) => {
      // A sandbox made it: a link there would be followed here, to what only the host may read.
      if (!(await lstat(file)).isFile())
        throw new KilnError('KILN_SANDBOX_FAILED', `The build left something that is no file as ${file}.`, {
          hint: 'A package of the recipe must have broken out of its tree: do not trust it, and report this.',
        })
      if (durable) await sync(file)
      // Before it is there: gc takes an object that nothing names for one that nobody wants.
      await use(path, [`objects/${digest}`])
      const target = objectPath(digest)
      await makeFolder(dirname(target))
      await rename(file, target)
    },
    readRecord: async <T>(kind: RecordKind, key: string) => {
      try {
        return JSON.parse(await readFile(join(path, kind, `${key}.json`), 'utf8')) as T
      } catch (error) {
        // A record that cannot be read is as good as none: what it names is made again.
        if (isErrno(error, 'ENOENT') || error instanceof SyntaxError) return undefined
        throw error
      }
    },
    keys: async (kind) => {
      const names = await readdir(join(path, kind))
      return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
    },
    touch: async (kind, key) => {
      const now = clock.now() / 1000
      // Only a hint: who may not write it can still read.
      await utimes(join(path, kind, `${key}.json`), now, now).catch(() => {})
    },
    writeRecord: async (kind, key, value) => {
      const part = join(tmp, ownName())
      await using undo = new AsyncDisposableStack()
      undo.defer(() => rm(part, { force: true }))
      const file = await open(part, 'w', 0o644)
      try {
        await file.writeFile(`${JSON.stringify(value, null, 1)}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(part, join(path, kind, `${key}.json`))
    },
    workFolder: async () => {
      const folder = join(tmp, ownName())
      await mkdir(folder, { mode: 0o755 })
      return { path: folder, [Symbol.asyncDispose]: () => removeTree(folder) }
    },
    cache: (name) => join(path, 'cache', name),
  }
}

/** Gives a file a second name, or the same bytes where the file system cannot. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch {
    await copyFile(from, to, constants.COPYFILE_FICLONE)
  }
}

/** Bytes of a file, undefined when it is not there. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Removes what dead processes have in `folder`, by way of `tmp`. */
async function sweep(folder: string, tmp: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (isAlive(name)) continue
    // Renamed first: two processes that sweep at once do not remove under each other's feet.
    const mine = join(tmp, `${ownName()}-${randomName(2)}`)
    try {
      await rename(join(folder, name), mine)
    } catch {
      continue
    }
    // What cannot be removed now is tried again by the next process; it is no reason not to work.
    await removeTree(mine).catch(() => {})
  }
}
