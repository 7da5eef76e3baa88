import { readSmall, type TreeReader } from '../../disk/index.ts'
import type { FileChange, Lists, PackageChange } from './difference-types.ts'
import type { Side } from './files.ts'
import { isEmpty } from './lists.ts'

const INFO = 'var/lib/dpkg/info'
/** Where the package manager keeps its own records: they differ with any package. */
const RECORDS = /^\/var\/lib\/(dpkg|apt\/extended_states)(\/|$)/
/** No list of a package's files is larger. */
const LARGEST_LIST = 32 << 20

/** The same files, those that came with a package that changed itself marked with its name. */
export async function withOwners(
  files: Lists<FileChange>,
  packages: Lists<PackageChange>,
  from: Side,
  to: Side,
): Promise<Lists<FileChange>> {
  if (isEmpty(packages)) return files
  const owners = new Map<string, string>()
  const collect = async ({ tree, entries }: Side, changes: readonly PackageChange[]) => {
    const links = await mergedFolders(tree)
    for (const { name, arch } of changes)
      for (const list of [`${INFO}/${name}.list`, `${INFO}/${name}:${arch}.list`]) {
        if (!entries.has(list)) continue
        const text = (await readSmall(tree, list, LARGEST_LIST))?.toString('utf8') ?? ''
        for (const path of text.split('\n')) if (path) owners.set(real(path, links), name)
      }
  }
  await collect(from, [...packages.removed, ...packages.changed])
  await collect(to, [...packages.added, ...packages.changed])
  const marked = (change: FileChange): FileChange => {
    const owner = owners.get(change.path) ?? (RECORDS.test(change.path) ? 'dpkg’s records' : undefined)
    return owner === undefined ? change : { ...change, package: owner }
  }
  return {
    added: files.added.map(marked),
    removed: files.removed.map(marked),
    changed: files.changed.map(marked),
  }
}

/** Folders of the root that are links today, as lists of older packages name them: `/lib` is `/usr/lib`. */
async function mergedFolders(tree: TreeReader): Promise<ReadonlyMap<string, string>> {
  const links = new Map<string, string>()
  for (const name of ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']) {
    const entry = await tree.find(name)
    if (entry?.kind === 'link' && /^\/?usr\/[a-z0-9]+$/.test(entry.target ?? ''))
      links.set(name, entry.target!.replace(/^\//, ''))
  }
  return links
}

function real(path: string, links: ReadonlyMap<string, string>): string {
  const [, first, rest] = /^\/([^/]+)(\/.*)$/.exec(path) ?? []
  const link = first === undefined ? undefined : links.get(first)
  return link === undefined ? path : `/${link}${rest}`
}
