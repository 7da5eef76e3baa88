import { inputError } from '../core/error.ts'
import { step } from '../core/events.ts'
import { type BaseImage, contentOf, type LookedInto, lookInto } from '../disk/index.ts'
import { composable, type Distribution, distribution } from '../distro/index.ts'
import { type Recipe, recipeDigest } from '../recipe/recipe.ts'
import { sizeOf } from '../store/store.ts'
import { type Entry, parseEntry } from '../tools/apt/entry.ts'
import { debianMirrors } from '../tools/apt/mirrors.ts'
import type { PackageFile } from '../tools/apt/repository.ts'
import { adoptImage, demandFile, imagePath } from './adopt.ts'
import { asked } from './asked.ts'
import { entriesOf, grouped, type Locked, wishes } from './debian.ts'
import { LOCK_VERSION, type Lock } from './lock.ts'
import { type LockContext, lockedRepositories, openOffer } from './offer.ts'
import { refuseUnknown } from './unknown.ts'
import { updateDebian } from './update.ts'

/**
 * Locks a recipe on an existing disk image: the image by its digest, and what its packages still lack for the wishes.
 * Repositories are those of its distribution, at the mirrors of this machine, and the recipe's; without wishes for
 * packages no network is needed.
 * @throws KilnError `KILN_BASE_MISSING`, `KILN_BASE_UNSUPPORTED`, those of reading a disk, and as `lockDebian`.
 */
export async function lockImage(recipe: Recipe, source: string, context: LockContext): Promise<Locked> {
  const path = imagePath(source, context.folder)
  // What cannot be built on is not copied first; then only the copy counts, for the file may have changed.
  await demandFile(path, source)
  systemOf(source, await lookInto(path, source))
  const adopted = await adoptImage(path, source, context)
  const copy = context.store.objectPath(adopted.sha256)
  const { release, status, arch, sources, written, programs: _, ...facts } = await lookInto(copy, source)
  const os = systemOf(source, { release, arch })
  sayStrangers(source, sources, os, context)
  const content = await contentOf(copy)
  const image: BaseImage = { source, ...adopted, ...facts, content }
  const installed = status
    .split(/\n\n+/)
    .filter((text) => /^Status: \S+ \S+ installed$/m.test(text))
    .map(parseEntry)
  const { archive, security } = await debianMirrors(context.config.mirrors.debian)
  const heading = {
    version: LOCK_VERSION,
    recipe: recipeDigest(recipe),
    asked: asked(recipe),
    os: os.id,
    arch: os.arch,
    mirrors: { archive, security },
    tools: context.tools.lock,
    image,
    base: [],
    essential: [],
  } as const satisfies Partial<Lock>
  const wanted = wishes(recipe)
  if (wanted.length === 0)
    return { entry: () => undefined, lock: { ...heading, epoch: written, repositories: [], groups: [] } }
  return step(context.events, `lock ${recipe.name}`, `lock ${recipe.name}`, async (_step, report) => {
    await using offer = await openOffer(recipe, os, context)
    const packages = await offer.apt
      .resolve(wanted, { recommends: recipe.recommends, below: status })
      .catch(async (error) => {
        await refuseUnknown(recipe, os, offer)
        throw error
      })
    await offer.apt.keep()
    const entry = await entriesOf(packages, offer)
    report('done', `${packages.length} packages for ${release.title}`)
    return {
      entry,
      lock: {
        ...heading,
        // Nothing in the image is newer, whatever the mirror says of its own age.
        epoch: Math.max(offer.indexes.date, written),
        repositories: await lockedRepositories(offer),
        groups: grouped(recipe, staying(installed, packages), packages, entry),
      },
    }
  })
}

/**
 * Pins some packages of a lock on a disk image anew; the image itself stays, whatever lies at its place by now.
 * @throws KilnError as `updateDebian`, `KILN_BASE_MISSING` when the store does not have the image.
 */
export async function updateImage(
  recipe: Recipe,
  old: Lock & { readonly image: BaseImage },
  packages: readonly string[],
  context: LockContext,
): Promise<Locked> {
  const { image } = old
  const copy = context.store.objectPath(image.sha256)
  await context.store.use([`objects/${image.sha256}`])
  if ((await sizeOf(copy)) !== image.size)
    throw inputError('KILN_BASE_MISSING', `The disk image ${image.source} of the lock is not in the store.`, {
      hint: 'kiln build RECIPE brings it there from its place; then ask again.',
    })
  const { release, status, arch, written } = await lookInto(copy, image.source)
  // Of the base nothing is locked: it is what it is.
  const os = { ...systemOf(image.source, { release, arch }), basePackages: [] }
  const { lock, entry } = await updateDebian(recipe, os, old, { packages, python: [] }, context, status)
  return { entry, lock: { ...lock, image, epoch: Math.max(lock.epoch, written) } }
}

/** What an upgrade takes the place of is not there for others. */
function staying(installed: readonly Entry[], packages: readonly PackageFile[]): Entry[] {
  const names = new Set(packages.map(({ name }) => name))
  return installed.filter(({ name }) => !names.has(name))
}

/** @throws KilnError `KILN_BASE_UNSUPPORTED`. */
function systemOf(source: string, { release, arch }: Pick<LookedInto, 'release' | 'arch'>): Distribution {
  const os = distribution(`${release.id}-${release.version}`)
  if (os && (arch === '' || arch === os.arch)) return os
  const what = `${release.title}${arch && arch !== 'amd64' ? ` for ${arch}` : ''}`
  throw inputError(
    'KILN_BASE_UNSUPPORTED',
    `The disk image ${source} holds ${what}, which Kiln cannot build on yet.`,
    { hint: `What it can build on: ${composable().join(', ')}, for amd64.` },
  )
}

/** Packages of other repositories are not found: that is said before somebody misses one. */
function sayStrangers(
  source: string,
  sources: ReadonlyMap<string, string>,
  os: Distribution,
  { events }: LockContext,
): void {
  const own = (text: string) =>
    [...text.matchAll(/^\s*(?:deb\s+(?:\[[^\]]*\]\s+)?\S+\s+(\S+)|Suites:\s*(.+))$/gm)].every(
      ([, one, many]) =>
        (one ?? many ?? '')
          .split(/\s+/)
          .filter(Boolean)
          .every((suite) => suite === os.suite || suite.startsWith(`${os.suite}-`)),
    )
  const strangers = [...sources].filter(([, text]) => !own(text)).map(([path]) => path)
  if (strangers.length > 0)
    events.emit({
      type: 'note',
      level: 'info',
      message: `${source} has package sources of its own (${strangers.join(', ')}); they are kept, and not asked: name repositories in the recipe to have packages from them.`,
    })
}
