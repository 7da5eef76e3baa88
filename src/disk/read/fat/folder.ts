import { labelOf } from './boot.ts'

/** One thing in a folder. */
export interface FatEntry {
  readonly name: string
  readonly folder: boolean
  readonly readOnly: boolean
  readonly size: number
  /** Its first cluster, 0 where it has none. */
  readonly cluster: number
  /** Nanoseconds since 1970, its clock taken for UTC. */
  readonly mtime: bigint
  /** Which of the folder's entries of 32 bytes it is. */
  readonly index: number
}

const BYTES = 32
const ATTRIBUTE = { readOnly: 1, label: 8, folder: 16, long: 15 } as const
const DELETED = 0xe5
/** Names have at most 255 letters of 13 in each part. */
const MOST_PARTS = 20
/** Letters behind the first 128 in the code page that DOS began with. */
const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

/** The entries of a folder in their order; and the label, which stands in the root folder. */
export function entriesIn(bytes: Buffer): {
  readonly entries: FatEntry[]
  readonly label: string | undefined
} {
  const entries: FatEntry[] = []
  let label: string | undefined
  let parts: Buffer[] = []
  for (let index = 0; (index + 1) * BYTES <= bytes.length; index++) {
    const entry = bytes.subarray(index * BYTES, (index + 1) * BYTES)
    if (entry[0] === 0) break
    const attributes = entry[11]!
    if (entry[0] !== DELETED && (attributes & 0x3f) === ATTRIBUTE.long) {
      // The last part comes first, and says so.
      parts = entry[0]! & 0x40 ? [entry] : [entry, ...parts.slice(0, MOST_PARTS)]
      continue
    }
    const long = longName(parts, entry)
    parts = []
    if (entry[0] === DELETED) continue
    if (attributes & ATTRIBUTE.label) {
      label ??= labelOf(entry.subarray(0, 11))
      continue
    }
    const name = long ?? shortName(entry)
    if (name === '.' || name === '..') continue
    entries.push({
      name,
      folder: (attributes & ATTRIBUTE.folder) !== 0,
      readOnly: (attributes & ATTRIBUTE.readOnly) !== 0,
      size: entry.readUInt32LE(28),
      cluster: entry.readUInt16LE(20) * 65536 + entry.readUInt16LE(26),
      mtime: time(entry.readUInt16LE(24), entry.readUInt16LE(22)),
      index,
    })
  }
  return { entries, label }
}

/** The long name before an entry, undefined where there is none that belongs to it. */
function longName(parts: readonly Buffer[], entry: Buffer): string | undefined {
  const last = parts.at(-1)
  if (!last || (last[0]! & 0x3f) !== parts.length || !(last[0]! & 0x40)) return undefined
  let sum = 0
  for (const byte of entry.subarray(0, 11)) sum = (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff
  if (parts.some((part, n) => part[13] !== sum || (part[0]! & 0x3f) !== n + 1)) return undefined
  const units = parts.flatMap((part) => [part.subarray(1, 11), part.subarray(14, 26), part.subarray(28, 32)])
  const name = Buffer.concat(units).toString('utf16le').split('\0', 1)[0]!.toWellFormed()
  return name === '' || name.includes('/') ? undefined : name
}

function shortName(entry: Buffer): string {
  const part = (from: number, to: number, lower: boolean) => {
    const text = Array.from(entry.subarray(from, to), (stored, n) => {
      // The first letter 0xe5 would mark a deleted entry.
      const byte = from === 0 && n === 0 && stored === 5 ? 0xe5 : stored
      return byte < 128 ? String.fromCharCode(byte) : CP437[byte - 128]!
    }).join('')
    return (lower ? text.toLowerCase() : text).trimEnd().replace(/[/\0]/g, '_')
  }
  const flags = entry[12]!
  const [base, ending] = [part(0, 8, (flags & 8) !== 0), part(8, 11, (flags & 16) !== 0)]
  return ending === '' ? base : `${base}.${ending}`
}

function time(date: number, clock: number): bigint {
  const [year, month, day] = [1980 + (date >> 9), (date >> 5) & 15, date & 31]
  const seconds =
    Date.UTC(
      year,
      Math.max(0, month - 1),
      Math.max(1, day),
      clock >> 11,
      (clock >> 5) & 63,
      (clock & 31) * 2,
    ) / 1000
  return BigInt(seconds) * 1_000_000_000n
}
