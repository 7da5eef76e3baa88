import type { FileHandle } from 'node:fs/promises'
import type { KilnError } from '../../../core/error.ts'
import type { Pieces } from '../cached.ts'
import { imageDamaged } from '../errors.ts'
import { fill } from '../raw.ts'
import type { Header } from './header.ts'
import { Mapping, type Place } from './mapping.ts'
import { unpack } from './unpack.ts'

const LEAST_PIECE = 1 << 16
/** Packed clusters that lie one behind the other are read together, this much at once. */
const AT_ONCE = 1 << 20

/** Bytes in the file that become one cluster. */
interface Packed {
  readonly offset: number
  readonly length: number
  readonly done: (cluster: Buffer) => void
}

/** Bytes in the file that are what the disk holds. */
interface Plain {
  readonly offset: number
  readonly target: Buffer
}

/** The clusters of a qcow2 file as pieces of a disk. */
export class Clusters implements Pieces {
  readonly size: number
  readonly piece: number
  readonly mapping: Mapping
  readonly #file: FileHandle
  readonly #length: number
  readonly #header: Header
  readonly #where: string
  /** What all pieces without data share; nobody writes into it. */
  readonly #zeros: Buffer

  private constructor(file: FileHandle, length: number, header: Header, where: string, mapping: Mapping) {
    this.#file = file
    this.#length = length
    this.#header = header
    this.#where = where
    this.size = header.size
    this.piece = Math.max(LEAST_PIECE, 2 ** header.clusterBits)
    this.mapping = mapping
    this.#zeros = Buffer.alloc(this.piece)
  }

  /** @param length bytes of the file */
  static async open(file: FileHandle, length: number, header: Header, where: string): Promise<Clusters> {
    const read = async (offset: number, bytes: number) => {
      const buffer = Buffer.allocUnsafeSlow(bytes)
      await fill(file, [buffer], offset, length, () => imageDamaged(where, 'the file became shorter'))
      return buffer
    }
    const mapping = await Mapping.open(read, length, header, where)
    return new Clusters(file, length, header, where, mapping)
  }

  async load(first: number, count: number): Promise<Buffer[]> {
    const cluster = 2 ** this.#header.clusterBits
    const each = this.piece / cluster
    const places = await this.mapping.places(first * each, count * each)
    const plain: Plain[] = []
    const packed: Packed[] = []
    const buffers: Buffer[] = Array.from({ length: count }, (_, n) => {
      const own = places.slice(n * each, (n + 1) * each)
      if (own.every((place) => place === undefined)) return this.#zeros
      // A packed cluster comes in a buffer of its own: where it is all of a piece, it becomes the piece.
      if (each === 1 && own[0]?.kind === 'packed') {
        packed.push({ ...own[0], done: (cluster) => (buffers[n] = cluster) })
        return this.#zeros
      }
      const buffer = Buffer.allocUnsafeSlow(this.piece)
      for (let i = 0; i < each; i++)
        this.#sort(own[i], buffer.subarray(i * cluster, (i + 1) * cluster), plain, packed)
      return buffer
    })
    await Promise.all([this.#copy(plain), this.#unpack(packed)])
    return buffers
  }

  #sort(place: Place | undefined, target: Buffer, plain: Plain[], packed: Packed[]): void {
    if (!place) {
      target.fill(0)
    } else if (place.kind === 'packed') {
      packed.push({ ...place, done: (cluster) => cluster.copy(target) })
    } else if (place.kind === 'plain') {
      plain.push({ offset: place.offset, target })
    } else {
      const size = target.length / 32
      for (let n = 0; n < 32; n++) {
        const own = target.subarray(n * size, (n + 1) * size)
        if ((place.data >>> n) & 1) plain.push({ offset: place.offset + n * size, target: own })
        else own.fill(0)
      }
    }
  }

  async #copy(plain: readonly Plain[]): Promise<void> {
    for (let n = 0; n < plain.length; ) {
      const { offset } = plain[n]!
      const targets: Buffer[] = []
      for (let end = offset; plain[n]?.offset === end; n++) {
        targets.push(plain[n]!.target)
        end += plain[n]!.target.length
      }
      await fill(this.#file, targets, offset, this.#length, () => this.#damaged('the file became shorter'))
    }
  }

  async #unpack(packed: readonly Packed[]): Promise<void> {
    for (let n = 0; n < packed.length; ) {
      const start = packed[n]!.offset
      const together: Packed[] = []
      let end = start
      // One begins where the one before ends, or in the same sector.
      for (; n < packed.length; n++) {
        const next = packed[n]!
        if (together.length > 0 && (next.offset < start || next.offset > end || end - start > AT_ONCE)) break
        together.push(next)
        end = Math.max(end, next.offset + next.length)
      }
      const bytes = Buffer.allocUnsafeSlow(end - start)
      await fill(this.#file, [bytes], start, this.#length, () => this.#damaged('the file became shorter'))
      await Promise.all(
        together.map(async ({ offset, length, done }) => {
          const own = bytes.subarray(offset - start, offset - start + length)
          const cluster = await unpack(own, this.#header.compression, 2 ** this.#header.clusterBits)
          if (!cluster)
            throw this.#damaged(`the compressed cluster at ${offset} of the file cannot be unpacked`)
          done(cluster)
        }),
      )
    }
  }

  #damaged(what: string): KilnError {
    return imageDamaged(this.#where, what)
  }
}
