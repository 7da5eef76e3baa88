import { imageDamaged } from '../errors.ts'
import { Recent } from '../recent.ts'
import { type Header, l2Entries } from './header.ts'

/** Where a cluster of the disk lies in the file; undefined where there is none: zeros. */
export type Place =
  | { readonly kind: 'plain'; readonly offset: number }
  | { readonly kind: 'packed'; readonly offset: number; readonly length: number }
  /** Bit n of `data`: its 32nd number n lies in the file, the others are zeros. */
  | { readonly kind: 'parts'; readonly offset: number; readonly data: number }

type Read = (offset: number, length: number) => Promise<Buffer>

/** Tables of the second level that are kept. */
const KEPT = 8 << 20

/** The two levels of tables that say where each cluster lies. Every number in them is looked at before it is used. */
export class Mapping {
  readonly #read: Read
  readonly #length: number
  readonly #header: Header
  readonly #where: string
  /** Offsets of the tables of the second level, 0 where there is none. */
  readonly #l1: Float64Array
  readonly #recent = new Recent<number, Promise<Buffer>>(KEPT)

  private constructor(read: Read, length: number, header: Header, where: string, l1: Float64Array) {
    this.#read = read
    this.#length = length
    this.#header = header
    this.#where = where
    this.#l1 = l1
  }

  /** @param length bytes of the file */
  static async open(read: Read, length: number, header: Header, where: string): Promise<Mapping> {
    const bytes = await read(header.l1Offset, header.l1Entries * 8)
    const l1 = new Float64Array(header.l1Entries)
    const cluster = 2 ** header.clusterBits
    for (let n = 0; n < l1.length; n++) {
      const offset = offsetIn(bytes, n * 8)
      if (offset % cluster !== 0 || offset + cluster > length)
        throw imageDamaged(where, `table ${n} of the qcow2 file does not lie in the file`)
      l1[n] = offset
    }
    const used = l1.filter((offset) => offset > 0).sort()
    for (let n = 1; n < used.length; n++)
      if (used[n] === used[n - 1]) throw imageDamaged(where, 'two tables of the qcow2 file lie at one place')
    return new Mapping(read, length, header, where, l1)
  }

  /** Where `count` clusters from number `first` on lie; those behind the end of the disk nowhere. */
  async places(first: number, count: number): Promise<(Place | undefined)[]> {
    const { clusterBits, subclusters, size } = this.#header
    const entries = l2Entries(clusterBits, subclusters)
    const places: (Place | undefined)[] = []
    const behind = Math.ceil(size / 2 ** clusterBits)
    while (places.length < count) {
      const number = first + places.length
      if (number >= behind) {
        places.push(undefined)
        continue
      }
      const index = Math.floor(number / entries)
      const table = this.#l1[index] === 0 ? undefined : await this.#table(index)
      const end = Math.min(first + count, (index + 1) * entries)
      for (let n = number; n < end; n++)
        places.push(table && n < behind ? this.#place(table, n % entries) : undefined)
    }
    return places
  }

  /** Parts of the disk that lie in the file, in order, those side by side as one. */
  async *data(): AsyncGenerator<{ readonly offset: number; readonly bytes: number }> {
    const { clusterBits, subclusters, size } = this.#header
    const cluster = 2 ** clusterBits
    const entries = l2Entries(clusterBits, subclusters)
    let run: { offset: number; bytes: number } | undefined
    for (const [index, offset] of this.#l1.entries()) {
      if (offset === 0) continue
      const table = await this.#table(index)
      for (let n = 0; n < entries; n++) {
        const begin = (index * entries + n) * cluster
        if (begin >= size) break
        if (!this.#place(table, n)) continue
        const bytes = Math.min(cluster, size - begin)
        if (run && run.offset + run.bytes === begin) run.bytes += bytes
        else {
          if (run) yield run
          run = { offset: begin, bytes }
        }
      }
    }
    if (run) yield run
  }

  #table(index: number): Promise<Buffer> {
    const kept = this.#recent.get(index)
    if (kept) return kept
    const cluster = 2 ** this.#header.clusterBits
    const table = this.#read(this.#l1[index]!, cluster)
    this.#recent.set(index, table, cluster)
    table.catch(() => this.#recent.delete(index))
    return table
  }

  #place(table: Buffer, n: number): Place | undefined {
    const { subclusters, version } = this.#header
    const at = subclusters ? n * 16 : n * 8
    const high = table.readUInt32BE(at)
    const low = table.readUInt32BE(at + 4)
    if (high & 0x40000000) return this.#packed(high, low)
    const offset = offsetIn(table, at)
    if (!subclusters) return low & 1 && version === 3 ? undefined : this.#plain(offset)
    const zero = table.readUInt32BE(at + 8)
    const data = table.readUInt32BE(at + 12)
    if ((zero & data) !== 0)
      throw imageDamaged(this.#where, 'a subcluster of the qcow2 file is both zero and data')
    if (data === 0) return undefined
    if (offset === 0) throw imageDamaged(this.#where, 'a subcluster of the qcow2 file has data nowhere')
    this.#plain(offset)
    return data === 0xffffffff ? { kind: 'plain', offset } : { kind: 'parts', offset, data }
  }

  #plain(offset: number): Place | undefined {
    if (offset === 0) return undefined
    // The last one may be cut short; what lacks is zero.
    if (offset % 2 ** this.#header.clusterBits !== 0 || offset >= this.#length)
      throw imageDamaged(this.#where, `a cluster of the qcow2 file does not lie in the file (at ${offset})`)
    return { kind: 'plain', offset }
  }

  #packed(high: number, low: number): Place {
    // Bits 0 to x-1 are the place in the file, those from x to 61 the sectors behind the one where it begins.
    const x = 62 - (this.#header.clusterBits - 8)
    const offset = (high & (2 ** (x - 32) - 1)) * 2 ** 32 + low
    const sectors = (high & 0x3fffffff) >>> (x - 32)
    if (offset >= this.#length)
      throw imageDamaged(
        this.#where,
        `a compressed cluster of the qcow2 file does not lie in the file (at ${offset})`,
      )
    const length = Math.min((sectors + 1) * 512 - (offset % 512), this.#length - offset)
    return { kind: 'packed', offset, length }
  }
}

/** Bits 9 to 55 of an entry. */
function offsetIn(table: Buffer, at: number): number {
  return (table.readUInt32BE(at) & 0x00ffffff) * 2 ** 32 + ((table.readUInt32BE(at + 4) & 0xfffffe00) >>> 0)
}
