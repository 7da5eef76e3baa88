import { nameOfBytes } from '../../../core/names.ts'
import type { TreeEntry, TreePath, TreeReader } from '../../tree.ts'
import { fileSystemUnsupported } from '../errors.ts'
import { Recent } from '../recent.ts'
import { attributesOf } from './attributes.ts'
import { data, inlineData, wholeData } from './data.ts'
import { type Name, namesIn } from './folder.ts'
import { deviceOf, type Inode, ROOT_INODE } from './inode.ts'
import { hasExtents } from './runs.ts'
import type { Volume } from './volume.ts'

/** Longer paths are taken for damage: Linux opens none of more than 4096 bytes at once. */
const LONGEST_PATH = 32_768
const LONGEST_TARGET = 4096
/** Names that are kept for looking up paths. */
const KEPT_NAMES = 50_000

/** What an ext file system holds. */
export class ExtTree implements TreeReader {
  readonly #volume: Volume
  readonly #where: string
  readonly #folders = new Recent<number, ReadonlyMap<string, number>>(KEPT_NAMES)

  constructor(volume: Volume, where: string) {
    this.#volume = volume
    this.#where = where
  }

  async *walk(): AsyncGenerator<TreeEntry> {
    const root = await this.#folder(ROOT_INODE)
    yield await this.#entry('', root)
    const seen = new Seen(this.#volume)
    seen.add(root)
    const stack = [{ path: '', names: (await namesIn(this.#volume, root)).values() }]
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const { done, value: name } = top.names.next()
      if (done) {
        stack.pop()
        continue
      }
      const path = below(top.path, name)
      if (path.length > LONGEST_PATH)
        throw this.#volume.damaged(`folders are nested too deeply below /${path.slice(0, 80)}`)
      const inode = await this.#volume.inode(name.inode)
      seen.add(inode)
      yield await this.#entry(path, inode)
      if (inode.kind === 'folder') stack.push({ path, names: (await this.#names(inode)).values() })
    }
  }

  async find(path: TreePath): Promise<TreeEntry | undefined> {
    let inode = await this.#folder(ROOT_INODE)
    for (const part of path === '' ? [] : path.split('/')) {
      if (inode.kind !== 'folder') return undefined
      const number = (await this.#index(inode)).get(part)
      if (number === undefined) return undefined
      inode = await this.#volume.inode(number)
    }
    return this.#entry(path, inode)
  }

  async *content(entry: TreeEntry, start = 0, length = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
    const inode = await this.#volume.inode(entry.inode)
    if (inode.kind !== 'file') return
    this.#refuseEncrypted(inode)
    yield* data(this.#volume, inode, start, Math.min(inode.size, start + length))
  }

  async #folder(number: number): Promise<Inode> {
    const inode = await this.#volume.inode(number)
    if (inode.kind !== 'folder') throw this.#volume.damaged(`inode ${number} is no folder`)
    return inode
  }

  #names(folder: Inode): Promise<Name[]> {
    this.#refuseEncrypted(folder)
    return namesIn(this.#volume, folder)
  }

  async #index(folder: Inode): Promise<ReadonlyMap<string, number>> {
    const kept = this.#folders.get(folder.number)
    if (kept) return kept
    const names = await this.#names(folder)
    const index = new Map(names.map(({ bytes, inode }) => [nameOfBytes(bytes), inode]))
    this.#folders.set(folder.number, index, names.length)
    return index
  }

  async #entry(path: TreePath, inode: Inode): Promise<TreeEntry> {
    const { kind, mode, uid, gid, mtime, number, links } = inode
    return {
      path,
      kind,
      mode,
      uid,
      gid,
      size: kind === 'file' ? inode.size : 0,
      mtime,
      inode: number,
      names: links,
      ...(kind === 'link' ? { target: await this.#target(inode) } : {}),
      ...(kind === 'character' || kind === 'block' ? { device: deviceOf(inode.map) } : {}),
      attributes: await attributesOf(this.#volume, inode),
    }
  }

  /** Where a symbolic link points: in the inode where it is short, else in a block. */
  async #target(inode: Inode): Promise<string> {
    this.#refuseEncrypted(inode)
    if (inode.size > LONGEST_TARGET)
      throw this.#volume.damaged(`the link of inode ${inode.number} has a target of ${inode.size} bytes`)
    const short = inode.size < inode.map.length
    const fast = short && (inode.shape === 'indirect' || (inode.shape === 'extents' && !hasExtents(inode)))
    const bytes = fast
      ? inode.map.subarray(0, inode.size)
      : inode.shape === 'inline'
        ? inlineData(this.#volume, inode)
        : await wholeData(this.#volume, inode)
    return nameOfBytes(bytes)
  }

  #refuseEncrypted(inode: Inode): void {
    if (inode.encrypted)
      throw fileSystemUnsupported(
        this.#where,
        `inode ${inode.number} is encrypted`,
        'Kiln has no keys; decrypt it in the guest, or leave the file out.',
      )
  }
}

function below(path: TreePath, name: Name): TreePath {
  const text = nameOfBytes(name.bytes)
  return path === '' ? text : `${path}/${text}`
}

/** Inodes that a walk came by: a folder has one name, anything else as many as it says at most. */
class Seen {
  readonly #volume: Volume
  /** A bit for each inode, in pieces that are made when needed. */
  readonly #bits = new Map<number, Uint8Array>()
  readonly #names = new Map<number, number>()

  constructor(volume: Volume) {
    this.#volume = volume
  }

  add(inode: Inode): void {
    const { number, kind, links } = inode
    const again = this.#again(number)
    if (kind === 'folder') {
      if (again) throw this.#volume.damaged(`the folder of inode ${number} has two places`)
      return
    }
    if (!again) return
    const names = (this.#names.get(number) ?? 1) + 1
    if (names > links) throw this.#volume.damaged(`inode ${number} has more names than it says (${links})`)
    this.#names.set(number, names)
  }

  #again(number: number): boolean {
    const piece = number >>> 16
    let bits = this.#bits.get(piece)
    if (!bits) {
      bits = new Uint8Array(8192)
      this.#bits.set(piece, bits)
    }
    const at = (number & 0xffff) >>> 3
    const bit = 1 << (number & 7)
    const again = (bits[at]! & bit) !== 0
    bits[at]! |= bit
    return again
  }
}
