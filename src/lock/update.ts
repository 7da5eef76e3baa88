import { constants, copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { about, inputError, KilnError } from '../core/error.ts'
import { step } from '../core/events.ts'
import { nearest } from '../core/text.ts'
import type { Distribution } from '../distro/index.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { sizeOf } from '../store/store.ts'
import { type Entry, parseEntry } from '../tools/apt/entry.ts'
import type { PackageFile } from '../tools/apt/repository.ts'
import { fetchFile } from '../tools/fetch.ts'
import { grouped, heading, type Locked } from './debian.ts'
import { allPackages, type Lock } from './lock.ts'
import { needed } from './needed.ts'
import { type LockContext, lockedRepositories, type Offer, openOffer } from './offer.ts'
import { nameOf, pythonOf } from './python/of-recipe.ts'
import { isVersion } from './unknown.ts'

/**
 * The lock `old` with these packages, and those from indexes of Python, as the repositories offer them today, and what
 * these must bring along. All others stay as they are, also where the repositories no longer have them. `below` is the
 * status file of a system that the lock's packages come on top of.
 * @throws KilnError as `lockDebian`, `KILN_LOCK_LACKS` for a name that the lock does not hold, `KILN_PACKAGES_CONFLICT`
 *   when they cannot be changed without others.
 */
export async function updateDebian(
  recipe: Recipe,
  os: Distribution,
  old: Lock,
  { packages: names, python }: { readonly packages: readonly string[]; readonly python: readonly string[] },
  context: LockContext,
  below?: string,
): Promise<Locked> {
  const installed = allPackages(old)
  refuseStrangers(names, installed)
  return step(context.events, `lock ${recipe.name}`, `lock ${recipe.name}`, async (_step, report) => {
    await using offer = await openOffer(recipe, os, context)
    const gone = await learnAll(installed, names, offer, context)
    const unknown = new Set(
      (await offer.apt.entries(installed)).flatMap((text, n) => (text ? [] : [installed[n]!])),
    )
    const versions = new Map(recipe.packages.map(({ name, version }) => [name, version]))
    const wanted = names.map((name) => {
      const version = versions.get(name)
      return version === undefined ? name : `${name}=${version}`
    })
    const came = await offer.apt.resolve(wanted, {
      recommends: recipe.recommends,
      // What is to be another one anyway is as if it were not there, where nobody knows what it needs.
      installed: installed.filter((file) => !unknown.has(file)),
      ...(below === undefined ? {} : { below }),
    })
    for (const { name, version } of came) {
      const wish = versions.get(name)
      if (wish !== undefined && !isVersion(version, wish))
        throw new KilnError(
          'KILN_PACKAGES_CONFLICT',
          `${names.join(', ')} cannot be updated: ${name} would become ${version}, and the recipe wants ${wish}.`,
          { fault: 'input', hint: 'Change the version in the recipe, or leave the package as it is.' },
        )
    }
    await offer.apt.keep()
    const next = await merged(recipe, os, old, came, offer)
    const update = { old: old.python, names: new Set(python.map(nameOf)) }
    const ofPython = await pythonOf(recipe, allPackages(next.parts), next.entry, offer, context, update)
    report('done', `${came.length} packages of ${os.title} changed`)
    const kept = new Set(allPackages(next.parts).map(({ sha256 }) => sha256))
    const older = gone.some((file) => kept.has(file.sha256)) ? old.repositories : []
    return {
      entry: next.entry,
      lock: {
        ...(await heading(recipe, os, offer, context)),
        repositories: await lockedRepositories(offer, older),
        ...next.parts,
        ...ofPython,
      },
    }
  })
}

/** @throws KilnError `KILN_LOCK_LACKS`. */
function refuseStrangers(names: readonly string[], installed: readonly PackageFile[]): void {
  const known = new Set(installed.map(({ name }) => name))
  const strangers = names.filter((name) => !known.has(name))
  if (strangers.length === 0) return
  const like = strangers.map((name) => {
    const near = nearest(name, [...known])
    return `${name}: ${near.length > 0 ? `did you mean ${near.join(', ')}?` : 'nothing has a similar name.'}`
  })
  throw inputError('KILN_LOCK_LACKS', `The lock has no package ${strangers.join(', ')} to update.`, {
    hint: `${like.join('\n')}\nWhat an image shall have is said in its recipe.`,
    data: { packages: strangers },
  })
}

/**
 * Lets apt know the entry of every installed package: from the indexes, else from the package itself, of which those
 * that are changing need not be had any more.
 * @returns those that the indexes do not have.
 */
async function learnAll(
  installed: readonly PackageFile[],
  changing: readonly string[],
  { apt, sandbox, folder, at }: Offer,
  { store, fetching, signal }: LockContext,
): Promise<PackageFile[]> {
  const entries = await apt.entries(installed)
  const gone = installed.filter((_, n) => entries[n] === '')
  if (gone.length === 0) return gone
  await mkdir(join(folder, 'gone'))
  const controls: string[] = []
  for (const file of gone) {
    const path = join(folder, 'gone', file.sha256)
    const object = store.objectPath(file.sha256)
    if ((await sizeOf(object)) === file.size) await copyFile(object, path, constants.COPYFILE_FICLONE)
    else if (changing.includes(file.name)) continue
    else
      await fetchFile(`${file.uri}/${file.path}`, path, file, { ...fetching, signal }).catch((error) => {
        throw about(
          `${file.name} ${file.version} shall stay as it is, and what it needs is not known, because it is neither in the store nor to be had: name it, too, or update everything`,
          error,
        )
      })
    const { stdout } = await sandbox.run(['dpkg-deb', '--field', `${at}/gone/${file.sha256}`])
    controls.push(stdout.trim())
  }
  apt.learn(controls)
  return gone
}

/** Old packages and those that came, without what nobody needs any more, each in the base or on top of it as before. */
async function merged(
  recipe: Recipe,
  os: Distribution,
  old: Lock,
  came: readonly PackageFile[],
  { apt }: Offer,
): Promise<{ entry: Locked['entry']; parts: Pick<Lock, 'base' | 'essential' | 'groups'> }> {
  const byName = new Map([...allPackages(old), ...came].map((file) => [file.name, file]))
  const files = [...byName.values()]
  const texts = await apt.entries(files)
  const entries = new Map(files.map((file, n) => [file.name, parseEntry(texts[n]!)]))
  const entry = (file: PackageFile): Entry | undefined => entries.get(file.name)
  const all = [...entries.values()]
  const { recommends } = recipe
  const roots = [...old.essential, ...os.basePackages, ...recipe.packages.map(({ name }) => name)]
  const stays = needed(all, roots, { recommends })
  // What nobody needed before was wished for in a way that we do not see: it stays.
  const before = new Set(allPackages(old).map(({ name }) => name))
  const oldEntries = new Map(
    (await apt.entries(allPackages(old))).map((text) => [parseEntry(text).name, parseEntry(text)]),
  )
  const neededBefore = needed([...oldEntries.values()], roots, { recommends })
  const left = files.filter(({ name }) => stays.has(name) || (before.has(name) && !neededBefore.has(name)))

  const oldBase = new Set(old.base.map(({ name }) => name))
  const inBase = needed(all, [...old.essential, ...os.basePackages], { recommends: false, prefer: oldBase })
  const isBase = ({ name }: PackageFile) => oldBase.has(name) || (!before.has(name) && inBase.has(name))
  const base = left.filter(isBase).sort((a, b) => (a.name < b.name ? -1 : 1))
  const rest = left.filter((file) => !isBase(file))
  return {
    entry,
    parts: {
      base,
      essential: old.essential,
      groups: grouped(
        recipe,
        base.map((file) => entry(file)!),
        rest,
        entry,
      ),
    },
  }
}
