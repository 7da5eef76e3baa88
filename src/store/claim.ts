import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Interrupted, isErrno } from '../core/error.ts'
import { makeFolder } from '../core/folder.ts'
import { isAlive, ownName } from '../core/owner.ts'
import { randomName } from '../core/random.ts'

/**
 * Holds the name `key` in the folder `folder`, so that two processes do not do the same work at once; waits while
 * another living process has it. `waiting` is called once if so.
 */
export async function claim(
  folder: string,
  key: string,
  waiting: () => void,
  signal?: AbortSignal | undefined,
): Promise<AsyncDisposable> {
  await makeFolder(folder)
  const path = join(folder, key)
  const me = ownName()
  for (let told = false; ; ) {
    if (await create(path, me)) return { [Symbol.asyncDispose]: () => rm(path, { force: true }) }
    const holder = await readFile(path, 'utf8').catch(() => undefined)
    if (holder === undefined) continue
    if (!isAlive(holder)) {
      await takeAway(path, holder, me)
      continue
    }
    if (!told) waiting()
    told = true
    await sleep(100, undefined, { signal }).catch(() => {})
    if (signal?.aborted) throw new Interrupted()
  }
}

/** Removes the claims of dead processes in `folder`, and what they left half-made there. */
export async function sweepClaims(folder: string): Promise<void> {
  const me = ownName()
  const names = await readdir(folder).catch(() => [])
  // Markers before what they mark: a dead one's would keep us from taking it away.
  for (const name of names.sort((a, b) => b.length - a.length)) {
    const path = join(folder, name)
    // A claim that was not made yet says in its name whose it is: KEY.OWNER.RANDOM.
    const part = /\.(\d+-\d+-[0-9a-f]+)\.[0-9a-f]+$/.exec(name)
    const holder = part?.[1] ?? (await readFile(path, 'utf8').catch(() => undefined))
    if (holder === undefined || isAlive(holder)) continue
    if (part || name.includes('.gone-')) await rm(path, { force: true })
    else await takeAway(path, holder, me)
  }
}

/** Makes a file with its content in one step. @returns false when there is one. */
async function create(path: string, content: string): Promise<boolean> {
  const part = `${path}.${content}.${randomName(4)}`
  await writeFile(part, content)
  try {
    await link(part, path)
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(part, { force: true })
  }
}

/**
 * Removes a dead holder's claim. Only who holds the marker of that very holder may, and looks again first: else one
 * who saw the dead could remove the claim of the living who came after.
 */
async function takeAway(path: string, dead: string, me: string): Promise<void> {
  const marker = `${path}.gone-${dead}`
  if (!(await create(marker, me))) {
    const other = await readFile(marker, 'utf8').catch(() => undefined)
    if (other !== undefined && !isAlive(other)) await rm(marker, { force: true })
    return
  }
  try {
    if ((await readFile(path, 'utf8').catch(() => undefined)) === dead) await rm(path, { force: true })
  } finally {
    await rm(marker, { force: true })
  }
}
