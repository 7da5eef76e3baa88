import { join } from 'node:path'
import { clock } from '../core/clock.ts'
import type { Config } from '../core/config.ts'
import { canonicalJson, sha256 } from '../core/digest.ts'
import { KilnError } from '../core/error.ts'
import { type EventSink, step } from '../core/events.ts'
import { nearest } from '../core/text.ts'
import type { Distribution } from '../distro/index.ts'
import { type Recipe, recipeDigest } from '../recipe/recipe.ts'
import type { Store } from '../store/store.ts'
import { parseEntry } from '../tools/apt/entry.ts'
import { debianMirrors } from '../tools/apt/mirrors.ts'
import { type Indexes, mirrorIndexes, type PackageFile, type Repository } from '../tools/apt/repository.ts'
import { type Apt, openApt } from '../tools/apt/resolve.ts'
import { openSandbox } from '../tools/sandbox/sandbox.ts'
import type { ToolsTree } from '../tools/tree/tree.ts'
import { group } from './groups.ts'
import { LOCK_VERSION, type Lock } from './lock.ts'

export interface LockContext {
  readonly config: Config
  readonly store: Store
  readonly tools: ToolsTree
  readonly events: EventSink
  readonly signal?: AbortSignal | undefined
}

/**
 * Locks a recipe on a Debian base: indexes fetched, verified and read by the tools tree's apt, without network in
 * its sandbox.
 * @throws KilnError `KILN_PACKAGE_UNKNOWN` (all unknown names at once), `KILN_PACKAGES_CONFLICT`, `KILN_NO_MIRROR`,
 *   `KILN_REPOSITORY_MISSING`, `KILN_REPOSITORY_REFUSED`, fetch errors.
 */
export async function lockDebian(recipe: Recipe, os: Distribution, context: LockContext): Promise<Lock> {
  return step(context.events, `lock ${recipe.name}`, `lock ${recipe.name}`, async (_step, report) => {
    const mirrors = await debianMirrors(context.config.mirrors.debian)
    const repositories: Repository[] = [
      ...os.repositories(mirrors),
      ...recipe.repositories.map(({ uri, suite, components, key }) => ({
        uri: uri.replace(/\/+$/, ''),
        suite,
        components,
        key,
      })),
    ]
    await using work = await context.store.workFolder()
    const indexes = await mirrorIndexes(
      repositories,
      os.arch,
      `${work.path}/indexes`,
      context.store.cache('indexes'),
      { signal: context.signal },
    )
    await using sandbox = await openSandbox({
      tools: context.tools.path,
      binds: [{ source: work.path, target: '/in/apt', writable: true }],
      signal: context.signal,
    })
    const apt = await openApt(
      {
        folder: work.path,
        path: '/in/apt',
        keyring: os.keyring,
        run: (argv, o) => sandbox.run(argv, o),
        // What has expired since must be refused, so it is asked again.
        kept:
          indexes.validUntil * 1000 > clock.now()
            ? join(
                context.store.cache('lists'),
                sha256(`${indexes.digest} ${os.keyring} ${context.tools.digest}`),
              )
            : undefined,
      },
      { repositories, arch: os.arch },
    )
    const wanted = recipe.packages.map((p) => (p.version === undefined ? p.name : `${p.name}=${p.version}`))
    const { essential, base } = await lockBase(os, apt, indexes, context)
    const packages =
      wanted.length === 0
        ? []
        : await apt
            .resolve(wanted, { recommends: recipe.recommends, installed: base })
            .catch(async (error) => {
              // apt's own words for a name that is not there are less than what we can say.
              await refuseUnknown(recipe, os, apt, repositories)
              throw error
            })
    await apt.keep()
    const files = [...base, ...packages]
    const entries = new Map((await apt.entries(files)).map((text, n) => [files[n]!, parseEntry(text)]))
    const groups = group(
      base,
      packages,
      (file) => entries.get(file)!,
      names(recipe.packages),
      recipe.recommends,
    )
    report('done', `${base.length + packages.length} packages of ${os.title}`)
    return {
      version: LOCK_VERSION,
      recipe: recipeDigest(recipe),
      os: os.id,
      arch: os.arch,
      epoch: indexes.date,
      repositories,
      mirrors: { archive: mirrors.archive, security: mirrors.security },
      base,
      essential,
      groups,
    }
  })
}

interface LockedBase {
  readonly essential: readonly string[]
  readonly base: readonly PackageFile[]
  /** What the indexes say of each: reading it takes as long as choosing the packages. */
  readonly entries: readonly string[]
}

/** The base depends on nothing but the indexes: it is worked out once for each state of the repositories. */
async function lockBase(
  os: Distribution,
  apt: Apt,
  indexes: Indexes,
  { store }: LockContext,
): Promise<LockedBase> {
  const key = sha256(
    canonicalJson({ indexes: indexes.digest, os: os.id, packages: os.basePackages, version: 2 }),
  )
  const known = await store.readRecord<LockedBase>('bases', key)
  if (known) {
    apt.learn(known.entries)
    return known
  }
  const essential = names(await apt.resolve(['?essential'], { recommends: false }))
  const base = await apt.resolve(['?essential', ...os.basePackages], { recommends: false })
  const made: LockedBase = { essential, base, entries: await apt.entries(base) }
  await store.writeRecord('bases', key, made)
  return made
}

async function refuseUnknown(
  recipe: Recipe,
  os: Distribution,
  apt: Apt,
  repositories: readonly Repository[],
): Promise<void> {
  const unknown = await apt.unknown(names(recipe.packages))
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
  const versions = await apt.versions(names(withVersion))
  const absent = withVersion.filter((p) => !(versions.get(p.name) ?? []).some((v) => fits(v, p.version!)))
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
function fits(version: string, wanted: string): boolean {
  return wanted.endsWith('*') ? version.startsWith(wanted.slice(0, -1)) : version === wanted
}

function names(packages: readonly Pick<PackageFile, 'name'>[]): string[] {
  return packages.map((p) => p.name)
}
