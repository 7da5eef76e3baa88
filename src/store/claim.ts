import { readdir, readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Interrupted, isErrno } from '../core/error.ts'
import { makeFolder } from '../core/folder.ts'
import { isAlive, ownName } from '../core/owner.ts'

/**
 * Holds the name `key` in the folder `folder`, so that two processes do not do the same work at once; waits while
 * another living process has it. `waiting` is called once if so; `interval` (ms) is how often it looks.
 *
 * A claim is a symbolic link that leads to the name of its holder: made in one step, and on a full disk, too.
 */
export async function claim(
  folder: string,
  key: string,
  waiting: () => void,
  signal?: AbortSignal | undefined,
  interval = 100,
): Promise<AsyncDisposable> {
  await makeFolder(folder)
  const path = join(folder, key)
  const me = ownName()
  for (let told = false; ; ) {
    if (await create(path, me)) return { [Symbol.asyncDispose]: () => rm(path, { force: true }) }
    const holder = await holderOf(path)
    if (holder === undefined) continue
    if (!isAlive(holder)) {
      await takeAway(path, holder, me)
      continue
    }
    if (!told) waiting()
    told = true
    await sleep(interval, undefined, { signal }).catch(() => {})
    if (signal?.aborted) throw new Interrupted()
  }
}

/** Removes the claims of dead processes in `folder`. */
export async function sweepClaims(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  // Markers before what they mark: a dead one's would keep us from taking it away.
  for (const name of names.sort((a, b) => b.length - a.length)) {
    const path = join(folder, name)
    const holder = await holderOf(path)
    if (holder === undefined || isAlive(holder)) continue
    if (name.includes('.gone-')) await rm(path, { force: true })
    else await takeAway(path, holder, ownName())
  }
}

/** Who holds a claim; undefined when nobody does. What is no claim at all is nobody's who lives. */
async function holderOf(path: string): Promise<string | undefined> {
  return readlink(path).catch((error: unknown) => (isErrno(error, 'EINVAL') ? '' : undefined))
}

/** Makes a claim. @returns false when there is one. */
async function create(path: string, holder: string): Promise<boolean> {
  try {
    await symlink(holder, path)
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  }
}

/**
 * Removes a dead holder's claim. Only who holds the marker of that very holder may, and looks again first: else one
 * who saw the dead could remove the claim of the living who came after.
 */
async function takeAway(path: string, dead: string, me: string): Promise<void> {
  const marker = `${path}.gone-${dead}`
  if (!(await create(marker, me))) {
    const other = await holderOf(marker)
    if (other !== undefined && !isAlive(other)) await rm(marker, { force: true })
    return
  }
  try {
    if ((await holderOf(path)) === dead) await rm(path, { force: true })
  } finally {
    await rm(marker, { force: true })
  }
}
