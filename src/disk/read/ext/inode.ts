import type { KilnError } from '../../../core/error.ts'
import type { EntryKind } from '../../tree.ts'
import type { ExtFacts } from './superblock.ts'

export const ROOT_INODE = 2

const INODE_FLAG = {
  extents: 0x80000,
  encrypted: 0x800,
  attributeValue: 0x200000,
  inline: 0x10000000,
} as const

const KINDS: Readonly<Record<number, EntryKind>> = {
  1: 'fifo',
  2: 'character',
  4: 'folder',
  6: 'block',
  8: 'file',
  10: 'link',
  12: 'socket',
}

export interface Inode {
  readonly number: number
  readonly kind: EntryKind
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtime: bigint
  readonly links: number
  /** How {@link map} is read. */
  readonly shape: 'extents' | 'indirect' | 'inline'
  readonly encrypted: boolean
  /** The inode holds the value of an attribute. */
  readonly attributeValue: boolean
  /** 60 bytes: pointers to blocks, the root of a tree of extents, or content. */
  readonly map: Buffer
  /** What of the inode is free for attributes. */
  readonly rest: Buffer
  /** Block with further attributes, 0 without. */
  readonly attributes: number
}

export function readInode(
  bytes: Buffer,
  number: number,
  facts: ExtFacts,
  damaged: (what: string) => KilnError,
): Inode {
  const mode = bytes.readUInt16LE(0)
  const kind = KINDS[mode >> 12]
  if (!kind) throw damaged('is in use, but is nothing that a file system holds')
  const flags = bytes.readUInt32LE(0x20)
  const newer = facts.inodeSize >= 132 ? bytes.readUInt16LE(0x80) : 0
  if (newer % 4 !== 0 || 128 + newer > facts.inodeSize) throw damaged('has an impossible size')
  const sized = kind === 'file' || facts.all.has('large_dir')
  const size = bytes.readUInt32LE(4) + (sized ? bytes.readUInt32LE(0x6c) * 2 ** 32 : 0)
  // 2 to the 32 blocks are all that a file can have.
  if (size > 2 ** 32 * facts.blockSize) throw damaged(`has an impossible size of ${size} bytes`)
  const extents = (flags & INODE_FLAG.extents) !== 0
  const inline = (flags & INODE_FLAG.inline) !== 0 && facts.all.has('inline_data')
  return {
    number,
    kind,
    mode: mode & 0o7777,
    uid: bytes.readUInt16LE(2) + bytes.readUInt16LE(0x78) * 65536,
    gid: bytes.readUInt16LE(0x18) + bytes.readUInt16LE(0x7a) * 65536,
    size,
    // The newer field at 0x88 is there when it lies in what the inode says is used.
    mtime: time(bytes.readInt32LE(0x10), newer >= 12 ? bytes.readUInt32LE(0x88) : 0),
    links: bytes.readUInt16LE(0x1a),
    shape: inline ? 'inline' : extents ? 'extents' : 'indirect',
    encrypted: (flags & INODE_FLAG.encrypted) !== 0,
    attributeValue: (flags & INODE_FLAG.attributeValue) !== 0,
    map: bytes.subarray(0x28, 0x64),
    rest: bytes.subarray(128 + newer, facts.inodeSize),
    attributes: bytes.readUInt32LE(0x68) + (facts.all.has('64bit') ? bytes.readUInt16LE(0x76) * 2 ** 32 : 0),
  }
}

/** Nanoseconds since 1970; the newer field has two more bits of seconds and thirty of nanoseconds. */
function time(seconds: number, newer: number): bigint {
  return BigInt(seconds + (newer & 3) * 2 ** 32) * 1_000_000_000n + BigInt(newer >>> 2)
}

/** Major and minor number of a device node, in the old or the newer form. */
export function deviceOf(map: Buffer): readonly [number, number] {
  const old = map.readUInt32LE(0)
  if (old !== 0) return [(old >> 8) & 0xff, old & 0xff]
  const newer = map.readUInt32LE(4)
  return [(newer & 0xfff00) >> 8, (newer & 0xff) | ((newer >> 12) & 0xfff00)]
}
