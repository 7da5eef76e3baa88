import { step } from '../core/events.ts'
import type { Distribution } from '../distro/index.ts'
import { type Recipe, recipeDigest } from '../recipe/recipe.ts'
import { type Entry, parseEntry } from '../tools/apt/entry.ts'
import type { PackageFile } from '../tools/apt/repository.ts'
import { asked } from './asked.ts'
import { group } from './groups.ts'
import { LOCK_VERSION, type Lock } from './lock.ts'
import { type LockContext, lockedRepositories, type Offer, offeredBase, openOffer } from './offer.ts'
import { pythonOf } from './python/of-recipe.ts'
import { refuseUnknown } from './unknown.ts'

/** A lock with what the indexes say of the packages in it. */
export interface Locked {
  readonly lock: Lock
  readonly entry: (file: PackageFile) => Entry | undefined
}

/**
 * Locks a recipe on a Debian base: indexes fetched, verified and read by the tools tree's apt, without network in
 * its sandbox.
 * @throws KilnError `KILN_PACKAGE_UNKNOWN` (all unknown names at once), `KILN_PACKAGES_CONFLICT`, `KILN_NO_MIRROR`,
 *   `KILN_REPOSITORY_MISSING`, `KILN_REPOSITORY_REFUSED`, fetch errors.
 */
export async function lockDebian(recipe: Recipe, os: Distribution, context: LockContext): Promise<Locked> {
  return step(context.events, `lock ${recipe.name}`, `lock ${recipe.name}`, async (_step, report) => {
    await using offer = await openOffer(recipe, os, context)
    const { apt } = offer
    const wanted = wishes(recipe)
    const { essential, base } = await offeredBase(os, offer, context.store)
    const packages =
      wanted.length === 0
        ? []
        : await apt
            .resolve(wanted, { recommends: recipe.recommends, installed: base })
            .catch(async (error) => {
              await refuseUnknown(recipe, os, offer)
              throw error
            })
    await apt.keep()
    const entry = await entriesOf([...base, ...packages], offer)
    const python = await pythonOf(recipe, [...base, ...packages], entry, offer, context)
    report('done', `${base.length + packages.length} packages of ${os.title}`)
    return {
      entry,
      lock: {
        ...(await heading(recipe, os, offer, context)),
        repositories: await lockedRepositories(offer),
        base,
        essential,
        groups: grouped(
          recipe,
          base.map((file) => entry(file)!),
          packages,
          entry,
        ),
        ...python,
      },
    }
  })
}

/** What apt is asked for. */
export function wishes(recipe: Recipe): string[] {
  return recipe.packages.map((p) => (p.version === undefined ? p.name : `${p.name}=${p.version}`))
}

/** What a lock says besides packages and repositories. */
export async function heading(recipe: Recipe, os: Distribution, offer: Offer, { tools }: LockContext) {
  const { archive, security } = offer.mirrors
  return {
    version: LOCK_VERSION,
    recipe: recipeDigest(recipe),
    asked: asked(recipe),
    os: os.id,
    arch: os.arch,
    epoch: offer.indexes.date,
    mirrors: { archive, security },
    tools: tools.lock,
  } as const
}

export async function entriesOf(files: readonly PackageFile[], { apt }: Offer): Promise<Locked['entry']> {
  const texts = await apt.entries(files)
  const entries = new Map(files.map((file, n) => [`${file.name} ${file.version}`, parseEntry(texts[n]!)]))
  return (file) => entries.get(`${file.name} ${file.version}`)
}

export function grouped(
  recipe: Recipe,
  base: readonly Entry[],
  packages: readonly PackageFile[],
  entry: Locked['entry'],
): Lock['groups'] {
  return group(
    base,
    packages,
    (file) => entry(file)!,
    recipe.packages.map(({ name }) => name),
    recipe.recommends,
  )
}
