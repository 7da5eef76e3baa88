import { data, inlineData } from './data.ts'
import type { Inode } from './inode.ts'
import type { Volume } from './volume.ts'

/** A name in a folder. */
export interface Name {
  readonly bytes: Buffer
  readonly inode: number
}

/** More names than this in one folder are taken for damage: memory is not without end. */
const MOST_NAMES = 1_000_000

/** The names in a folder without `.` and `..`, by the order of their bytes. Hashed folders are read through all the same. */
export async function namesIn(volume: Volume, folder: Inode): Promise<Name[]> {
  const names: Name[] = []
  const wrong = (what: string) => volume.damaged(`the folder of inode ${folder.number} ${what}`)
  const add = (bytes: Buffer, inode: number) => {
    if (bytes.equals(DOT) || bytes.equals(DOTS)) return
    if (bytes.length === 0 || bytes.includes(0) || bytes.includes(0x2f))
      throw wrong('has a name that no file can have')
    if (names.length === MOST_NAMES) throw wrong(`has more than ${MOST_NAMES} names`)
    names.push({ bytes: Buffer.from(bytes), inode })
  }
  if (folder.shape === 'inline') {
    const bytes = inlineData(volume, folder)
    // The inode of the folder above comes first.
    entries(volume, bytes.subarray(4, 60), add, wrong)
    if (bytes.length > 60) entries(volume, bytes.subarray(60), add, wrong)
  } else {
    const { blockSize } = volume.facts
    if (folder.size % blockSize !== 0) throw wrong('has an impossible size')
    for await (const piece of data(volume, folder, 0, folder.size))
      for (let at = 0; at < piece.length; at += blockSize)
        entries(volume, piece.subarray(at, at + blockSize), add, wrong)
  }
  names.sort((a, b) => Buffer.compare(a.bytes, b.bytes))
  const twice = names.findIndex((name, n) => n > 0 && name.bytes.equals(names[n - 1]!.bytes))
  if (twice > 0) throw wrong('has a name twice')
  return names
}

const DOT = Buffer.from('.')
const DOTS = Buffer.from('..')

/** The entries of one block: each says where the next one is. */
function entries(
  volume: Volume,
  block: Buffer,
  add: (name: Buffer, inode: number) => void,
  wrong: (what: string) => Error,
): void {
  const typed = volume.facts.all.has('filetype')
  for (let at = 0; at + 8 <= block.length; ) {
    const inode = block.readUInt32LE(at)
    const stated = block.readUInt16LE(at + 4)
    // 65536 does not fit: blocks of that size write it as one of these.
    const length = stated === 0 || stated === 65535 ? 65536 : stated
    const name = typed ? block[at + 6]! : block.readUInt16LE(at + 6)
    // Nothing at all in a block: a hole.
    if (inode === 0 && stated === 0 && at === 0) return
    if (length < 8 || length % 4 !== 0 || at + length > block.length || 8 + name > length)
      throw wrong(`has an entry that does not fit (${length} bytes at ${at})`)
    if (inode !== 0) add(block.subarray(at + 8, at + 8 + name), inode)
    at += length
  }
}
