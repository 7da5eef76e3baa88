import { rmSync } from 'node:fs'
import { open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../core/folder.ts'
import { isAlive, ownName } from '../core/owner.ts'
import { claim } from './claim.ts'

/**
 * What of the store a process relies on until it ends:
 *
 *     objects/<digest>, layers/<key>, versions/<key>   whether they are there yet or not, and what they name
 *     trees/<name>                                     a tools tree
 *     indexes, lists, tools                            all of these caches
 */
export type Needed =
  | `objects/${string}`
  | `layers/${string}`
  | `versions/${string}`
  | `trees/${string}`
  | 'indexes'
  | 'lists'
  | 'tools'

interface Using {
  readonly file: string
  readonly needed: Set<Needed>
  /** Calls come one after another: each writes all that was needed before. */
  turn: Promise<unknown>
}

/** This process's, by store. */
const mine = new Map<string, Using>()
process.on('exit', () => {
  for (const { file } of mine.values()) rmSync(file, { force: true })
})

/** How often is looked whether the store's gate is open, ms: it is never held for long. */
const GATE_INTERVAL = 10

/**
 * Held while `kiln gc` looks and removes, and while a process says what it needs: so either gc knows of it, or the
 * process sees what gc has left.
 */
export function gate(store: string, signal?: AbortSignal): Promise<AsyncDisposable> {
  return claim(join(store, 'cache', 'building'), 'gate', () => {}, signal, GATE_INTERVAL)
}

/**
 * From now on, and until this process ends, `kiln gc` leaves these things of the store alone. To be called before one
 * looks whether they are there, or makes them.
 */
export function use(store: string, needed: Iterable<Needed>): Promise<void> {
  const uses: Using = mine.get(store) ?? {
    file: join(store, 'uses', ownName()),
    needed: new Set(),
    turn: Promise.resolve(),
  }
  mine.set(store, uses)
  const wanted = [...needed]
  const work = uses.turn.then(() => add(store, uses, wanted))
  uses.turn = work.catch(() => {})
  return work
}

async function add(store: string, uses: Using, wanted: readonly Needed[]): Promise<void> {
  if (wanted.every((name) => uses.needed.has(name))) return
  const all = new Set([...uses.needed, ...wanted])
  await makeFolder(join(store, 'uses'))
  const part = join(store, 'tmp', ownName())
  try {
    const file = await open(part, 'wx', 0o644)
    try {
      await file.writeFile([...all].join('\n'))
    } finally {
      await file.close()
    }
    await using _gate = await gate(store)
    await rename(part, uses.file)
  } finally {
    await rm(part, { force: true })
  }
  for (const name of wanted) uses.needed.add(name)
}

/** All that living processes need of the store in the folder `store`. To be called with its {@link gate} held. */
export async function needed(store: string): Promise<Set<Needed>> {
  const folder = join(store, 'uses')
  const all = new Set<Needed>()
  for (const name of await readdir(folder).catch(() => [])) {
    if (!isAlive(name)) continue
    // It may end while we look.
    const text = await readFile(join(folder, name), 'utf8').catch(() => '')
    for (const line of text.split('\n')) if (line) all.add(line as Needed)
  }
  return all
}
