import { utimes } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { clock } from '../core/clock.ts'
import { allInputs, type Lock } from '../lock/lock.ts'
import type { MadeOf, Plan } from '../plan/plan.ts'
import { type Recipe, recipeDigest } from '../recipe/recipe.ts'
import { type Needed, use } from '../store/use.ts'
import type { ToolsTree } from '../tools/tree/tree.ts'
import type { Artifact } from './types.ts'

/** What the store keeps of a version; everything else follows from recipe and lock. */
export interface VersionRecord {
  readonly digest: string
  readonly virtualSize: number
  readonly artifacts: readonly Omit<Artifact, 'path'>[]
}

/** Whether a record from elsewhere is one of a version. */
export function isVersionRecord(value: unknown): value is VersionRecord & MadeFrom {
  if (typeof value !== 'object' || value === null) return false
  const { digest, virtualSize, artifacts, ...from } = value as Partial<VersionRecord & MadeFrom>
  const isDigest = (text: unknown) => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)
  return (
    [digest, from.recipe, from.tools].every(isDigest) &&
    [from.layers, from.inputs].every((list) => Array.isArray(list) && list.every(isDigest)) &&
    typeof from.name === 'string' &&
    Array.isArray(from.made) &&
    Number.isSafeInteger(virtualSize) &&
    Array.isArray(artifacts) &&
    artifacts.length > 0 &&
    artifacts.every(
      (one) => isDigest(one?.digest) && Number.isSafeInteger(one.size) && one.format === 'qcow2',
    )
  )
}

/** What the store keeps beside it: for `kiln gc` what building it again takes, for `kiln why` what it was made of. */
export interface MadeFrom {
  /** Name of the image. */
  readonly name: string
  /** Digest of the recipe. */
  readonly recipe: string
  /** Digest of the tools tree. */
  readonly tools: string
  /** Keys of its layers. */
  readonly layers: readonly string[]
  /** SHA-256 of every file that becomes the image. */
  readonly inputs: readonly string[]
  /** Stages that leave no layer, and the disk. */
  readonly made: readonly MadeOf[]
}

export function madeFrom(planned: Plan, recipe: Recipe, lock: Lock, tools: ToolsTree): MadeFrom {
  return {
    name: recipe.name,
    recipe: recipeDigest(recipe),
    tools: tools.digest,
    layers: planned.stages.filter(({ kept }) => kept).map(({ key }) => key),
    inputs: inputsOf(lock),
    made: [...planned.stages.filter(({ kept }) => !kept), planned].map(({ made }) => made),
  }
}

/** All that a build reads of the store, made by itself or by others. */
export function neededBy(planned: Plan, lock: Lock): Needed[] {
  return [
    `versions/${planned.key}`,
    ...planned.stages.filter(({ kept }) => kept).map(({ key }): Needed => `layers/${key}`),
    ...inputsOf(lock).map((sha256): Needed => `objects/${sha256}`),
  ]
}

/** SHA-256 of every file that becomes the image. */
export function inputsOf(lock: Lock): string[] {
  return [...(lock.image ? [lock.image.sha256] : []), ...allInputs(lock).map(({ sha256 }) => sha256)]
}

/** Says that this process needs a tools tree, and marks it as used. */
export async function useTools(store: string, { path }: ToolsTree): Promise<void> {
  await use(store, [`trees/${basename(path)}`])
  const now = clock.now() / 1000
  // Another user's tree may be shared by a link.
  await utimes(join(path, '.complete'), now, now).catch(() => {})
}
