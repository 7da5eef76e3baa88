import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inputError } from '../../core/error.ts'
import { linkOrCopy, sizeOf } from '../../store/store.ts'
import type { PackageFile } from '../../tools/apt/repository.ts'
import { fetchFile } from '../../tools/fetch.ts'
import { archOf, normalName, type PythonFile, placeOf } from '../../tools/python/file.ts'
import { pipIndexes } from '../../tools/python/indexes.ts'
import type { OfferedFile } from '../../tools/python/page.ts'
import { openRelay, type Relay } from '../../tools/python/relay.ts'
import { fetchInputs } from '../inputs.ts'
import type { LockContext } from '../offer.ts'
import { type GuestPython, HANDED, handed, openGuestPython } from './guest.ts'
import type { PythonRequest } from './python.ts'
import { type Chosen, readReport } from './report.ts'
import { refusePip } from './trouble.ts'
import { type PythonBuild, pythonFiles } from './types.ts'

/** What pip chose. */
export interface Choice {
  /** Indexes that were asked. */
  readonly indexes: readonly string[]
  /** By name, in the order of {@link files}. */
  readonly chosen: readonly Chosen[]
  readonly files: readonly PythonFile[]
  readonly builds: readonly PythonBuild[]
}

/** pip's words of every run: what is asked where, and that nothing of the guest or of a user has a say. */
const ALWAYS = [
  '--disable-pip-version-check',
  '--no-input',
  '--no-color',
  '--no-cache-dir',
  '--use-pep517',
  '--break-system-packages',
  '--root-user-action=ignore',
  '--progress-bar=off',
  '--retries=0',
  // Kiln's fetcher knows when to give up.
  '--timeout=3600',
]

/** Lets pip choose where the packages `seen` of the guest are unpacked. @throws KilnError as `lockPython`. */
export async function choose(
  seen: readonly PackageFile[],
  request: PythonRequest,
  context: LockContext,
): Promise<Choice> {
  const { image, wanted, packages, installer, keep } = request
  const { store, signal, events, fetching } = context
  const brought = [...seen, ...(installer ? [installer] : [])]
  await store.use(brought.map(({ sha256 }) => `objects/${sha256}` as const))
  await fetchInputs(brought, store, async () => fetching, events, signal)
  await using guest = await openGuestPython(seen, installer, context)
  const indexes = await indexesOf(guest, context)
  await using relay = await openRelay({
    sandbox: guest.sandbox,
    folder: guest.folder,
    at: HANDED,
    indexes,
    also: pythonFiles(keep?.old).map((file) => ({ project: file.name, file: offered(file) })),
    metadata: readsMetadata(installer ?? packages.find(({ name }) => name === 'python3-pip')),
    bring: async (file, to) => linkOrCopy((await bring(file, context)).path, to),
    fetching: { ...fetching, signal },
  })
  const ask = async (argv: readonly string[]) => {
    const result = await guest.dryRun([...ALWAYS, ...sources(relay), ...argv])
    relay.refuse()
    if (result.status !== 0) await refusePip(result, { image, indexes, relay, fetching })
    for (const [, warning] of result.stderr.matchAll(/^WARNING: (.*)$/gm))
      events.emit({ type: 'note', level: 'warning', message: `${image}: ${warning!.slice(0, 300)}` })
    return readReport(result.stdout, relay.fileAt)
  }
  const constraints = await constraintsOf(keep, guest)
  const chosen = await ask([...constraints, '--', ...wanted])
  const files = await Promise.all(chosen.map((one) => locked(one, context)))
  const builds: PythonBuild[] = []
  // One after the other: what is taken meanwhile is what the building of this one takes.
  for (const one of chosen.filter(({ file }) => archOf(file.file) === 'source'))
    builds.push({ name: one.name, files: await buildOf(one, ask, relay, context) })
  return { indexes, chosen, files, builds }
}

/** The indexes that are asked: what is configured, else what the guest's pip would ask. */
async function indexesOf(guest: GuestPython, { config }: LockContext): Promise<string[]> {
  const { addresses, byDefault, origin } = await pipIndexes(
    config.pip ?? { configured: '', environment: {}, files: [] },
  )
  const own = byDefault ? [await guest.defaultIndex()] : []
  const all = [...new Set([...own, ...addresses])]
  if (all.length === 0)
    throw inputError('KILN_PIP_INDEX_INVALID', `${origin} names no index that another machine could ask.`, {
      hint: 'Set KILN_PIP_INDEX to the address of a simple index, as https://HOST/simple/.',
    })
  return all
}

function sources({ addresses: [first, ...others] }: Relay): string[] {
  return [`--index-url=${first}`, ...others.map((address) => `--extra-index-url=${address}`)]
}

/** Versions that are to stay, in a file for pip. */
async function constraintsOf(keep: PythonRequest['keep'], { folder }: GuestPython): Promise<string[]> {
  const stay = (keep?.old.files ?? []).filter(({ name }) => !keep!.but.has(name))
  if (stay.length === 0) return []
  const lines = stay.map(({ name, version }) => `${name}==${version}\n`)
  await writeFile(join(folder, 'constraints.txt'), lines.join(''), { mode: 0o644 })
  return ['--constraint', handed('constraints.txt')]
}

/** What the building of a wheel takes besides its source: all that pip takes to see what the source needs. */
async function buildOf(
  { file }: Chosen,
  ask: (argv: readonly string[]) => Promise<Chosen[]>,
  relay: Relay,
  context: LockContext,
): Promise<PythonFile[]> {
  relay.taken()
  await ask(['--no-deps', '--ignore-installed', '--', relay.addressOf(file)])
  const taken = [...relay.taken()].filter((each) => each !== file)
  const all = await Promise.all(
    taken.map((each) => locked({ ...partsOf(each.file), requires: [], file: each }, context)),
  )
  return all.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))
}

/** Name and version as a file's name has them. */
function partsOf(file: string): { readonly name: string; readonly version: string } {
  const wheel = /^([^-]+)-([^-]+)-.*\.whl$/.exec(file)
  const source = /^(.+)-([^-]+?)\.(?:tar\.\w+|tgz|zip)$/.exec(file)
  const [, name = file, version = '0'] = wheel ?? source ?? []
  return { name: normalName(name), version }
}

async function locked({ name, version, file }: Chosen, context: LockContext): Promise<PythonFile> {
  const { sha256, size } =
    file.hashes.sha256 !== undefined && file.size !== undefined
      ? { sha256: file.hashes.sha256, size: file.size }
      : await bring(file, context)
  return { name, version, file: file.file, arch: archOf(file.file), ...placeOf(file.url), size, sha256 }
}

/** A file of a lock as an index would offer it. */
function offered(file: PythonFile): OfferedFile {
  const { uri, path, size, sha256 } = file
  return { file: file.file, url: `${uri}/${path}`, hashes: { sha256 }, size }
}

/** Files without a digest that were fetched already. */
const digests = new WeakMap<OfferedFile, string>()

/** Brings a file into the store, verified by what its index says of it. */
async function bring(
  file: OfferedFile,
  { store, fetching, signal }: Pick<LockContext, 'store' | 'fetching' | 'signal'>,
): Promise<{ readonly path: string; readonly sha256: string; readonly size: number }> {
  const known = file.hashes.sha256 ?? digests.get(file)
  if (known !== undefined) {
    await store.use([`objects/${known}`])
    const size = await sizeOf(store.objectPath(known))
    if (size !== undefined && (file.size === undefined || size === file.size))
      return { path: store.objectPath(known), sha256: known, size }
  }
  await using work = await store.workFolder()
  const part = join(work.path, 'file')
  const expected = {
    ...(known === undefined ? {} : { sha256: known }),
    ...(file.size === undefined ? {} : { size: file.size }),
  }
  const { digest, size } = await fetchFile(file.url, part, expected, { ...fetching, signal })
  await store.adopt(part, digest, { durable: false })
  digests.set(file, digest)
  return { path: store.objectPath(digest), sha256: digest, size }
}

/** pip reads metadata beside a file since 23.2; one before falls over what an index says of them. */
function readsMetadata(pip: PackageFile | undefined): boolean {
  const [major = 0, minor = 0] = (pip?.version ?? '').split('.').map(Number)
  return major > 23 || (major === 23 && minor >= 2)
}
