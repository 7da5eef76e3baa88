import { basename } from 'node:path'
import { Interrupted } from '../../core/error.ts'
import { openDisk } from '../../disk/index.ts'
import type { TreeEntry, TreeReader } from '../../disk/tree.ts'
import { systemTree } from '../inventory/system.ts'
import type { Changed, Comparison, FolderChange, NamedChange, PackageChange } from './difference-types.ts'
import { factsOf } from './facts.ts'
import { compareFiles, type Side } from './files.ts'
import { inspectSystem } from './inspect.ts'
import { isEmpty, lists } from './lists.ts'
import { withOwners } from './owners.ts'
import { Sizes } from './sizes.ts'
import type { ImageFacts, PartitionFacts, System } from './types.ts'

interface Opened extends Side, AsyncDisposable {
  readonly facts: ImageFacts
  readonly system: System
  readonly sizes: Sizes
}

export interface CompareOptions {
  /** Called now and then with bytes of files that were passed. */
  readonly onBytes?: (bytes: number) => void
  readonly signal?: AbortSignal | undefined
}

/**
 * What differs between the disk images in two files.
 * @throws KilnError (input) as `inspectImage` with a list of files. Interrupted.
 */
export async function compareImages(
  from: string,
  to: string,
  options: CompareOptions = {},
): Promise<Comparison> {
  await using old = await open(from, options)
  await using now = await open(to, options)
  const packages = lists<System['packages'][number], PackageChange>(
    old.system.packages,
    now.system.packages,
    {
      name: ({ name, arch }) => (arch === 'all' ? name : `${name}:${arch}`),
      text: ({ version }) => version,
      more: ({ name, arch }) => ({ name, arch }),
    },
  )
  const files = await withOwners(await compareFiles(old, now, options), packages, old, now)
  const parts = {
    facts: factChanges(old, now),
    packages,
    units: lists<System['units'][number], NamedChange>(old.system.units, now.system.units, {
      name: ({ name }) => name,
      text: ({ wantedBy, masked, listens = [] }) =>
        [masked ? 'masked' : `wanted by ${wantedBy.join(', ')}`, ...listens].join('; '),
    }),
    users: lists<System['users'][number], NamedChange>(old.system.users, now.system.users, {
      name: ({ name }) => name,
      text: ({ uid, gid, home, shell }) => `uid ${uid}, gid ${gid}, ${home}, ${shell}`,
    }),
    groups: lists<System['groups'][number], NamedChange>(old.system.groups, now.system.groups, {
      name: ({ name }) => name,
      text: ({ gid, members }) => [`gid ${gid}`, ...members].join(', '),
    }),
    kernels: lists<System['kernels'][number], NamedChange>(old.system.kernels, now.system.kernels, {
      name: ({ path }) => path,
      text: ({ version, sha256 }) => `${version} ${sha256.slice(0, 12)}`,
    }),
    files,
  }
  const { facts, ...others } = parts
  return {
    from: old.facts,
    to: now.facts,
    same: facts.length === 0 && Object.values(others).every(isEmpty),
    ...parts,
    bytes: { from: old.system.totals.bytes, to: now.system.totals.bytes },
    folders: folderChanges(old.sizes, now.sizes),
  }
}

async function open(path: string, { signal }: CompareOptions): Promise<Opened> {
  await using undo = new AsyncDisposableStack()
  const disk = undo.use(await openDisk(path))
  const { facts } = await factsOf(disk, basename(path))
  const tree = await systemTree(disk, basename(path))
  const entries = new Map<string, TreeEntry>()
  const sizes = new Sizes()
  const noted: TreeReader = {
    ...bound(tree),
    walk: async function* () {
      for await (const entry of tree.walk()) {
        if (signal?.aborted) throw new Interrupted()
        entries.set(entry.path, entry)
        sizes.add(entry)
        yield entry
      }
    },
  }
  const system = await inspectSystem(noted, { signal })
  const owned = undo.move()
  return { facts, tree, entries, system, sizes, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

function bound(tree: TreeReader): Pick<TreeReader, 'find' | 'content'> {
  return {
    find: (path) => tree.find(path),
    content: (entry, start, length) => tree.content(entry, start, length),
  }
}

/** What is one thing in each image. Names that end in `id` are what two images never share by chance. */
function factChanges(old: Opened, now: Opened): Changed<string>[] {
  const said = ({ facts, system }: Opened): Record<string, string> => ({
    system: system.os.PRETTY_NAME ?? system.os.ID ?? '',
    size: `${facts.size} bytes`,
    table: facts.table,
    'table id': facts.tableId ?? '',
    'boot code': facts.bios ?? '',
    'programs for UEFI': [...facts.uefi].sort().join(', '),
    'boot loaders': system.bootLoaders
      .map(({ name, firmware, version = '' }) => `${name} for ${firmware} ${version}`.trim())
      .join(', '),
    ...Object.assign({}, ...facts.partitions.map(partitionFacts)),
  })
  const [before, after] = [said(old), said(now)]
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => (before[name] ?? '') !== (after[name] ?? ''))
    .map((name) => ({ name, from: before[name], to: after[name] }))
}

function partitionFacts({
  number,
  kind,
  uuid,
  offset,
  bytes,
  fileSystem,
}: PartitionFacts): Record<string, string> {
  const place = number === 0 ? '' : `partition ${number} `
  const { kind: content, label, uuid: own, features } = fileSystem
  return {
    ...(number === 0
      ? {}
      : { [place.trim()]: `${kind}, ${bytes} bytes at ${offset}`, [`${place}id`]: uuid ?? '' }),
    [`${place}file system`]: label === undefined ? content : `${content} ${label}`,
    [`${place}file system id`]: own ?? '',
    [`${place}features`]: features?.join(' ') ?? '',
  }
}

function folderChanges(old: Sizes, now: Sizes): FolderChange[] {
  const said = (sizes: Sizes) =>
    new Map(sizes.folders(Number.POSITIVE_INFINITY).map(({ path, bytes }) => [path, bytes]))
  const [before, after] = [said(old), said(now)]
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((path) => ({ path, from: before.get(path) ?? 0, to: after.get(path) ?? 0 }))
    .filter(({ from, to }) => from !== to)
    .sort((a, b) => Math.abs(b.to - b.from) - Math.abs(a.to - a.from) || (a.path < b.path ? -1 : 1))
}
