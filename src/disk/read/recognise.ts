import type { Bytes } from './bytes.ts'

export type FileSystemKind =
  | 'ext2'
  | 'ext3'
  | 'ext4'
  | 'vfat'
  | 'xfs'
  | 'btrfs'
  | 'lvm'
  | 'luks'
  | 'swap'
  | 'raid'
  | 'iso9660'
  | 'squashfs'
  | 'erofs'
  | 'f2fs'
  | 'ntfs'
  | 'exfat'
  | 'unknown'

export interface Recognised {
  /** `ext4` stands for ext2 and ext3, too, until more of it was read. */
  readonly kind: FileSystemKind
  readonly label: string | undefined
  /** As in `/dev/disk/by-uuid`. */
  readonly uuid: string | undefined
}

type Look = (bytes: Buffer) => Omit<Recognised, 'kind'> | boolean

const text = (bytes: Buffer, from: number, length: number) => {
  const end = bytes.subarray(from, from + length).indexOf(0)
  const label = bytes.toString('utf8', from, from + (end < 0 ? length : end)).trimEnd()
  return label === '' ? undefined : label
}
const uuidAt = (bytes: Buffer, at: number) =>
  bytes.toString('hex', at, at + 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
const has = (bytes: Buffer, at: number, magic: string) =>
  bytes.toString('latin1', at, at + magic.length) === magic

/** How much {@link recognise} reads: the mark of btrfs lies furthest behind. */
const LOOKED_AT = 0x10000 + 1024

const KINDS: readonly (readonly [FileSystemKind, Look])[] = [
  [
    'luks',
    (b) =>
      has(b, 0, 'LUKS\xba\xbe') && {
        label: b[7] === 2 ? text(b, 24, 48) : undefined,
        uuid: text(b, 168, 40),
      },
  ],
  ['lvm', lvm],
  ['swap', swap],
  ['xfs', (b) => has(b, 0, 'XFSB') && { label: text(b, 108, 12), uuid: uuidAt(b, 32) }],
  ['btrfs', (b) => has(b, 0x10040, '_BHRfS_M') && { label: text(b, 0x1012b, 256), uuid: uuidAt(b, 0x10020) }],
  ['squashfs', (b) => has(b, 0, 'hsqs')],
  [
    'erofs',
    (b) => has(b, 1024, '\xe2\xe1\xf5\xe0') && { label: text(b, 1024 + 64, 16), uuid: uuidAt(b, 1024 + 48) },
  ],
  ['f2fs', (b) => has(b, 1024, '\x10\x20\xf5\xf2') && { label: undefined, uuid: uuidAt(b, 1024 + 108) }],
  ['raid', (b) => has(b, 0, '\xfc\x4e\x2b\xa9') || has(b, 4096, '\xfc\x4e\x2b\xa9')],
  ['ext4', (b) => has(b, 1080, '\x53\xef') && { label: text(b, 1144, 16), uuid: uuidAt(b, 1128) }],
  ['ntfs', (b) => has(b, 3, 'NTFS    ') && { label: undefined, uuid: b.toString('hex', 72, 80) }],
  ['exfat', (b) => has(b, 3, 'EXFAT   ')],
  ['iso9660', (b) => has(b, 0x8001, 'CD001') && { label: text(b, 0x8028, 32), uuid: undefined }],
  ['vfat', (b) => isFat(b)],
]

/** What lies in a partition, by its marks: nothing in it has been looked at any further. */
export async function recognise(bytes: Bytes): Promise<Recognised> {
  // Filled up with zeros, so that every mark can be looked for.
  const start = Buffer.alloc(LOOKED_AT)
  const there = await bytes.read(0, Math.min(bytes.size, LOOKED_AT))
  there.copy(start)
  for (const [kind, look] of KINDS) {
    const found = look(start)
    if (found) return { kind, ...(found === true ? { label: undefined, uuid: undefined } : found) }
  }
  return { kind: 'unknown', label: undefined, uuid: undefined }
}

function lvm(bytes: Buffer): ReturnType<Look> {
  const at = [0, 512, 1024, 1536].find((n) => has(bytes, n, 'LABELONE') && has(bytes, n + 24, 'LVM2 001'))
  if (at === undefined) return false
  const id = bytes.toString('latin1', at + 32, at + 64)
  return { label: undefined, uuid: id.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-$5-$6-') }
}

/** The mark stands at the end of the first page, whose size is the machine's. */
function swap(bytes: Buffer): ReturnType<Look> {
  const there = [4096, 8192, 16384, 65536].some((page) => has(bytes, page - 10, 'SWAPSPACE2'))
  return there && { label: text(bytes, 1052, 16), uuid: uuidAt(bytes, 1036) }
}

function isFat(bytes: Buffer): boolean {
  const jump = bytes[0] === 0xeb || bytes[0] === 0xe9
  const sector = bytes.readUInt16LE(11)
  const perCluster = bytes[13]!
  const copies = bytes[16]!
  return (
    jump &&
    bytes.readUInt16BE(510) === 0x55aa &&
    [512, 1024, 2048, 4096].includes(sector) &&
    perCluster > 0 &&
    (perCluster & (perCluster - 1)) === 0 &&
    bytes.readUInt16LE(14) > 0 &&
    copies > 0 &&
    copies <= 4 &&
    bytes[21]! >= 0xf0
  )
}
