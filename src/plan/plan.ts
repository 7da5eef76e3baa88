import { canonicalJson, type Json, sha256 } from '../core/digest.ts'
import type { BaseImage } from '../disk/index.ts'
import type { Distribution } from '../distro/index.ts'
import type { Lock } from '../lock/lock.ts'
import type { LockedPython } from '../lock/python/types.ts'
import { type Recipe, recipeDigest } from '../recipe/recipe.ts'
import { accountsStage } from '../stages/accounts/stage.ts'
import { baseStage } from '../stages/base/stage.ts'
import { filesStage } from '../stages/files/stage.ts'
import { imageStage } from '../stages/image/stage.ts'
import { packagesStage } from '../stages/packages/stage.ts'
import { type PythonOptions, pythonStage } from '../stages/python/stage.ts'
import { repositoryFiles } from '../stages/repositories.ts'
import { sealStage } from '../stages/seal/stage.ts'
import { servicesStage } from '../stages/services/stage.ts'
import type { Stage, StageContext } from '../stages/stage.ts'
import { type MadeOf, optionsMadeOf } from './made-of.ts'

export type { MadeOf } from './made-of.ts'

/** A stage with its options, in its place. */
export interface PlannedStage {
  readonly name: string
  /** For people: what it is about, where a stage occurs more than once. */
  readonly about?: string
  /** Hash of the stage, its options, the tools and all stages before it. */
  readonly key: string
  /** Its tree is kept in the store. Always so or never, whatever the store holds: that is what makes builds repeatable. */
  readonly kept: boolean
  /** What its key was made of. */
  readonly made: MadeOf
  run(context: StageContext): Promise<void>
}

/** Everything that will be done, in order, without a choice left. */
export interface Plan {
  /** Hash of the whole. */
  readonly key: string
  readonly os: Distribution
  readonly epoch: number
  readonly stages: readonly PlannedStage[]
  readonly disk: Recipe['disk']
  /** The disk image that the tree comes from and goes back to; undefined when a disk of its own is made. */
  readonly image?: BaseImage
  /** What the key of the whole was made of, beside the stages. */
  readonly made: MadeOf
}

/** Goes up when a finished tree would become another disk. */
const DISK_VERSION = 1

/** What of a lock decides what is installed from indexes of Python: which were asked does not, nor who needs whom. */
function pythonOptions({ indexes: _indexes, needs: _needs, ...python }: LockedPython): PythonOptions {
  return python
}

/** The plan for a recipe and its lock with a tools tree. Pure. */
export function plan(recipe: Recipe, lock: Lock, os: Distribution, toolsDigest: string): Plan {
  const stages: PlannedStage[] = []
  let key = sha256(canonicalJson({ tools: toolsDigest, epoch: lock.epoch }))
  const add = <Options extends object>(
    stage: Stage<Options>,
    options: Options,
    kept: boolean,
    about?: string,
  ) => {
    const before = stages.length === 0 ? { tools: toolsDigest, epoch: lock.epoch } : { before: key }
    key = sha256(
      canonicalJson({
        before: key,
        stage: stage.name,
        version: stage.version,
        options: options as unknown as Json,
      }),
    )
    stages.push({
      name: stage.name,
      ...(about ? { about } : {}),
      key,
      kept,
      made: {
        stage: stage.name,
        ...(about ? { about } : {}),
        version: stage.version,
        ...before,
        options: optionsMadeOf(options),
      },
      run: (context) => stage.run(options, context),
    })
  }
  const { image } = lock
  const boot = image && {
    mounts: image.mounts,
    table: image.table === 'msdos' ? image.table : ('gpt' as const),
  }
  if (image) add(imageStage, { sha256: image.sha256 }, true)
  else
    add(
      baseStage,
      {
        os: os.id,
        packages: lock.base,
        essential: lock.essential,
        wanted: os.basePackages,
        files: os.baseFiles(lock.mirrors),
        services: os.baseServices,
      },
      true,
    )
  for (const group of lock.groups)
    add(packagesStage, boot ? { ...group, boot } : group, true, group.wanted.join(', '))
  if (lock.python && lock.python.files.length > 0)
    add(pythonStage, pythonOptions(lock.python), true, lock.python.wanted.join(', '))
  if (recipe.groups.length + recipe.users.length > 0)
    add(accountsStage, { groups: recipe.groups, users: recipe.users }, false)
  const files = [
    ...repositoryFiles(recipe.repositories).map((file) => ({ ...file, owner: 'root' })),
    ...recipe.custom_files,
  ]
  if (files.length > 0) add(filesStage, { files }, false)
  if (recipe.services.enable.length + recipe.services.disable.length > 0)
    add(servicesStage, recipe.services, false)
  add(sealStage, image ? { folders: 'newer' } : {}, false)
  const disk = sha256(
    canonicalJson({
      before: key,
      version: DISK_VERSION,
      disk: recipe.disk as unknown as Json,
      recipe: recipeDigest(recipe),
    }),
  )
  const made = {
    stage: 'disk',
    version: DISK_VERSION,
    before: key,
    options: optionsMadeOf({ ...recipe.disk, recipe: recipeDigest(recipe) }),
  }
  return {
    key: disk,
    os,
    epoch: lock.epoch,
    stages,
    // A disk that was there starts as it did: what its loaders are for is not ours to choose.
    disk: image ? { ...recipe.disk, firmware: [...image.firmware] } : recipe.disk,
    ...(image ? { image } : {}),
    made,
  }
}
