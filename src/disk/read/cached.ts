import { type Bytes, inside } from './bytes.ts'
import { Recent } from './recent.ts'

/** Bytes that come in pieces of one size: a file, or the clusters of a format. */
export interface Pieces {
  readonly size: number
  /** Bytes of a piece; the last one is filled up with zeros. */
  readonly piece: number
  /** `count` pieces from number `first` on, each in a buffer of its own. */
  load(first: number, count: number): Promise<Buffer[]>
}

/** What is kept in memory: so many bytes, but of large pieces at least so many; and what is loaded at once. */
const KEPT = 8 << 20
const KEPT_PIECES = 8
const AT_ONCE = 1 << 20

/** Reads through the pieces used last, so that small reads cost nothing and nothing is unpacked twice in a row. */
export class Cached implements Bytes {
  readonly size: number
  readonly #pieces: Pieces
  readonly #beyond: () => Error
  readonly #recent: Recent<number, Promise<Buffer>>

  /** `beyond` makes the error of who reads outside. */
  constructor(pieces: Pieces, beyond: () => Error) {
    this.size = pieces.size
    this.#pieces = pieces
    this.#beyond = beyond
    this.#recent = new Recent(Math.max(KEPT, KEPT_PIECES * pieces.piece))
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (!inside(this.size, offset, length)) throw this.#beyond()
    if (length === 0) return Buffer.alloc(0)
    const { piece } = this.#pieces
    const first = Math.floor(offset / piece)
    const last = Math.floor((offset + length - 1) / piece)
    const within = offset - first * piece
    const parts = await Promise.all(this.#get(first, last))
    if (first === last) return parts[0]!.subarray(within, within + length)
    const joined = Buffer.allocUnsafeSlow(length)
    for (const [n, bytes] of parts.entries()) {
      const from = n === 0 ? within : 0
      bytes.copy(joined, n * piece + from - within, from)
    }
    return joined
  }

  #get(first: number, last: number): Promise<Buffer>[] {
    const found: Promise<Buffer>[] = []
    for (let n = first; n <= last; ) {
      const kept = this.#recent.get(n)
      if (kept) {
        found.push(kept)
        n++
        continue
      }
      const most = Math.min(last + 1, n + Math.max(1, AT_ONCE / this.#pieces.piece))
      let end = n + 1
      while (end < most && !this.#recent.get(end)) end++
      found.push(...this.#load(n, end - n))
      n = end
    }
    return found
  }

  #load(first: number, count: number): Promise<Buffer>[] {
    const run = this.#pieces.load(first, count)
    return Array.from({ length: count }, (_, n) => {
      const one = run.then((buffers) => buffers[n]!)
      this.#recent.set(first + n, one, this.#pieces.piece)
      // Who asked hears of it; who asks again tries again.
      one.catch(() => this.#recent.delete(first + n))
      return one
    })
  }
}
