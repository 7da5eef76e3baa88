import { realpath, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import type { BuildContext } from '../build/index.ts'
import type { AllowedSecret } from '../check/secrets/allow.ts'
import { clock } from '../core/clock.ts'
import { sha256 } from '../core/digest.ts'
import { inputError } from '../core/error.ts'
import { inTurn } from '../core/in-turn.ts'
import { replaceable } from '../core/replace.ts'
import { type Choice, type Residue, type Rewritten, rewrite } from '../heat/index.ts'
import type { Lock } from '../lock/lock.ts'
import type { Target } from '../publish/index.ts'
import { addRoot } from '../store/roots.ts'
import { lockText, type PrebuildLock, pendingLocks, readLocks } from './lockfile.ts'
import {
  check,
  inspect,
  type LockedPlan,
  lockAll,
  type MadeImage,
  make,
  publish,
  type SoundImage,
} from './make.ts'
import { companionNames, inputNames } from './named.ts'
import { demandWritable, writeFiles } from './output.ts'
import { demandBuildable, explained, type ImagePlan, type PrebuildPlan } from './plan.ts'
import { type PlanRequest, prepare } from './prepare.ts'
import type { ReadTemplate } from './request.ts'

/** What decides how a plan looks as a page, besides the plan. */
export interface PlanPageRequest extends PlanRequest {
  readonly html: string
  /** The new template, where it is named. */
  readonly output: string | undefined
  readonly keepMetadata: boolean
  readonly update: boolean
}

export interface PrebuildRequest extends PlanRequest {
  /** The new template, as given. */
  readonly output: string
  readonly targets: readonly Target[]
  /** Change nothing but image references. */
  readonly keepMetadata: boolean
  /** Lock anew. */
  readonly update: boolean
  /** Boot every image before it is published. */
  readonly check: boolean
  /** What looks like a secret and is meant to be in the images. */
  readonly allowSecrets?: readonly AllowedSecret[] | undefined
}

export interface PrebuildResult {
  readonly images: readonly MadeImage[]
  readonly residue: readonly Residue[]
  readonly output: string
  /** Files of the output that changed on disk, the output among them; empty when all was as before. */
  readonly written: readonly string[]
  /** Files that the new template names by relative paths and that do not lie beside it. */
  readonly absent: readonly string[]
  /** Environments whose registry had to change: as they were given, and the copy that goes with the new template. */
  readonly environments: readonly { readonly given: string; readonly instead: string }[]
  readonly plan: PrebuildPlan
  readonly seconds: number
}

/** Like {@link planPrebuild}, and writes the plan as a page. What only shows when it is written is among its problems. */
export async function planPage(request: PlanPageRequest, context: BuildContext): Promise<PrebuildPlan> {
  const { template, plan } = await prepare(request)
  const { pageFile, pageOfPlan } = await import('./page/index.ts')
  const file = await pageFile(request.html, request, template)
  const paged = await pageOfPlan(request, template, plan, context, {
    write: (name) => write(request, template, plan, name),
    place: async (rewritten) => {
      if (request.output === undefined) return undefined
      const output = await outputOf({ ...request, output: request.output })
      if (rewritten) outputs(rewritten, template, output)
      return output
    },
  })
  await writeFiles(new Map([[file, paged.text]]), await modeOf(request))
  return paged.plan
}

/**
 * Builds the images that a template's instances need, publishes them, and writes the template that names them.
 * All or nothing: on any failure there is no new template; finished images stay in the store and are reused.
 * @throws KilnError: input errors name all that is missing at once.
 */
export async function prebuild(request: PrebuildRequest, context: BuildContext): Promise<PrebuildResult> {
  const start = clock.monotonic()
  const { template, plan } = await prepare(request)
  const output = await outputOf(request)
  await demandApart(request, template, output)
  const lockPath = `${output}.kiln.lock`
  await replaceable(lockPath, `${request.output}.kiln.lock`)
  const page = request.html === undefined ? undefined : await import('./page/index.ts')
  const pagePath = await page?.pageFile(request.html!, request, template)
  demandBuildable(plan, request.template)
  for (const target of request.targets) await target.ready()
  // Before the first image: a template that cannot be rewritten must not cost a build.
  const unbuilt = write(request, template, plan, (image) => `${image.recipe.name}-unbuilt`)
  await demandWritable([...outputs(unbuilt, template, output).keys(), lockPath, output])

  const pending = pendingLocks(join(context.config.store, 'cache', 'prebuild'), output)
  const kept = request.update ? new Map<string, Lock>() : await readLocks(lockPath)
  const begun = request.update ? new Map<string, Lock>() : await pending.read()
  const locked = await lockAll(plan.images, new Map([...begun, ...kept]), request.template, context)
  if (locked.some(({ lock }) => kept.get(lock.recipe) !== lock))
    await pending.write(locked.map(({ lock }) => lock))

  const images = await makeAll(locked, request, context)
  const names = new Map(images.map((image) => [image.plan, image.name]))
  const rewritten = write(request, template, plan, (image) => names.get(image)!)
  const residue = explained(rewritten.residue, plan.left)
  const files = outputs(rewritten, template, output)
  if (page && pagePath !== undefined)
    page.putPage(files, pagePath, page.pageOfBuild(template, plan, images, rewritten, residue))
  files.set(lockPath, lockText(lockContent(request, template, images)))
  // Last: while it is not there, nothing was done.
  files.set(output, rewritten.text)
  const written = await writeFiles(files, await modeOf(request))
  // What the lock names stays in the store as long as the lock is there.
  await addRoot(context.config.store, lockPath)
  await pending.remove()
  return {
    images,
    residue,
    output: request.output,
    written,
    absent: await absentBeside(template, rewritten, output),
    environments: copiedEnvironments(request, template, rewritten, output),
    plan,
    seconds: (clock.monotonic() - start) / 1000,
  }
}

/** The template's mode: what few may read must not become public because it was copied. */
async function modeOf(request: PlanRequest): Promise<number> {
  return (await stat(resolve(request.cwd, request.template))).mode & 0o666
}

/** Builds at once. Most of a build is one program after another, so two keep two cores busy. */
const AT_ONCE = Math.min(2, availableParallelism())

async function makeAll(
  locked: readonly LockedPlan[],
  request: PrebuildRequest,
  context: BuildContext,
): Promise<MadeImage[]> {
  const built = await inTurn(locked, AT_ONCE, context.signal, (one, signal) =>
    make(one, request.template, { ...context, signal }),
  )
  // Before they are booted: it costs less. A boot check starts a guest for each firmware, so one image after another is enough.
  const sound: SoundImage[] = []
  for (const image of await inspect(built, request.allowSecrets ?? [], context))
    sound.push(request.check ? await check(image, context) : image)
  // Targets see the images of a template together, or none of them.
  const images: MadeImage[] = []
  for (const image of sound) images.push(await publish(image, request.targets, context))
  return images
}

function write(
  request: Pick<PrebuildRequest, 'keepMetadata'>,
  template: ReadTemplate,
  plan: PrebuildPlan,
  name: (image: ImagePlan) => string,
): Rewritten {
  const choices = new Map<string, Choice>()
  for (const image of plan.images)
    for (const { instance, baked } of image.members) choices.set(instance.path, { image: name(image), baked })
  return rewrite(template.analysis, choices, { keepMetadata: request.keepMetadata })
}

/** Copies of nested templates by their path beside the output. Their names come from their content: none replaces a file. */
function outputs(rewritten: Rewritten, template: ReadTemplate, output: string): Map<string, string> {
  const files = new Map<string, string>()
  // Beside the template, its files may lie anywhere below the root; elsewhere, nothing above the output is ours.
  const home =
    dirname(output) === dirname(join(template.root, template.name)) ? template.root : dirname(output)
  for (const [name, text] of rewritten.files) {
    if (name === template.name) continue
    const path = beside(name, template, output)
    if (!path.startsWith(`${home}${sep}`))
      throw inputError(
        'KILN_OUTPUT_FOLDER',
        `The nested template ${name} would have to be written to ${path}, outside of the new template's folder.`,
        { hint: `Write the new template beside ${template.name}.` },
      )
    files.set(path, text)
  }
  return files
}

/** Where a file of the template's root belongs when the template lies at `output`. */
function beside(name: string, template: ReadTemplate, output: string): string {
  return join(dirname(output), relative(dirname(template.name), name))
}

/** What to give with -e instead. */
function copiedEnvironments(
  request: PrebuildRequest,
  template: ReadTemplate,
  rewritten: Rewritten,
  output: string,
): PrebuildResult['environments'] {
  const names = template.analysis.source.options.environments ?? []
  return names.flatMap((name, i) => {
    const copy = rewritten.environments.get(name)
    const given = request.environments[i]
    if (copy === undefined || given === undefined) return []
    return [{ given, instead: relative(request.cwd, beside(copy, template, output)) }]
  })
}

async function absentBeside(template: ReadTemplate, rewritten: Rewritten, output: string): Promise<string[]> {
  const needed = companionNames(template).filter((name) => !rewritten.files.has(name))
  const absent: string[] = []
  for (const name of needed) {
    const there = await stat(beside(name, template, output)).catch(() => undefined)
    if (!there) absent.push(name)
  }
  return absent
}

function lockContent(
  request: PrebuildRequest,
  template: ReadTemplate,
  images: readonly MadeImage[],
): PrebuildLock {
  const environments = template.analysis.source.options.environments ?? []
  const others = [...template.read].filter(([name]) => name !== template.name && !environments.includes(name))
  return {
    version: 1,
    template: { name: request.template, digest: sha256(template.read.get(template.name) ?? '') },
    files: Object.fromEntries(others.map(([name, bytes]) => [name, sha256(bytes)])),
    environments,
    images: images.map(({ name, version, resolvedFrom, plan, lock }) => ({
      name,
      digest: version.digest,
      key: version.key,
      resolvedFrom,
      recipeDigest: plan.digest,
      recipe: plan.recipe,
      lock,
    })),
  }
}

/** The new template must not take the place of a file that the old one needs. */
async function demandApart(request: PrebuildRequest, template: ReadTemplate, output: string): Promise<void> {
  const given = [request.bases, request.packageMap].filter((name) => name !== undefined)
  const inputs = [
    ...[...inputNames(template)].map((name) => ({
      name,
      path: join(template.root, name),
    })),
    ...given.map((name) => ({ name, path: resolve(request.cwd, name) })),
  ]
  for (const { name, path } of inputs)
    if ((await realpath(path).catch(() => path)) === output)
      throw inputError(
        'KILN_OUTPUT_IS_INPUT',
        `${request.output} is ${name}, which ${request.template} needs.`,
        {
          hint: 'Give another name: the originals stay as they are.',
        },
      )
}

/** Where the new template is written: at `OUT`, or in the file that it links to. */
async function outputOf(request: Pick<PrebuildRequest, 'output' | 'cwd' | 'template'>): Promise<string> {
  if (request.output === '') throw inputError('KILN_OUTPUT_FOLDER', 'The name of the new template is empty.')
  if (request.output.endsWith('/'))
    throw inputError(
      'KILN_OUTPUT_NOT_FILE',
      `${request.output} is the name of a folder, and a file is to be written.`,
    )
  const path = resolve(request.cwd, request.output)
  const noFolder = (name: string) =>
    inputError('KILN_OUTPUT_FOLDER', `There is no folder ${name} for the new template.`)
  if (!(await isFolder(dirname(path)))) throw noFolder(dirname(request.output))
  const output = await replaceable(path, request.output)
  // A link may lead elsewhere.
  if (!(await isFolder(dirname(output)))) throw noFolder(dirname(output))
  const input = await realpath(resolve(request.cwd, request.template))
  // The same file under another name of its folder, too.
  if (join(await realpath(dirname(output)), basename(output)) === input)
    throw inputError('KILN_OUTPUT_IS_INPUT', `${request.output} is the template itself.`, {
      hint: 'Give another name: the original stays as it is.',
    })
  return output
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isDirectory() === true
}
