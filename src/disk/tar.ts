import { bytesOfName } from '../core/names.ts'
import type { TreeEntry, TreeReader } from './tree.ts'

/** Which part of a file system goes into an archive, and how. */
export interface TarOptions {
  /** Folder of the archive that everything comes below, without slashes at its ends; '' is its root. */
  readonly below?: string
  /** Leaves a thing out, a folder with all that is in it. */
  readonly skip?: (entry: TreeEntry) => boolean
  /** Which extended attributes go along; default: none. */
  readonly attributes?: (name: string) => boolean
  /** Told of each thing that was written. */
  readonly onEntry?: (entry: TreeEntry) => void
}

const BLOCK = 512
/** Octal digits that the fields of a header hold; what is larger is written in binary, as GNU tar does. */
const DIGITS = { mode: 7, id: 7, size: 11, time: 11 } as const
const KINDS = { file: '0', link: '2', character: '3', block: '4', folder: '5', fifo: '6' } as const
/** How much is gathered before it is handed on: headers are small, and there are many. */
const CHUNK = 256 * 1024

/**
 * A file system as a tar archive, in the order of its {@link TreeReader.walk}: names of any bytes and any length, numeric
 * owners, hard links, times to the nanosecond, extended attributes. Sockets are left out. Nothing is in memory as a
 * whole but the first names of hard links.
 */
export async function* tarOf(reader: TreeReader, options: TarOptions = {}): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = []
  let size = 0
  const first = new Map<number, string>()
  const { below = '', skip, attributes = () => false } = options
  let left: string | undefined
  for await (const entry of reader.walk()) {
    if (left !== undefined && entry.path.startsWith(`${left}/`)) continue
    if (skip?.(entry)) {
      left = entry.kind === 'folder' ? entry.path : undefined
      continue
    }
    if (entry.kind === 'socket') continue
    options.onEntry?.(entry)
    const name = [below, entry.path].filter(Boolean).join('/') || '.'
    const known = entry.kind === 'folder' || entry.names < 2 ? undefined : first.get(entry.inode)
    if (entry.kind !== 'folder' && entry.names > 1 && known === undefined) first.set(entry.inode, name)
    for (const part of headers(entry, name, known, attributes)) {
      gathered.push(part)
      size += part.length
    }
    if (entry.kind === 'file' && known === undefined) {
      let written = 0
      for await (const piece of reader.content(entry)) {
        gathered.push(piece)
        size += piece.length
        written += piece.length
        if (size < CHUNK) continue
        yield Buffer.concat(gathered)
        gathered = []
        size = 0
      }
      // The header has said how many bytes come.
      if (written !== entry.size)
        throw new RangeError(`${written} bytes of ${entry.size} could be read of ${name}`)
      const padding = Buffer.alloc((BLOCK - (written % BLOCK)) % BLOCK)
      gathered.push(padding)
      size += padding.length
    }
    if (size < CHUNK) continue
    yield Buffer.concat(gathered)
    gathered = []
    size = 0
  }
  yield Buffer.concat([...gathered, Buffer.alloc(2 * BLOCK)])
}

function* headers(
  entry: TreeEntry,
  name: string,
  known: string | undefined,
  wanted: (name: string) => boolean,
): Generator<Buffer> {
  const target = known ?? entry.target
  const records: Buffer[] = []
  if (entry.mtime % 1_000_000_000n !== 0n || entry.mtime < 0n)
    records.push(record('mtime', Buffer.from(seconds(entry.mtime))))
  if (known === undefined)
    for (const [key, value] of [...entry.attributes].sort(([a], [b]) => (a < b ? -1 : 1)))
      if (wanted(key)) records.push(record(`SCHILY.xattr.${key}`, value))
  if (records.length > 0) yield* extra('x', Buffer.concat(records))
  const bytes = bytesOfName(entry.kind === 'folder' ? `${name}/` : name)
  const link = target === undefined ? Buffer.alloc(0) : bytesOfName(target)
  // GNU's long names, not those of POSIX: these must be UTF-8, and a name may hold any bytes.
  if (link.length > 100) yield* extra('K', Buffer.concat([link, Buffer.alloc(1)]))
  if (bytes.length > 100) yield* extra('L', Buffer.concat([bytes, Buffer.alloc(1)]))
  yield header({
    name: bytes,
    link,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size: entry.kind === 'file' && known === undefined ? entry.size : 0,
    time: Number(entry.mtime / 1_000_000_000n),
    kind: known === undefined ? KINDS[entry.kind as keyof typeof KINDS] : '1',
    device: entry.device ?? [0, 0],
  })
}

interface Header {
  readonly name: Buffer
  readonly link: Buffer
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly time: number
  readonly kind: string
  readonly device: readonly [number, number]
}

function header(fields: Header): Buffer {
  const block = Buffer.alloc(BLOCK)
  fields.name.copy(block, 0, 0, 100)
  number(block, 100, DIGITS.mode, fields.mode)
  number(block, 108, DIGITS.id, fields.uid)
  number(block, 116, DIGITS.id, fields.gid)
  number(block, 124, DIGITS.size, fields.size)
  number(block, 136, DIGITS.time, Math.max(0, fields.time))
  block.write(fields.kind, 156)
  fields.link.copy(block, 157, 0, 100)
  block.write('ustar  \0', 257, 'latin1')
  number(block, 329, DIGITS.mode, fields.device[0])
  number(block, 337, DIGITS.mode, fields.device[1])
  block.fill(' ', 148, 156)
  const sum = block.reduce((all, byte) => all + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** What does not fit into a header goes before it. */
function* extra(kind: string, content: Buffer): Generator<Buffer> {
  const name = Buffer.from('././@LongLink')
  yield header({
    name,
    link: Buffer.alloc(0),
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: content.length,
    time: 0,
    kind,
    device: [0, 0],
  })
  yield content
  yield Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)
}

function number(block: Buffer, at: number, digits: number, value: number): void {
  if (value < 8 ** digits) block.write(value.toString(8).padStart(digits, '0'), at, 'latin1')
  else {
    block.writeUIntBE(value, at + digits + 1 - 6, 6)
    block[at] = 0x80
  }
}

/** A record of a POSIX header: its length counts itself. */
function record(key: string, value: Buffer): Buffer {
  const rest = key.length + value.length + 3
  let length = rest
  while (length !== rest + String(length).length) length = rest + String(length).length
  return Buffer.concat([Buffer.from(`${length} ${key}=`), value, Buffer.from('\n')])
}

function seconds(time: bigint): string {
  const sign = time < 0n ? '-' : ''
  const all = time < 0n ? -time : time
  return `${sign}${all / 1_000_000_000n}.${String(all % 1_000_000_000n).padStart(9, '0')}`
}
