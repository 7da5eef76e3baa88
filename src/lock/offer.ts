import { join } from 'node:path'
import { clock } from '../core/clock.ts'
import type { Config } from '../core/config.ts'
import { canonicalJson, sha256 } from '../core/digest.ts'
import type { EventSink } from '../core/events.ts'
import type { Distribution } from '../distro/index.ts'
import type { Recipe } from '../recipe/recipe.ts'
import type { Store } from '../store/store.ts'
import { debianMirrors, type Mirrors } from '../tools/apt/mirrors.ts'
import { type Indexes, mirrorIndexes, type PackageFile, type Repository } from '../tools/apt/repository.ts'
import { type Apt, openApt } from '../tools/apt/resolve.ts'
import type { FetchOptions } from '../tools/fetch.ts'
import { openSandbox, type Sandbox } from '../tools/sandbox/sandbox.ts'
import type { ToolsTree } from '../tools/tree/tree.ts'
import type { Lock } from './lock.ts'

export interface LockContext {
  readonly config: Config
  readonly store: Store
  readonly tools: ToolsTree
  readonly events: EventSink
  readonly signal?: AbortSignal | undefined
  /** How indexes are fetched. */
  readonly fetching: FetchOptions
  /** Where relative paths of the recipe begin. */
  readonly folder: string
  /** Releases may have expired, those of the distribution, too. */
  readonly allowExpired?: boolean | undefined
}

/** What all repositories of a recipe offer today, verified and read by apt in a sandbox without network. */
export interface Offer extends AsyncDisposable {
  readonly apt: Apt
  readonly indexes: Indexes
  readonly mirrors: Mirrors
  readonly repositories: readonly Repository[]
  readonly sandbox: Sandbox
  /** Folder of ours, and where the sandbox sees it. */
  readonly folder: string
  readonly at: string
}

const AT = '/in/apt'

/** @throws KilnError `KILN_NO_MIRROR`, `KILN_REPOSITORY_MISSING`, `KILN_REPOSITORY_REFUSED`, fetch errors. */
export async function openOffer(recipe: Recipe, os: Distribution, context: LockContext): Promise<Offer> {
  const { config, store, tools, signal } = context
  const mirrors = await debianMirrors(config.mirrors.debian)
  const repositories: Repository[] = [
    ...os.repositories(mirrors),
    ...recipe.repositories.map(({ uri, suite, components, key, allow_expired }) => ({
      uri: uri.replace(/\/+$/, ''),
      suite,
      components,
      key,
      ...(allow_expired ? { allowExpired: true as const } : {}),
    })),
  ].map((repository) => (context.allowExpired ? { ...repository, allowExpired: true as const } : repository))
  await using undo = new AsyncDisposableStack()
  const work = undo.use(await store.workFolder())
  const indexes = await mirrorIndexes(repositories, os.arch, `${work.path}/indexes`, store.cache('indexes'), {
    ...context.fetching,
    signal,
  })
  const sandbox = undo.use(
    await openSandbox({
      tools: tools.path,
      binds: [{ source: work.path, target: AT, writable: true }],
      signal,
    }),
  )
  const apt = await openApt(
    {
      folder: work.path,
      path: AT,
      keyring: os.keyring,
      run: (argv, o) => sandbox.run(argv, o),
      // What has expired since must be refused, so it is asked again.
      kept:
        indexes.validUntil * 1000 > clock.now()
          ? join(store.cache('lists'), sha256(`${indexes.digest} ${os.keyring} ${tools.digest}`))
          : undefined,
    },
    { repositories, releases: indexes.releases, arch: os.arch },
  )
  const owned = undo.move()
  return {
    apt,
    indexes,
    mirrors,
    repositories,
    sandbox,
    folder: work.path,
    at: AT,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** What a lock says of the repositories; `old` are releases that packages of the lock still come from. */
export async function lockedRepositories(
  { apt, indexes, repositories }: Offer,
  old: Lock['repositories'] = [],
): Promise<Lock['repositories']> {
  const signers = await apt.signers()
  return repositories.map((repository, n) => {
    const newest = { ...indexes.releases[n]!, signers: signers[n]! }
    const before = old.find((each) => each.uri === repository.uri && each.suite === repository.suite)
    const older = (before?.releases ?? []).filter((release) => release.digest !== newest.digest)
    return { ...repository, releases: [newest, ...older] }
  })
}

interface LockedBase {
  readonly essential: readonly string[]
  readonly base: readonly PackageFile[]
  /** What the indexes say of each: reading it takes as long as choosing the packages. */
  readonly entries: readonly string[]
}

/** The base depends on nothing but the indexes: it is worked out once for each state of the repositories. */
export async function offeredBase(
  os: Distribution,
  { apt, indexes }: Offer,
  store: Store,
): Promise<LockedBase> {
  const key = sha256(
    canonicalJson({ indexes: indexes.digest, os: os.id, packages: os.basePackages, version: 3 }),
  )
  const known = await store.readRecord<LockedBase>('bases', key)
  if (known) {
    apt.learn(known.entries)
    return known
  }
  const essential = (await apt.resolve(['?essential'], { recommends: false })).map(({ name }) => name)
  const base = await apt.resolve(['?essential', ...os.basePackages], { recommends: false })
  const made: LockedBase = { essential, base, entries: await apt.entries(base) }
  await store.writeRecord('bases', key, made)
  return made
}
