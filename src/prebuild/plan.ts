import { basename } from 'node:path'
import { inputError, KilnError } from '../core/error.ts'
import { oneLine, withoutStop } from '../core/text.ts'
import {
  type Analysis,
  type Choice,
  type ImageRequest,
  type Instance,
  type Residue,
  residueOf,
  rewrite,
} from '../heat/index.ts'
import { type Recipe, recipeDigest } from '../recipe/recipe.ts'
import {
  type Base,
  type BaseMap,
  isBuildable,
  type LookedAt,
  mappingHint,
  resolveBase,
} from './bases/index.ts'
import { recipeName } from './names.ts'
import { draftRecipe, type PackageMap, type Problem } from './needs/index.ts'
import { requestedRecipe } from './requested.ts'

/** An image that is to be built, and the instances that it serves. */
export interface ImagePlan {
  readonly recipe: Recipe
  /** {@link recipeDigest} of it. */
  readonly digest: string
  readonly base: Base
  readonly members: readonly ImageMember[]
  /** Package managers that the template asked through. */
  readonly through: readonly string[]
}

export interface ImageMember {
  readonly instance: Instance
  readonly baked: ReadonlySet<string>
}

/** What a template comes to: images, what stays for the boot, and all that is in the way. */
export interface PrebuildPlan {
  readonly analysis: Analysis
  readonly images: readonly ImagePlan[]
  /** By image name, in the order in which instances name them. */
  readonly bases: readonly Base[]
  readonly residue: readonly Residue[]
  /** Of the residue what could have been baked by its nature, with our reasons. */
  readonly left: readonly Residue[]
  /** What stops the build besides the template's own faults. */
  readonly problems: readonly Problem[]
}

export interface PlanOptions {
  /** The template's name, for the names of recipes. */
  readonly template: string
  readonly bases: BaseMap
  /** What is in the disk images that `bases` names, by their paths as they stand there. */
  readonly images?: ReadonlyMap<string, LookedAt>
  readonly packageMap: PackageMap
}

/** What is to be built for an analysed template. Pure. */
export function planImages(analysis: Analysis, options: PlanOptions): PrebuildPlan {
  const bases = new Map<string, Base>()
  const images = new Map<string, { plan: ImagePlan; members: ImageMember[] }>()
  const residue: Residue[] = []
  const left: Residue[] = []
  const problems: Problem[] = []
  const users = new Map<string, string[]>()
  const requests = new Map(analysis.imageRequests.map((request) => [request.path, request]))
  for (const instance of analysis.instances) {
    const asked = requestOf(instance, requests)
    const { base, request, faults } = baseOf(instance, asked, options)
    problems.push(...faults)
    // Whoever does not say what to build from is told that, and not that it has no name.
    if (base.image !== '') {
      if (!bases.has(base.image)) bases.set(base.image, base)
      users.set(base.image, [...(users.get(base.image) ?? []), instance.path])
    }
    if (base.kind === 'refused' || faults.length > 0) {
      residue.push(...residueOf(instance))
      continue
    }
    try {
      const drafted = draftRecipe(instance, {
        name: recipeName(options.template, instance.path),
        system: 'system' in base ? base.system : undefined,
        from: base.kind === 'image' ? base.file : undefined,
        packageMap: options.packageMap,
        base: base.image,
        request,
      })
      left.push(...drafted.residue)
      residue.push(...explained(residueOf(instance, drafted.baked), drafted.residue))
      problems.push(...drafted.problems)
      const member = { instance, baked: drafted.baked }
      const digest = recipeDigest(drafted.recipe)
      const known = images.get(digest)
      if (known) known.members.push(member)
      else {
        const members = [member]
        const { recipe, through } = drafted
        images.set(digest, { members, plan: { recipe, digest, base, members, through } })
      }
    } catch (error) {
      if (!(error instanceof KilnError)) throw error
      problems.push({ code: error.code, path: instance.path, message: error.message.replace(/\.$/, '') })
    }
  }
  problems.push(...baseProblems([...bases.values()], users))
  return {
    analysis,
    images: [...images.values()].map(({ plan }) => plan),
    bases: [...bases.values()],
    residue,
    left,
    problems,
  }
}

/**
 * The plan with the residue that the rewritten template will leave: what is in an image may have to stay where it is written. What
 * stands in the way of writing is among the problems.
 */
export function asWritten(plan: PrebuildPlan, options: { readonly keepMetadata: boolean }): PrebuildPlan {
  const choices = new Map<string, Choice>()
  for (const { recipe, digest, members } of plan.images)
    for (const { instance, baked } of members)
      choices.set(instance.path, { image: `${recipe.name}-${digest.slice(0, 12)}`, baked })
  if (plan.analysis.outcome !== 'build' || choices.size === 0) return plan
  try {
    const written = rewrite(plan.analysis, choices, { ...options, unchecked: true })
    const others = plan.residue.filter(({ path }) => !choices.has(path))
    const left = plan.left.filter(({ path }) => choices.has(path))
    return { ...plan, residue: [...explained(written.residue, left), ...others] }
  } catch (error) {
    if (!(error instanceof KilnError)) throw error
    const { code, message, hint } = error
    const problem: Problem = { code, path: '', message, ...(hint === undefined ? {} : { hint }) }
    return { ...plan, problems: [...plan.problems, problem] }
  }
}

/** A residue with our own reasons in place of general ones. */
export function explained(residue: readonly Residue[], ours: readonly Residue[]): Residue[] {
  const key = ({ path, what }: Residue) => `${path}\0${what}`
  const reasons = new Map(ours.map((entry) => [key(entry), entry]))
  const known = new Set(residue.map(key))
  return [
    ...residue.map((entry) => reasons.get(key(entry)) ?? entry),
    ...ours.filter((entry) => !known.has(key(entry))),
  ]
}

/** @throws KilnError that names everything at once which stops the build; returns when nothing does. */
export function demandBuildable(plan: PrebuildPlan, template: string): void {
  throwAll(problemsOf(plan), template)
}

/** Everything that stops the build: what is missing, the template's own faults, and ours. */
export function problemsOf({ analysis, problems: ours }: PrebuildPlan): Omit<Problem, 'path'>[] {
  const problems: Omit<Problem, 'path'>[] = []
  if (analysis.missing.length > 0)
    problems.push({
      code: 'KILN_PARAMETERS_MISSING',
      message: `the images depend on parameters that have no value: ${analysis.missing.join(', ')}`,
      hint: howToGive(analysis.missing),
    })
  problems.push(...analysis.reasons.map(({ code, message }) => ({ code: code as `KILN_${string}`, message })))
  if (analysis.outcome === 'fail' && problems.length === 0)
    throw new Error('an analysis failed without a reason')
  return [...problems, ...ours]
}

/** Names are the template's: only those are shown in a command line that mean nothing to a shell. */
function howToGive(names: readonly string[]): string {
  if (!names.every((name) => /^[\w.:-]+$/.test(name))) return 'Give them in a file with -e.'
  return `Give them, as in --parameters "${names.map((name) => `${name}=…`).join(';')}", or in a file with -e.`
}

/** One problem as an error of its own, several as one error that lists them. */
export function throwAll(
  problems: readonly Omit<Problem, 'path'>[],
  template: string,
  fault: 'input' | 'work' = 'input',
): void {
  // Names in a message may hold line breaks, which would look like reasons of their own.
  const told =
    fault === 'work' ? problems : problems.map((one) => ({ ...one, message: oneLine(one.message) }))
  const distinct = told.filter((one, n) => told.findIndex((other) => other.message === one.message) === n)
  const hints = [...new Set(distinct.map((problem) => problem.hint).filter((hint) => hint !== undefined))]
  const hint = hints.length > 0 ? hints.join('\n') : undefined
  const [first] = distinct
  if (!first) return
  const sentence = (text: string) => `${withoutStop(text)}.`
  if (distinct.length === 1) {
    throw new KilnError(first.code, sentence(alone(first.message, template)), { fault, hint })
  }
  const lines = distinct.map((problem) => `- ${sentence(problem.message)}`)
  throw inputOrWork(
    fault,
    `${template} cannot be prebuilt, for ${distinct.length} reasons:\n${lines.join('\n')}`,
    hint,
    distinct,
  )
}

/** A message as a sentence of its own. One that starts with a name keeps that name as it is written. */
function alone(message: string, template: string): string {
  if (/^(the|what|there|its) /.test(message)) return `${message.slice(0, 1).toUpperCase()}${message.slice(1)}`
  const says = [':', ',', ' '].some((next) => message.startsWith(`${basename(template)}${next}`))
  return says ? message : `${template}: ${message}`
}

function inputOrWork(
  fault: 'input' | 'work',
  message: string,
  hint: string | undefined,
  problems: readonly Omit<Problem, 'path'>[],
): KilnError {
  const data = { problems: problems.map(({ code, message }) => ({ code, message })) }
  return fault === 'input'
    ? inputError('KILN_PREBUILD_REFUSED', message, { hint, data })
    : new KilnError('KILN_PREBUILD_REFUSED', message, { hint, data })
}

function requestOf(
  instance: Instance,
  requests: ReadonlyMap<string, ImageRequest>,
): ImageRequest | undefined {
  return instance.request === undefined ? undefined : requests.get(instance.request)
}

function baseOf(instance: Instance, asked: ImageRequest | undefined, { bases, images }: PlanOptions) {
  if (!asked)
    return { base: resolveBase(instance.image, bases, images), request: {}, faults: [] as Problem[] }
  const { os, recipe, faults } = requestedRecipe(asked)
  return {
    base: resolveBase(os, bases, images),
    request: recipe,
    faults: faults.map(
      (message): Problem => ({ code: 'KILN_IMAGE_REQUEST_INVALID', path: asked.path, message }),
    ),
  }
}

function baseProblems(bases: readonly Base[], usersOf: ReadonlyMap<string, readonly string[]>): Problem[] {
  const wrong = bases.filter((base) => !isBuildable(base))
  // One hint with one block of lines, however many there are.
  const mappable = wrong.filter((base) => base.kind !== 'refused' || base.system).map((base) => base.image)
  return wrong.map((base) => {
    const users = usersOf.get(base.image) ?? []
    return {
      code: base.kind === 'unknown' ? 'KILN_BASE_UNKNOWN' : 'KILN_BASE_UNSUPPORTED',
      path: users[0] ?? base.image,
      message: `the base image ${base.image}${users.length > 0 ? ` of ${users.join(', ')}` : ''} ${base.why}`,
      ...(mappable.length > 0 ? { hint: mappingHint(mappable) } : {}),
    } satisfies Problem
  })
}
