import { bytesOfName } from '../../../core/names.ts'
import type { TreeEntry, TreePath, TreeReader } from '../../tree.ts'
import type { Chains } from './chain.ts'
import { entriesIn, type FatEntry } from './folder.ts'

/** Longer paths, and folders with more bytes than the specification allows, are taken for damage. */
const LONGEST_PATH = 32_768
const LARGEST_FOLDER = 65536 * 32
const NONE: ReadonlyMap<string, Buffer> = new Map()

interface Folder {
  readonly path: TreePath
  /** 0 is the root folder. */
  readonly cluster: number
}

interface Found {
  readonly entry: TreeEntry
  readonly own: FatEntry
}

/** What a FAT file system holds, with owners and permissions as Linux gives them when it mounts one. */
export class FatTree implements TreeReader {
  readonly #chains: Chains
  /** Where the content of what was given out begins. */
  readonly #known = new WeakMap<TreeEntry, FatEntry>()

  constructor(chains: Chains) {
    this.#chains = chains
  }

  /** The label that stands in the root folder. */
  async label(): Promise<string | undefined> {
    return entriesIn(await this.#bytes(0)).label
  }

  async *walk(): AsyncGenerator<TreeEntry> {
    yield this.#root()
    const { clusters, clusterBytes, root } = this.#chains.layout
    const seen = new Set<number>('offset' in root ? [0] : [0, root.cluster])
    // As many as there is room for: chains that share clusters would have more.
    let room = (clusters * clusterBytes + LARGEST_FOLDER) / 32
    const stack = [{ path: '', entries: (await this.#entries({ path: '', cluster: 0 })).values() }]
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const { done, value } = top.entries.next()
      if (done) {
        stack.pop()
        continue
      }
      if (--room < 0) throw this.#chains.damaged('there are more names than there is room for')
      yield value.entry
      const { folder, cluster } = value.own
      if (!folder) continue
      if (seen.has(cluster)) throw this.#chains.damaged(`two folders begin in cluster ${cluster}`)
      seen.add(cluster)
      if (value.entry.path.length > LONGEST_PATH) throw this.#chains.damaged('folders are nested too deeply')
      stack.push({
        path: value.entry.path,
        entries: (await this.#entries({ path: value.entry.path, cluster })).values(),
      })
    }
  }

  async find(path: TreePath): Promise<TreeEntry | undefined> {
    let found = this.#root()
    let folder: Folder | undefined = { path: '', cluster: 0 }
    for (const part of path === '' ? [] : path.split('/')) {
      if (!folder) return undefined
      const wanted = below(folder.path, part)
      const entries: readonly Found[] = await this.#entries(folder)
      const next = entries.find(({ entry }) => entry.path === wanted)
      if (!next) return undefined
      found = next.entry
      folder = next.own.folder ? { path: found.path, cluster: next.own.cluster } : undefined
    }
    return found
  }

  async *content(entry: TreeEntry, start = 0, length = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
    const { path } = entry
    const known = this.#known.has(entry) ? entry : await this.find(path)
    const own = known && this.#known.get(known)
    if (!own) throw this.#chains.damaged(`there is no file ${JSON.stringify(path)}`)
    if (own.folder) return
    const end = Math.min(own.size, start + length)
    let rest = Math.max(0, end - start)
    if (rest > 0 && own.cluster !== 0)
      for await (const piece of this.#chains.read(own.cluster, start, end)) {
        rest -= piece.length
        yield piece
      }
    if (rest > 0) throw this.#chains.damaged(`the file ${JSON.stringify(path)} ends before its size`)
  }

  #root(): TreeEntry {
    return {
      path: '',
      kind: 'folder',
      mode: 0o755,
      uid: 0,
      gid: 0,
      size: 0,
      mtime: 0n,
      inode: 1,
      names: 1,
      attributes: NONE,
    }
  }

  /** What is in a folder, by the order of bytes. */
  async #entries(folder: Folder): Promise<Found[]> {
    const { entries } = entriesIn(await this.#bytes(folder.cluster))
    const found = entries.map((own) => {
      const entry: TreeEntry = {
        path: below(folder.path, own.name),
        kind: own.folder ? 'folder' : 'file',
        mode: own.readOnly ? 0o555 : 0o755,
        uid: 0,
        gid: 0,
        size: own.folder ? 0 : own.size,
        mtime: own.mtime,
        // There are none: where its name stands is as good.
        inode: folder.cluster * 65536 + own.index + 2,
        names: 1,
        attributes: NONE,
      }
      this.#known.set(entry, own)
      return { entry, own, bytes: bytesOfName(own.name) }
    })
    return found.sort((a, b) => Buffer.compare(a.bytes, b.bytes))
  }

  async #bytes(cluster: number): Promise<Buffer> {
    const { root } = this.#chains.layout
    if (cluster === 0 && 'offset' in root) return this.#chains.at(root.offset, root.bytes)
    const first = cluster === 0 && !('offset' in root) ? root.cluster : cluster
    const pieces: Buffer[] = []
    let size = 0
    for await (const piece of this.#chains.read(first, 0, LARGEST_FOLDER + 1)) {
      pieces.push(piece)
      size += piece.length
    }
    if (size > LARGEST_FOLDER) throw this.#chains.damaged(`the folder in cluster ${cluster} has no end`)
    return Buffer.concat(pieces)
  }
}

function below(path: TreePath, name: string): TreePath {
  return path === '' ? name : `${path}/${name}`
}
