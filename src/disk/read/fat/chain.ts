import type { KilnError } from '../../../core/error.ts'
import type { Bytes } from '../bytes.ts'
import { fileSystemDamaged } from '../errors.ts'
import type { FatLayout } from './boot.ts'

/** What is read at once. */
const PIECE = 1 << 20

/** The clusters of a FAT file system, by the chains that its table has. */
export class Chains {
  readonly layout: FatLayout
  readonly #bytes: Bytes
  readonly #where: string

  constructor(bytes: Bytes, layout: FatLayout, where: string) {
    this.#bytes = bytes
    this.layout = layout
    this.#where = where
  }

  damaged(what: string): KilnError {
    return fileSystemDamaged(this.#where, what)
  }

  /** Bytes `start` to `end` of a chain, in pieces; less where the chain ends before. */
  async *read(first: number, start: number, end: number): AsyncGenerator<Buffer> {
    const { clusterBytes, content } = this.layout
    let at = 0
    for await (const { cluster, count } of this.#runs(first, end)) {
      const bytes = count * clusterBytes
      const base = content + (cluster - 2) * clusterBytes
      for (let from = Math.max(0, start - at); from < Math.min(bytes, end - at); ) {
        const length = Math.min(PIECE, Math.min(bytes, end - at) - from)
        yield await this.#bytes.read(base + from, length)
        from += length
      }
      at += bytes
    }
  }

  /** Bytes at a place of their own: the root folder of FAT12 and FAT16. */
  at(offset: number, length: number): Promise<Buffer> {
    return this.#bytes.read(offset, length)
  }

  /** Clusters of a chain that lie side by side, as far as `bytes` need. */
  async *#runs(
    first: number,
    bytes: number,
  ): AsyncGenerator<{ readonly cluster: number; readonly count: number }> {
    const { clusters, clusterBytes } = this.layout
    const most = Math.ceil(Math.min(bytes, clusters * clusterBytes) / clusterBytes)
    let run = { cluster: first, count: 0 }
    let cluster: number | undefined = first
    for (let taken = 0; taken < most && cluster !== undefined; taken++) {
      if (cluster < 2 || cluster >= clusters + 2)
        throw this.damaged(`a chain of clusters leads to number ${cluster}`)
      if (cluster !== run.cluster + run.count) {
        yield run
        run = { cluster, count: 0 }
      }
      run.count++
      cluster = await this.#next(cluster)
    }
    // As long as the disk and still not at its end: it leads in a circle.
    if (cluster !== undefined && bytes > clusters * clusterBytes)
      throw this.damaged('a chain of clusters has no end')
    if (run.count > 0) yield run
  }

  /** The cluster that follows, undefined at the end of a chain. */
  async #next(cluster: number): Promise<number | undefined> {
    const { bits, table } = this.layout
    const at = table + Math.floor((cluster * bits) / 8)
    if (bits === 32) {
      const entry = (await this.#bytes.read(at, 4)).readUInt32LE(0) & 0x0fffffff
      return entry >= 0x0ffffff8 ? undefined : entry
    }
    const pair = (await this.#bytes.read(at, 2)).readUInt16LE(0)
    if (bits === 16) return pair >= 0xfff8 ? undefined : pair
    const entry = cluster % 2 === 1 ? pair >> 4 : pair & 0xfff
    return entry >= 0xff8 ? undefined : entry
  }
}
