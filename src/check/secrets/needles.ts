/** Needles that have the same two bytes in a row. */
interface Bucket {
  /** 1 where one of them has this byte next. */
  readonly next: Uint8Array
  readonly members: { readonly needle: number; readonly from: number }[]
}

/**
 * Finds any of many texts in bytes in one go. Of every three bytes in a row the first two are looked up: whatever needle is
 * there, two neighbours of its first four bytes are among them. So most steps are one look-up and go on by three bytes, and none
 * waits for the one before. Linear but for the needles that are really there.
 */
export class Needles {
  /** For two bytes in a row, where in {@link #buckets} the needles are that have them in front; 0 for none. */
  readonly #table = new Uint16Array(1 << 16)
  readonly #buckets: Bucket[] = [{ next: new Uint8Array(256), members: [] }]
  readonly #needles: { readonly bytes: Uint8Array; readonly fold: boolean }[]

  /** @param needles at least four ASCII characters each; with `fold`, letters of either case. */
  constructor(needles: readonly { readonly text: string; readonly fold: boolean }[]) {
    this.#needles = needles.map(({ text, fold }) => {
      if (text.length < FRONT || !/^[\t\x20-\x7e]*$/.test(text)) throw new Error(`"${text}" is no needle`)
      return { bytes: Buffer.from(fold ? text.toLowerCase() : text, 'latin1'), fold }
    })
    for (const [needle, { bytes, fold }] of this.#needles.entries())
      for (let from = 0; from < STRIDE; from++)
        for (const pair of pairs(bytes[from]!, bytes[from + 1]!, fold)) {
          this.#table[pair] ||= this.#buckets.push({ next: new Uint8Array(256), members: [] }) - 1
          const { next, members } = this.#buckets[this.#table[pair]!]!
          members.push({ needle, from })
          // Behind the end of a needle anything may come.
          const third = bytes[from + 2]
          if (third === undefined) next.fill(1)
          else for (const form of forms(third, fold)) next[form] = 1
        }
  }

  /**
   * Calls `found` with each place and the number of the needle that begins there. Nearly from front to back: of two places less
   * than {@link STRIDE} bytes apart the later one may come first.
   */
  search(bytes: Uint8Array, found: (at: number, needle: number) => void): void {
    const table = this.#table
    const last = bytes.length - 1
    for (let at = 0; at < last; at += STRIDE) {
      const bucket = table[bytes[at]! | (bytes[at + 1]! << 8)]!
      if (bucket === 0) continue
      const { next, members } = this.#buckets[bucket]!
      if (next[bytes[at + 2] ?? 0] === 0) continue
      for (const { needle, from } of members)
        if (this.#isAt(bytes, at - from, needle)) found(at - from, needle)
    }
  }

  #isAt(bytes: Uint8Array, at: number, number: number): boolean {
    const { bytes: needle, fold } = this.#needles[number]!
    if (at < 0 || at + needle.length > bytes.length) return false
    for (let n = 0; n < needle.length; n++) {
      const byte = bytes[at + n]!
      if (byte !== needle[n] && !(fold && byte >= 0x41 && byte <= 0x5a && byte + 32 === needle[n]))
        return false
    }
    return true
  }
}

/** Bytes of the shortest needle. */
const FRONT = 4
/** How many places in a row two neighbours of the first {@link FRONT} bytes can be at. */
const STRIDE = FRONT - 1

/** Two bytes as one number, in each way that their letters can be written. */
function pairs(a: number, b: number, fold: boolean): number[] {
  return forms(a, fold).flatMap((x) => forms(b, fold).map((y) => x | (y << 8)))
}

function forms(byte: number, fold: boolean): number[] {
  return fold && byte >= 0x61 && byte <= 0x7a ? [byte, byte - 32] : [byte]
}
