import type { KilnError } from '../../../core/error.ts'
import { crc32c } from './crc32c.ts'
import { type Features, featuresOf } from './features.ts'

/** Where it lies in the file system, and how long it is. */
export const SUPERBLOCK = { offset: 1024, bytes: 1024 } as const

/** What an ext file system says of itself; sizes in bytes or blocks as named. Every number has been looked at. */
export interface ExtFacts extends Features {
  readonly label: string | undefined
  readonly uuid: string
  readonly blockSize: number
  /** With `bigalloc` more than a block. */
  readonly clusterSize: number
  readonly blocks: number
  readonly reservedBlocks: number
  readonly freeBlocks: number
  readonly inodeSize: number
  readonly inodes: number
  readonly freeInodes: number
  /** Bytes of each inode, at least and as wished for, that newer fields may use. */
  readonly extraInodeSize: { readonly least: number; readonly wanted: number }
  /** Of hashed directories: a UUID, and the number of the function. */
  readonly hash: { readonly seed: string; readonly version: number }
  /** What a kernel does that finds an error. */
  readonly onError: 'continue' | 'remount-ro' | 'panic'
  /** By default, in the names of `tune2fs -o`. */
  readonly mountOptions: readonly string[]
  /** Further ones as text (`tune2fs -E mount_opts`). */
  readonly extraMountOptions: string | undefined
  readonly lastMounted: string | undefined
  /** Seconds since 1970; 0 where it is not known. */
  readonly made: number
  readonly mounted: number
  readonly written: number
  readonly mountCount: number
  readonly stride: number
  readonly stripeWidth: number
  /** Inode of the journal, 0 without one in this file system. */
  readonly journalInode: number
  readonly layout: Layout
}

/** Where things lie. */
export interface Layout {
  readonly firstDataBlock: number
  readonly groups: number
  readonly blocksPerGroup: number
  readonly inodesPerGroup: number
  readonly descriptorSize: number
  readonly firstMetaGroup: number
  readonly backupGroups: readonly number[]
}

const MOUNT_OPTIONS: readonly (readonly [bit: number, name: string])[] = [
  [0x1, 'debug'],
  [0x2, 'bsdgroups'],
  [0x4, 'user_xattr'],
  [0x8, 'acl'],
  [0x10, 'uid16'],
  [0x100, 'nobarrier'],
  [0x200, 'block_validity'],
  [0x400, 'discard'],
  [0x800, 'nodelalloc'],
]
const JOURNAL_MODES = [undefined, 'journal_data', 'journal_data_ordered', 'journal_data_writeback']
const UUID = /^(.{8})(.{4})(.{4})(.{4})/

/**
 * @param bytes the superblock; @param size bytes of the place that the file system lies in
 * @param damaged makes an error from what is wrong
 */
export function readSuperblock(bytes: Buffer, size: number, damaged: (what: string) => KilnError): ExtFacts {
  const features = featuresOf(bytes.readUInt32LE(0x5c), bytes.readUInt32LE(0x60), bytes.readUInt32LE(0x64))
  const has = (name: string) => features.all.has(name)
  if (has('metadata_csum') && crc32c(bytes.subarray(0, 0x3fc)) !== bytes.readUInt32LE(0x3fc))
    throw damaged('the checksum of its superblock is wrong')
  const high = (at: number) => (has('64bit') ? bytes.readUInt32LE(at) * 2 ** 32 : 0)
  const old = bytes.readUInt32LE(0x4c) === 0
  const text = (at: number, length: number) =>
    bytes.toString('utf8', at, at + length).split('\0', 1)[0] || undefined
  const time = (at: number, highAt: number) => bytes.readUInt32LE(at) + bytes[highAt]! * 2 ** 32
  const [blockLog, clusterLog] = [bytes.readUInt32LE(0x18), bytes.readUInt32LE(0x1c)]
  if (blockLog > 6) throw damaged(`its superblock names blocks of 2 to the ${blockLog + 10} bytes`)
  if (has('bigalloc') && (clusterLog < blockLog || clusterLog > 20))
    throw damaged(`its superblock names clusters of 2 to the ${clusterLog + 10} bytes`)
  const blockSize = 1024 << blockLog
  const options = bytes.readUInt32LE(0x100)
  const facts: ExtFacts = {
    ...features,
    label: text(0x78, 16),
    uuid: bytes.toString('hex', 0x68, 0x78).replace(UUID, '$1-$2-$3-$4-'),
    blockSize,
    clusterSize: has('bigalloc') ? 1024 << clusterLog : blockSize,
    blocks: bytes.readUInt32LE(4) + high(0x150),
    reservedBlocks: bytes.readUInt32LE(8) + high(0x154),
    freeBlocks: bytes.readUInt32LE(0xc) + high(0x158),
    inodeSize: old ? 128 : bytes.readUInt16LE(0x58),
    inodes: bytes.readUInt32LE(0),
    freeInodes: bytes.readUInt32LE(0x10),
    extraInodeSize: { least: bytes.readUInt16LE(0x15c), wanted: bytes.readUInt16LE(0x15e) },
    hash: { seed: bytes.toString('hex', 0xec, 0xfc).replace(UUID, '$1-$2-$3-$4-'), version: bytes[0xfc]! },
    onError:
      (['continue', 'continue', 'remount-ro', 'panic'] as const)[bytes.readUInt16LE(0x3c)] ?? 'continue',
    mountOptions: [
      ...MOUNT_OPTIONS.filter(([bit]) => (options & bit) !== 0).map(([, name]) => name),
      JOURNAL_MODES[(options >> 5) & 3] ?? [],
    ].flat(),
    extraMountOptions: text(0x200, 64),
    lastMounted: text(0x88, 64),
    made: time(0x108, 0x276),
    mounted: time(0x2c, 0x275),
    written: time(0x30, 0x274),
    mountCount: bytes.readUInt16LE(0x34),
    stride: bytes.readUInt16LE(0x164),
    stripeWidth: bytes.readUInt32LE(0x170),
    journalInode: has('has_journal') ? bytes.readUInt32LE(0xe0) : 0,
    layout: readLayout(bytes, has),
  }
  look(facts, size, damaged)
  return facts
}

function readLayout(bytes: Buffer, has: (name: string) => boolean): Layout {
  const firstDataBlock = bytes.readUInt32LE(0x14)
  const blocksPerGroup = bytes.readUInt32LE(0x20)
  const blocks = bytes.readUInt32LE(4) + (has('64bit') ? bytes.readUInt32LE(0x150) * 2 ** 32 : 0)
  return {
    firstDataBlock,
    groups: Math.ceil((blocks - firstDataBlock) / Math.max(1, blocksPerGroup)),
    blocksPerGroup,
    inodesPerGroup: bytes.readUInt32LE(0x28),
    descriptorSize: has('64bit') ? bytes.readUInt16LE(0xfe) : 32,
    firstMetaGroup: has('meta_bg') ? bytes.readUInt32LE(0x104) : Number.POSITIVE_INFINITY,
    backupGroups: has('sparse_super2') ? [bytes.readUInt32LE(0x24c), bytes.readUInt32LE(0x250)] : [],
  }
}

/** Whether all numbers go together, and with what is there. */
function look(facts: ExtFacts, size: number, damaged: (what: string) => KilnError): void {
  const { blockSize, blocks, inodeSize, inodes, clusterSize, layout } = facts
  const power = (value: number) => value > 0 && (value & (value - 1)) === 0
  if (!Number.isSafeInteger(blocks * blockSize) || blocks * blockSize > size)
    throw damaged(
      `it is larger (${blocks} blocks of ${blockSize} bytes) than the place it lies in (${size} bytes)`,
    )
  if (layout.firstDataBlock > 1 || blocks <= layout.firstDataBlock + 1)
    throw damaged('its superblock names no blocks')
  if (!power(inodeSize) || inodeSize < 128 || inodeSize > blockSize)
    throw damaged(`its superblock names inodes of ${inodeSize} bytes`)
  const perGroup = layout.blocksPerGroup / (clusterSize / blockSize)
  if (!Number.isInteger(perGroup) || perGroup < 8 || perGroup > blockSize * 8)
    throw damaged(`its superblock names groups of ${layout.blocksPerGroup} blocks`)
  if (layout.inodesPerGroup < 1 || layout.inodesPerGroup > blockSize * 8)
    throw damaged(`its superblock names ${layout.inodesPerGroup} inodes in a group`)
  if (inodes !== layout.groups * layout.inodesPerGroup)
    throw damaged('its superblock names another number of inodes than there are')
  if (!power(layout.descriptorSize) || layout.descriptorSize < 32 || layout.descriptorSize > blockSize)
    throw damaged(`its superblock names descriptors of ${layout.descriptorSize} bytes`)
}
