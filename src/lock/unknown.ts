import { KilnError } from '../core/error.ts'
import { nearest } from '../core/text.ts'
import type { Distribution } from '../distro/index.ts'
import type { Recipe } from '../recipe/recipe.ts'
import type { Offer } from './offer.ts'

/**
 * Says what of a recipe's wishes is not there; apt's own words for that are less than what we can say.
 * @throws KilnError `KILN_PACKAGE_UNKNOWN`, with all that are unknown.
 */
export async function refuseUnknown(
  recipe: Recipe,
  os: Distribution,
  { apt, repositories }: Offer,
): Promise<void> {
  const unknown = await apt.unknown(recipe.packages.map(({ name }) => name))
  if (unknown.length > 0) {
    const known = await apt.names()
    const like = unknown.map((name) => {
      const near = nearest(name, known)
      return `${name}: ${near.length > 0 ? `did you mean ${near.join(', ')}?` : 'nothing has a similar name.'}`
    })
    const where = repositories.map((r) => `${r.uri} ${r.suite} ${r.components.join(' ')}`).join('; ')
    throw new KilnError(
      'KILN_PACKAGE_UNKNOWN',
      `${os.title} has no package ${unknown.join(', ')} (for the image ${recipe.name}).`,
      { fault: 'input', hint: `${like.join('\n')}\nLooked for in: ${where}`, data: { packages: unknown } },
    )
  }
  const withVersion = recipe.packages.filter((p) => p.version !== undefined)
  const versions = await apt.versions(withVersion.map(({ name }) => name))
  const absent = withVersion.filter(
    (p) => !(versions.get(p.name) ?? []).some((v) => isVersion(v, p.version!)),
  )
  if (absent.length > 0)
    throw new KilnError(
      'KILN_PACKAGE_UNKNOWN',
      `${os.title} has no ${absent.map((p) => `${p.name} in version ${p.version}`).join(', ')} (for the image ${recipe.name}).`,
      {
        fault: 'input',
        hint: absent
          .map((p) => `${p.name} is there as ${(versions.get(p.name) ?? []).join(', ')}`)
          .join('\n'),
      },
    )
}

/** apt's rule: the version itself, or its beginning before a closing `*`. */
export function isVersion(version: string, wanted: string): boolean {
  return wanted.endsWith('*') ? version.startsWith(wanted.slice(0, -1)) : version === wanted
}
