import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Lock } from '../lock/lock.ts'
import type { MadeOf, Plan } from '../plan/plan.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { openStore, type Store } from '../store/store.ts'
import { planFor, recall } from './build.ts'
import { type Difference, differences } from './differences.ts'
import { findLayer, type Layer } from './layers.ts'
import type { MadeFrom } from './record.ts'
import type { BuildContext } from './types.ts'

export type { Difference } from './differences.ts'

/** What the next build does about one stage, and why. */
export interface StageWhy {
  readonly stage: string
  readonly about?: string
  readonly key: string
  /** `hit`: its result is in the store; `miss`: it will run. */
  readonly outcome: 'hit' | 'miss'
  /** Its result is a layer; of others only the whole image is kept. */
  readonly kept: boolean
  /** Against the nearest result that is in the store; empty for a hit. */
  readonly differences: readonly Difference[]
  /** What else there is to say. */
  readonly remark?: string
}

export interface Why {
  readonly key: string
  /** The image is in the store: nothing will run. */
  readonly outcome: 'hit' | 'miss'
  readonly stages: readonly StageWhy[]
}

/** For each stage of a build whether its result is in the store, and if not which input made it so. Builds nothing. */
export async function why(recipe: Recipe, lock: Lock, context: BuildContext): Promise<Why> {
  const store = await openStore(context.config.store)
  const planned = planFor(recipe, lock)
  await store.use([`versions/${planned.key}`])
  const hit = (await recall(store, planned, recipe, lock)) !== undefined
  const made = await kept(store)
  return {
    key: planned.key,
    outcome: hit ? 'hit' : 'miss',
    stages: await stagesOf(planned, hit, made, store),
  }
}

const HIT = { outcome: 'hit', differences: [] } as const

/** Results in the store by stage: what they were made of, the newest first. */
type Kept = ReadonlyMap<string, readonly MadeOf[]>

async function stagesOf(planned: Plan, whole: boolean, kept: Kept, store: Store): Promise<StageWhy[]> {
  const all: StageWhy[] = []
  /** Digest of the layer below; undefined where that must be made first. */
  let below: string | undefined = ''
  for (const { name, about, key, kept: keeps, made } of planned.stages) {
    const stage = { stage: name, ...(about ? { about } : {}), key, kept: keeps }
    if (!keeps) {
      all.push({ ...stage, ...(whole ? HIT : missing(made, kept)) })
      continue
    }
    const layer: Layer | undefined = await layerOf(store, key, below)
    if (layer) {
      const remark: string | undefined =
        below === undefined ? 'used if what is below it comes out as before' : undefined
      all.push({ ...stage, ...HIT, ...(remark ? { remark } : {}) })
      below = below === undefined ? undefined : layer.digest
    } else {
      all.push({ ...stage, ...missing(made, kept) })
      below = undefined
    }
  }
  const disk = { stage: 'disk', key: planned.key, kept: false }
  all.push({ ...disk, ...(whole ? HIT : missing(planned.made, kept)) })
  return all
}

/** The layer of a key on the one below it; on any where that is not there yet. */
async function layerOf(store: Store, key: string, below: string | undefined): Promise<Layer | undefined> {
  const on = below ?? (await store.readRecord<Layer>('layers', key))?.below
  return on === undefined ? undefined : findLayer(store, key, on)
}

function missing(made: MadeOf, kept: Kept): Pick<StageWhy, 'outcome' | 'differences' | 'remark'> {
  const others = kept.get(made.stage) ?? []
  const outcome = 'miss' as const
  if (others.length === 0)
    return { outcome, differences: [], remark: 'no result of this stage is in the store' }
  const nearest = others
    .map((other) => differences(other, made))
    .reduce((best, each) => (each.length < best.length ? each : best))
  if (nearest.length > 0) return { outcome, differences: nearest }
  return { outcome, differences: [], remark: 'nothing is different; its result is not in the store any more' }
}

async function kept(store: Store): Promise<Kept> {
  const found: { made: MadeOf; used: number }[] = []
  for (const kind of ['layers', 'versions'] as const)
    for (const key of await store.keys(kind)) {
      const record = await store.readRecord<Partial<Layer> & Partial<MadeFrom>>(kind, key)
      const used = (await stat(join(store.path, kind, `${key}.json`)).catch(() => undefined))?.mtimeMs ?? 0
      const made = kind === 'layers' ? [record?.made] : ((record?.made ?? []) as readonly MadeOf[])
      for (const each of made as readonly (MadeOf | undefined)[]) if (each) found.push({ made: each, used })
    }
  found.sort((a, b) => b.used - a.used)
  return Map.groupBy(
    found.map(({ made }) => made),
    ({ stage }) => stage,
  )
}
