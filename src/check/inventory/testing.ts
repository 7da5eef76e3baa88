import { bytesOfName } from '../../core/names.ts'
import type { TreeEntry, TreeReader } from '../../disk/tree.ts'

/** One thing of a tree for tests: text or bytes are a file. */
export type Planted =
  | string
  | Buffer
  | { readonly link: string }
  | (Partial<Pick<TreeEntry, 'mode' | 'uid' | 'gid' | 'kind' | 'device'>> & {
      readonly content?: string | Buffer
      readonly attributes?: Readonly<Record<string, Buffer>>
    })

/** A file system in memory, by paths without a slash in front. Folders above them are there by themselves. */
export function treeInMemory(planted: Readonly<Record<string, Planted>>): TreeReader {
  const contents = new Map<string, Buffer>()
  const entries = new Map<string, TreeEntry>()
  const add = (path: string, given: Partial<TreeEntry>, content?: string | Buffer) => {
    if (content !== undefined) contents.set(path, Buffer.isBuffer(content) ? content : Buffer.from(content))
    entries.set(path, {
      path,
      kind: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: contents.get(path)?.length ?? 0,
      mtime: 0n,
      inode: entries.size + 2,
      names: 1,
      attributes: new Map(),
      ...given,
    })
  }
  for (const [path, what] of Object.entries({ '': { kind: 'folder' } as Planted, ...planted })) {
    const parts = path.split('/')
    for (let n = 0; n < parts.length; n++) {
      const above = parts.slice(0, n).join('/')
      if (!entries.has(above)) add(above, { kind: 'folder', mode: 0o755 })
    }
    if (typeof what === 'string' || Buffer.isBuffer(what)) add(path, {}, what)
    else if ('link' in what) add(path, { kind: 'link', mode: 0o777, target: what.link })
    else {
      const { content, attributes, ...rest } = what
      add(path, { ...rest, attributes: new Map(Object.entries(attributes ?? {})) }, content)
    }
  }
  const order = (path: string) => bytesOfName(path).toString('latin1').replaceAll('/', '\0')
  const sorted = [...entries.values()].sort((a, b) => (order(a.path) < order(b.path) ? -1 : 1))
  return {
    async *walk() {
      yield* sorted
    },
    find: async (path) => entries.get(path),
    async *content(entry, start = 0, length = Number.POSITIVE_INFINITY) {
      const bytes = contents.get(entry.path) ?? Buffer.alloc(0)
      const end = Math.min(bytes.length, start + length)
      for (let at = start; at < end; at += 1 << 20) yield bytes.subarray(at, Math.min(end, at + (1 << 20)))
    },
  }
}
