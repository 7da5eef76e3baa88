import { join } from 'node:path'
import { type BuildContext, findVersion } from '../../build/index.ts'
import { KilnError } from '../../core/error.ts'
import { oneLine } from '../../core/text.ts'
import { kilnVersion } from '../../core/version.ts'
import type { Residue, Rewritten } from '../../heat/index.ts'
import { imageName } from '../../publish/name.ts'
import { pendingLocks, readLocks } from '../lockfile.ts'
import type { MadeImage } from '../make.ts'
import type { Problem } from '../needs/index.ts'
import { explained, type ImagePlan, type PrebuildPlan, problemsOf } from '../plan.ts'
import type { ReadTemplate } from '../request.ts'
import { page } from './page.ts'
import { type ShownName, shownNames } from './placeholders.ts'

export { pageFile, putPage } from './file.ts'

/** What a prebuild would do at its end. */
interface Ending {
  /** The new texts, with these names for images. @throws KilnError. */
  write(name: (image: ImagePlan) => string): Rewritten
  /** Where the new template would be; undefined when nobody said. @throws KilnError when it cannot be there. */
  place(rewritten: Rewritten | undefined): Promise<string | undefined>
}

/**
 * The page of a plan. Images that are in the store already have their real names on it. The plan that comes back also has
 * the problems and the residue that only show when the template is rewritten.
 */
export async function pageOfPlan(
  request: { readonly update: boolean },
  template: ReadTemplate,
  plan: PrebuildPlan,
  context: BuildContext,
  ending: Ending,
): Promise<{ readonly text: string; readonly plan: PrebuildPlan }> {
  const found: Problem[] = []
  const attempt = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof KilnError)) throw error
      const { code, message, hint } = error
      found.push({ code, path: '', message, ...(hint === undefined ? {} : { hint }) })
      return undefined
    }
  }
  const output = await attempt(() => ending.place(undefined))
  const known =
    output === undefined || request.update
      ? undefined
      : await attempt(() => knownNames(plan.images, output, context))
  const names = shownNames(plan.images, known ?? new Map())
  // With no image known there is nothing to show; with none wanted, what nobody uses may still go.
  const { outcome, instances } = plan.analysis
  const writable = outcome !== 'fail' && (plan.images.length > 0 || instances.length === 0)
  const rewritten = writable
    ? await attempt(() => ending.write((image) => names.get(image)!.name))
    : undefined
  if (rewritten && output !== undefined) await attempt(() => ending.place(rewritten))
  const residue = left(plan, rewritten)
  const whole = { ...plan, problems: [...plan.problems, ...found], residue }
  return {
    text: page({
      ...common(template, whole),
      rewritten,
      residue,
      names,
      made: undefined,
    }),
    plan: whole,
  }
}

/** The page of what was built. */
export function pageOfBuild(
  template: ReadTemplate,
  plan: PrebuildPlan,
  images: readonly MadeImage[],
  rewritten: Rewritten,
  residue: readonly Residue[],
): string {
  const made = new Map(images.map((image) => [image.plan, image]))
  const names = new Map(images.map(({ plan, name }): [ImagePlan, ShownName] => [plan, { name, known: true }]))
  return page({ ...common(template, plan), rewritten, residue, names, made })
}

function common(template: ReadTemplate, plan: PrebuildPlan) {
  return {
    kiln: kilnVersion(),
    template: template.name,
    lenientAws: template.analysis.source.options.lenientAws === true,
    read: template.read,
    plan,
    problems: distinct(problemsOf(plan)),
  }
}

/** Each sentence once, on one line: a name in it may hold line breaks. */
function distinct(problems: readonly Omit<Problem, 'path'>[]): Omit<Problem, 'path'>[] {
  const told = problems.map((one) => ({ ...one, message: oneLine(one.message) }))
  return told.filter((one, i) => told.findIndex(({ message }) => message === one.message) === i)
}

/** Names of images that the same build would find in the store. */
async function knownNames(
  images: readonly ImagePlan[],
  output: string,
  context: BuildContext,
): Promise<ReadonlyMap<ImagePlan, string>> {
  const begun = await pendingLocks(join(context.config.store, 'cache', 'prebuild'), output).read()
  const locks = new Map([...begun, ...(await readLocks(`${output}.kiln.lock`))])
  const names = new Map<ImagePlan, string>()
  for (const image of images) {
    const lock = locks.get(image.digest)
    const version = lock && (await findVersion(image.recipe, lock, context))
    if (version) names.set(image, imageName(image.recipe.name, version))
  }
  return names
}

/** What still happens at boot: of instances that are rewritten what the rewriting says, of others what the plan says. */
function left(plan: PrebuildPlan, rewritten: Rewritten | undefined): readonly Residue[] {
  if (rewritten === undefined) return plan.residue
  const served = new Set(plan.images.flatMap(({ members }) => members.map(({ instance }) => instance.path)))
  return [...explained(rewritten.residue, plan.left), ...plan.residue.filter(({ path }) => !served.has(path))]
}
