import { type BuildContext, build, findVersion, lockRecipe, type Version } from '../build/index.ts'
import type { Companions } from '../check/evidence.ts'
import { checkVersion } from '../check/index.ts'
import type { AllowedSecret } from '../check/secrets/allow.ts'
import { KilnError } from '../core/error.ts'
import type { Lock } from '../lock/lock.ts'
import type { Placement, Resolution, Target } from '../publish/index.ts'
import { imageName } from '../publish/name.ts'
import { isBuildable } from './bases/index.ts'
import type { Problem } from './needs/index.ts'
import { type ImagePlan, throwAll } from './plan.ts'
import { shownParameters } from './values.ts'

/** An image with its lock: all that building it needs. */
export interface LockedPlan {
  readonly plan: ImagePlan
  readonly lock: Lock
}

/** An image in the store. */
export interface BuiltImage extends LockedPlan {
  readonly name: string
  readonly version: Version
  readonly resolvedFrom: Resolution
  /** Assertions of the boot check, where there was one. */
  readonly checked?: number
}

/** An image that may be published. */
export interface SoundImage extends BuiltImage {
  readonly companions: Companions
}

/** An image that was published, and where. */
export interface MadeImage extends BuiltImage {
  readonly placements: readonly Placement[]
}

/**
 * A lock for every image: one of `known`, else a new one. Every recipe is tried before the first fault is told.
 * @throws KilnError that lists what is wrong with any of them.
 */
export async function lockAll(
  images: readonly ImagePlan[],
  known: ReadonlyMap<string, Lock>,
  template: string,
  context: BuildContext,
): Promise<LockedPlan[]> {
  const locked: LockedPlan[] = []
  const problems: Omit<Problem, 'path'>[] = []
  let work = false
  for (const plan of images) {
    try {
      locked.push({
        plan,
        lock: known.get(plan.digest) ?? (await lockRecipe(plan.recipe, of(plan, context))),
      })
    } catch (error) {
      if (!(error instanceof KilnError)) throw error
      work ||= error.fault === 'work'
      const { code, message, hint } = error
      problems.push({ code, message, ...(hint === undefined ? {} : { hint }) })
    }
  }
  throwAll(problems, template, work ? 'work' : 'input')
  return locked
}

/** Builds an image or finds it in the store. */
export async function make(
  { plan, lock }: LockedPlan,
  template: string,
  given: BuildContext,
): Promise<BuiltImage> {
  const context = of(plan, given)
  const version = (await findVersion(plan.recipe, lock, context)) ?? (await build(plan.recipe, lock, context))
  const name = imageName(plan.recipe.name, version)
  const resolvedFrom: Resolution = {
    template,
    paths: plan.members.map(({ instance }) => instance.path),
    base: shownBase(plan),
    parameters: shownParameters(plan.members.flatMap(({ instance }) => instance.resolvedFrom)),
  }
  return { plan, lock, name, version, resolvedFrom }
}

/** A disk image is named as the map of bases does. */
function of({ base }: ImagePlan, context: BuildContext): BuildContext {
  return base.kind === 'image' ? { ...context, folder: base.folder } : context
}

/** Puts an image into every target. */
export async function publish(
  image: SoundImage,
  targets: readonly Target[],
  context: BuildContext,
): Promise<MadeImage> {
  const placements: Placement[] = []
  for (const target of targets) placements.push(await target.publish(image, context))
  return { ...image, placements }
}

/** A base that a hidden parameter names is called by its OS. */
function shownBase({ base, members }: ImagePlan): string {
  const hidden = members.some(({ instance }) => instance.resolvedFrom.some((parameter) => parameter.hidden))
  return hidden && isBuildable(base) ? base.system.os : base.image
}

/** Boots an image on its firmwares. @returns it with the number of assertions. @throws KilnError `KILN_CHECK_FAILED`. */
export async function check<T extends BuiltImage>(image: T, context: BuildContext): Promise<T> {
  return { ...image, checked: await checkVersion(image.version, image.name, context) }
}

/**
 * Looks into images, and says what goes out with each. @param allowed secrets that are meant to be inside
 * @throws KilnError `KILN_SECRETS_FOUND`, about all of them.
 */
export async function inspect(
  images: readonly BuiltImage[],
  allowed: readonly AllowedSecret[],
  context: BuildContext,
): Promise<SoundImage[]> {
  const [{ gate }, { evidence }] = await Promise.all([
    import('../check/gate.ts'),
    import('../check/evidence.ts'),
  ])
  const passed = await gate(images, context, allowed)
  return images.map((image, n) => ({
    ...image,
    companions: evidence(image.version, image.name, passed[n]!, context),
  }))
}
