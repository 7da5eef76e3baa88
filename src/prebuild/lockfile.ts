import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../core/digest.ts'
import { inputError, isErrno, KilnError } from '../core/error.ts'
import { readableJson } from '../core/json.ts'
import { asLock } from '../lock/beside.ts'
import { LOCK_VERSION, type Lock } from '../lock/lock.ts'
import type { Resolution } from '../publish/index.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { writeFiles } from './output.ts'

/** Goes up when files of before can no longer be read. */
const VERSION = 1

/** What `OUT.kiln.lock` holds: enough to do the same again without a network, and to see what was done. */
export interface PrebuildLock {
  readonly version: typeof VERSION
  readonly template: { readonly name: string; readonly digest: string }
  /** Nested templates and other files that were read, by name: their SHA-256. */
  readonly files: Readonly<Record<string, string>>
  /** Names only: an environment may hold hidden values. */
  readonly environments: readonly string[]
  readonly images: readonly LockedImage[]
}

export interface LockedImage {
  readonly name: string
  /** Version digest and key, see `build/`. */
  readonly digest: string
  readonly key: string
  readonly resolvedFrom: Resolution
  /** Digest of the recipe: what a lock is found by. */
  readonly recipeDigest: string
  readonly recipe: Recipe
  readonly lock: Lock
}

/** The text of a lock file: sorted, so that equal work gives equal bytes. */
export function lockText(content: PrebuildLock): string {
  const images = [...content.images].sort((a, b) => (a.name < b.name ? -1 : 1))
  return readableJson({ ...content, images }, { sorted: true })
}

/**
 * Locks by recipe digest in the file at `path`; none when it is absent.
 * @throws KilnError `KILN_LOCK_STALE` when it is of another version of Kiln, `KILN_LOCK_INVALID` when it is something else, as
 *   after a merge that left its marks in the file: locking anew would change what is built unasked.
 */
export async function readLocks(path: string): Promise<Map<string, Lock>> {
  const locks = new Map<string, Lock>()
  let data: Partial<PrebuildLock> | null
  try {
    data = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return locks
    if (error instanceof SyntaxError) throw invalid(path)
    throw error
  }
  if (typeof data?.version !== 'number') throw invalid(path)
  if (data.version !== VERSION) throw stale(path)
  if (!Array.isArray(data.images)) throw invalid(path)
  for (const image of data.images as Partial<LockedImage>[]) {
    // A lock counts for the recipe that it was made for, whatever the file says around it.
    const lock = asLock(image?.lock)
    if (lock) locks.set(lock.recipe, lock)
    else if (image?.lock?.version === LOCK_VERSION || !image?.lock) throw invalid(path)
    else throw stale(path)
  }
  return locks
}

function stale(path: string) {
  return inputError('KILN_LOCK_STALE', `The lock ${path} was written by another version of Kiln.`, {
    hint: 'Lock anew with --update; what is locked then is what the repositories offer today.',
  })
}

function invalid(path: string) {
  return inputError('KILN_LOCK_INVALID', `${path} is not a lock of Kiln.`, {
    hint: 'Take it from where it came from, or lock anew with --update.',
  })
}

/**
 * Locks of a build that has not come to its end, kept in the store's cache: when it is started again, what is finished
 * must fit. They go when the output is written.
 */
export function pendingLocks(cache: string, output: string) {
  const path = join(cache, `${sha256(output)}.json`)
  return {
    // Our own cache: what cannot be read is as if it were not there.
    read: () =>
      readLocks(path).catch((error: unknown) => {
        if (error instanceof KilnError) return new Map<string, Lock>()
        throw error
      }),
    write: async (locks: readonly Lock[]) => {
      const images = locks.map((lock) => ({ lock }))
      await writeFiles(new Map([[path, JSON.stringify({ version: VERSION, images })]]))
    },
    remove: () => rm(path, { force: true }),
  }
}
