import { cp, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { clock } from '../../core/clock.ts'
import { makeFolder } from '../../core/folder.ts'
import { partBeside, sweepParts } from '../../core/part.ts'

/** How many sets of lists stay: one a distribution that is in use, and some. A set takes about 100 MB. */
const SETS = 4
/** apt's own cache of the lists, beside them. */
const CACHE = 'srcpkgcache.bin'

/** Brings lists that apt has verified once into its `state` folder. @returns false when there are none. */
export async function takeLists(kept: string, state: string): Promise<boolean> {
  if (!(await stat(kept).catch(() => undefined))) return false
  const options = { recursive: true, preserveTimestamps: true }
  await cp(join(kept, 'lists'), join(state, 'lists'), options)
  // With it, apt need not read the lists again; it looks itself whether it fits them.
  await cp(join(kept, CACHE), join(state, CACHE), options).catch(() => {})
  // In use: the oldest sets go first.
  const now = clock.now() / 1000
  await utimes(kept, now, now)
  return true
}

/** Keeps the verified lists of `state` as `kept`, whose name says what they are lists of. */
export async function keepLists(kept: string, state: string): Promise<void> {
  await sweepParts(dirname(kept))
  const part = partBeside(kept)
  await makeFolder(join(part, 'lists'))
  try {
    for (const entry of await readdir(join(state, 'lists'), { withFileTypes: true }))
      if (entry.isFile() && entry.name !== 'lock')
        await cp(join(state, 'lists', entry.name), join(part, 'lists', entry.name), {
          preserveTimestamps: true,
        })
    await cp(join(state, CACHE), join(part, CACHE), { preserveTimestamps: true }).catch(() => {})
    // Another process may have been faster with the same.
    await rename(part, kept).catch(() => {})
  } finally {
    await rm(part, { recursive: true, force: true })
  }
  await removeOld(dirname(kept))
}

async function removeOld(folder: string): Promise<void> {
  const sets = await Promise.all(
    (await readdir(folder))
      .filter((name) => !name.startsWith('.'))
      .map(async (name) => {
        const path = join(folder, name)
        return { path, used: (await stat(path).catch(() => undefined))?.mtimeMs ?? 0 }
      }),
  )
  for (const { path } of sets.sort((a, b) => b.used - a.used).slice(SETS))
    await rm(path, { recursive: true, force: true })
}
