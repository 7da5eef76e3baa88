import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Interrupted, KilnError } from '../core/error.ts'
import type { Plan } from '../plan/plan.ts'
import type { Store } from '../store/store.ts'
import { openShared, type Shared } from '../tools/shared/index.ts'
import { isLayer, type Layer } from './layers.ts'
import { isVersionRecord, type VersionRecord } from './record.ts'
import type { BuildContext } from './types.ts'

/**
 * What a build takes from the cache that `KILN_CACHE_URL` names, and gives to it. Whatever goes wrong there is no reason to
 * fail, for all that it has can be made: it is said once, and the cache is left alone from then on.
 */
export interface Sharing {
  /** The layer of `key` on the layer `below`, which is in the store then. */
  layer(key: string, below: string): Promise<Layer | undefined>
  /** The version of `key`, which is in the store then, with its artifacts. */
  version(key: string): Promise<VersionRecord | undefined>
  /** Gives the layers and the version of a plan, as far as they are in the store and not in the cache. */
  give(planned: Plan): Promise<void>
}

const NONE: Sharing = {
  layer: async () => undefined,
  version: async () => undefined,
  give: async () => {},
}

/** @throws KilnError `KILN_CACHE_INVALID`, `KILN_AUTH_INVALID`. */
export async function openSharing(store: Store, context: BuildContext): Promise<Sharing> {
  const { config, signal, events } = context
  // Who builds from an archive of inputs wants nothing from elsewhere.
  if (!config.cache || config.vendor !== undefined) return NONE
  const shared = await openShared(config.cache.address, config, { signal })
  const { push } = config.cache
  let broken = false
  const tried = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    if (broken) return undefined
    try {
      return await work()
    } catch (error) {
      if (error instanceof Interrupted || signal?.aborted) throw error
      broken = true
      const why = error instanceof KilnError ? error.message : String(error)
      events.emit({
        type: 'note',
        level: 'warning',
        message: `The shared cache ${shared.where} is left alone: ${why}`,
      })
      return undefined
    }
  }
  return {
    layer: (key, below) =>
      tried(async () => {
        const layer = await record(shared, store, `layers/${key}.json`, isLayer)
        if (!layer || layer.below !== below) return undefined
        if (!(await object(shared, store, layer))) return undefined
        await store.writeRecord('layers', key, layer)
        return layer
      }),
    version: (key) =>
      tried(async () => {
        const version = await record(shared, store, `versions/${key}.json`, isVersionRecord)
        if (!version) return undefined
        for (const artifact of version.artifacts)
          if (!(await object(shared, store, artifact))) return undefined
        await store.writeRecord('versions', key, version)
        return version
      }),
    give: async (planned) => {
      if (!push) return
      await tried(async () => {
        for (const { kept, key } of planned.stages) {
          const layer = kept ? await store.readRecord<Layer>('layers', key) : undefined
          if (layer) await give(shared, store, `layers/${key}.json`, [layer.digest])
        }
        const version = await store.readRecord<VersionRecord>('versions', planned.key)
        if (version)
          await give(
            shared,
            store,
            `versions/${planned.key}.json`,
            version.artifacts.map(({ digest }) => digest),
          )
      })
    },
  }
}

const objectName = (digest: string) => `objects/${digest.slice(0, 2)}/${digest}`

async function record<T>(
  shared: Shared,
  store: Store,
  name: string,
  fits: (value: unknown) => value is T,
): Promise<T | undefined> {
  await using work = await store.workFolder()
  const file = join(work.path, 'record')
  if (!(await shared.take(name, file))) return undefined
  const text = await readFile(file, 'utf8')
  try {
    const value: unknown = JSON.parse(text)
    return fits(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Brings an object into the store, its digest compared on the way. @returns false when the cache does not have it. */
async function object(
  shared: Shared,
  store: Store,
  { digest, size }: { readonly digest: string; readonly size: number },
): Promise<boolean> {
  await store.use([`objects/${digest}`])
  if (await store.has(digest)) return true
  await using work = await store.workFolder()
  const file = join(work.path, 'object')
  if (!(await shared.take(objectName(digest), file, { sha256: digest, size }))) return false
  await store.adopt(file, digest)
  return true
}

/** What is there stays: machines that made the same at once must not take turns. The record last, it makes the rest visible. */
async function give(shared: Shared, store: Store, name: string, digests: readonly string[]): Promise<void> {
  if (await shared.has(name)) return
  for (const digest of digests) {
    if (!(await store.has(digest))) return
    if (!(await shared.has(objectName(digest))))
      await shared.give(objectName(digest), store.objectPath(digest))
  }
  await shared.give(name, join(store.path, name))
}
