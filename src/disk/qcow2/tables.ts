/** Bytes of a cluster, and of a sector, in which the space of compressed clusters is counted. */
export const CLUSTER = 65536
const CLUSTER_BITS = 16
const SECTOR = 512
/** Entries of a table of one cluster, and counts of a block of one cluster. */
const L2_ENTRIES = CLUSTER / 8
const COUNTS = CLUSTER / 2
/** "Only this table refers to it", in entries of L1 and L2 tables. */
const COPIED = 1n << 63n
const COMPRESSED = 1n << 62n
/** Where, in the entry of a compressed cluster, the number of its sectors begins. */
const SECTORS_SHIFT = BigInt(62 - (CLUSTER_BITS - 8))
/** Header, table of the counts, L1 table: at fixed places before the data. */
const COUNT_TABLE = CLUSTER
const L1_TABLE = 2 * CLUSTER
const HEADER_LENGTH = 112

export type Compression = 'zlib' | 'zstd'

/** Bytes that go to a place in the file. */
export interface Piece {
  readonly offset: number
  readonly bytes: Buffer
}

/**
 * The tables of a qcow2 file (version 3, QEMU's docs/interop/qcow2.rst): where each cluster of the disk lies. Data
 * comes in the order of the disk, so the same disk and the same compressed clusters give the same file.
 */
export class Qcow2Tables {
  readonly #size: number
  readonly #compression: Compression
  readonly #l2 = new Map<number, BigUint64Array>()
  /** How many tables and compressed clusters lie, in part at least, in each cluster of the file. */
  #counts = new Uint16Array(1024)
  #end: number

  /** @param size bytes of the disk that a guest sees. */
  constructor(size: number, compression: Compression) {
    this.#size = size
    this.#compression = compression
    this.#end = up(L1_TABLE + this.#l1Entries() * 8)
    this.#count(0, this.#end)
  }

  /** @returns where the compressed bytes of cluster `number` of the disk go. */
  placeCompressed(number: number, length: number): number {
    const offset = this.#end
    this.#end += length
    this.#count(offset, this.#end)
    // Sectors beyond the one that it begins in.
    const sectors = Math.floor((this.#end - 1) / SECTOR) - Math.floor(offset / SECTOR)
    this.#enter(number, COMPRESSED | (BigInt(sectors) << SECTORS_SHIFT) | BigInt(offset))
    return offset
  }

  /** @returns where a cluster that does not get smaller goes as it is. */
  placePlain(number: number): number {
    const offset = up(this.#end)
    this.#end = offset + CLUSTER
    this.#count(offset, this.#end)
    this.#enter(number, COPIED | BigInt(offset))
    return offset
  }

  /** Everything but data, once all data has its place; and how long the file is. */
  finish(): { readonly pieces: readonly Piece[]; readonly length: number } {
    const pieces: Piece[] = []
    const l1 = Buffer.alloc(this.#l1Entries() * 8)
    this.#end = up(this.#end)
    for (const [index, entries] of [...this.#l2].sort(([a], [b]) => a - b)) {
      const bytes = Buffer.alloc(CLUSTER)
      entries.forEach((entry, n) => {
        bytes.writeBigUInt64BE(entry, n * 8)
      })
      l1.writeBigUInt64BE(COPIED | BigInt(this.#end), index * 8)
      pieces.push({ offset: this.#end, bytes })
      this.#count(this.#end, this.#end + CLUSTER)
      this.#end += CLUSTER
    }
    pieces.push({ offset: L1_TABLE, bytes: l1 })
    pieces.push(...this.#finishCounts())
    pieces.push({ offset: 0, bytes: this.#header() })
    return { pieces, length: this.#end }
  }

  /** Blocks of counts count themselves, so how many there are depends on how many there are. */
  #finishCounts(): Piece[] {
    const first = this.#end / CLUSTER
    let blocks = 0
    while (blocks < Math.ceil((first + blocks) / COUNTS)) blocks++
    if (blocks > CLUSTER / 8) throw new Error('the disk is too large for one cluster of the table of counts')
    this.#count(this.#end, this.#end + blocks * CLUSTER)
    const table = Buffer.alloc(blocks * 8)
    const pieces: Piece[] = [{ offset: COUNT_TABLE, bytes: table }]
    for (let block = 0; block < blocks; block++) {
      const bytes = Buffer.alloc(CLUSTER)
      const end = Math.min(COUNTS, first + blocks - block * COUNTS)
      for (let n = 0; n < end; n++) bytes.writeUInt16BE(this.#counts[block * COUNTS + n] ?? 0, n * 2)
      table.writeBigUInt64BE(BigInt(this.#end), block * 8)
      pieces.push({ offset: this.#end, bytes })
      this.#end += CLUSTER
    }
    return pieces
  }

  #header(): Buffer {
    const zstd = this.#compression === 'zstd'
    // Behind the header an empty list of extensions: eight bytes of zero.
    const header = Buffer.alloc(HEADER_LENGTH + 8)
    header.write('QFI\xfb', 0, 'latin1')
    header.writeUInt32BE(3, 4)
    header.writeUInt32BE(CLUSTER_BITS, 20)
    header.writeBigUInt64BE(BigInt(this.#size), 24)
    header.writeUInt32BE(this.#l1Entries(), 36)
    header.writeBigUInt64BE(BigInt(L1_TABLE), 40)
    header.writeBigUInt64BE(BigInt(COUNT_TABLE), 48)
    header.writeUInt32BE(1, 56)
    // Incompatible feature 3: another compression than zlib.
    header.writeBigUInt64BE(zstd ? 8n : 0n, 72)
    // Counts have 2 to the 4 bits.
    header.writeUInt32BE(4, 96)
    header.writeUInt32BE(HEADER_LENGTH, 100)
    header.writeUInt8(zstd ? 1 : 0, 104)
    return header
  }

  #l1Entries(): number {
    return Math.ceil(this.#size / CLUSTER / L2_ENTRIES)
  }

  #enter(number: number, entry: bigint): void {
    const index = Math.floor(number / L2_ENTRIES)
    let table = this.#l2.get(index)
    if (!table) {
      table = new BigUint64Array(L2_ENTRIES)
      this.#l2.set(index, table)
    }
    table[number % L2_ENTRIES] = entry
  }

  #count(begin: number, end: number): void {
    const last = Math.floor((end - 1) / CLUSTER)
    if (last >= this.#counts.length) {
      const larger = new Uint16Array(Math.max(last + 1, this.#counts.length * 2))
      larger.set(this.#counts)
      this.#counts = larger
    }
    for (let n = Math.floor(begin / CLUSTER); n <= last; n++) this.#counts[n]!++
  }
}

function up(offset: number): number {
  return Math.ceil(offset / CLUSTER) * CLUSTER
}
