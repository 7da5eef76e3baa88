/** Bytes of a GUID partition table (UEFI specification, chapter 5), for disks with sectors of 512 bytes. */

export const SECTOR = 512
const ENTRIES = 128
const ENTRY_BYTES = 128
/** Sectors that the table takes at either end beside its header. */
const TABLE_SECTORS = (ENTRIES * ENTRY_BYTES) / SECTOR

export const PARTITION_TYPE = {
  bios: '21686148-6449-6e6f-744e-656564454649',
  esp: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  /** Root of an x86-64 system, which lets systemd find it without a name. */
  root: '4f68bce3-e8cd-4db1-96e7-fbcaf984b709',
} as const

export interface GptPartition {
  /** 1 to 128: the number in `/dev/vda1`. */
  readonly number: number
  readonly type: string
  readonly uuid: string
  readonly name: string
  /** Byte offset and size, whole sectors. */
  readonly offset: number
  readonly bytes: number
}

/** A piece of a disk: these bytes, there. */
export interface Piece {
  readonly offset: number
  readonly bytes: Uint8Array
}

/**
 * A disk's partition table: protective MBR (without boot code), primary table, backup table.
 * @param total bytes of the disk, whole sectors
 */
export function gpt(total: number, disk: string, partitions: readonly GptPartition[]): Piece[] {
  const sectors = total / SECTOR
  const table = new Uint8Array(ENTRIES * ENTRY_BYTES)
  for (const partition of partitions)
    table.set(entry(partition, sectors - 2 - TABLE_SECTORS), (partition.number - 1) * ENTRY_BYTES)
  const header = (self: number, other: number, start: number) => {
    const bytes = new Uint8Array(SECTOR)
    const view = new DataView(bytes.buffer)
    bytes.set(new TextEncoder().encode('EFI PART'))
    view.setUint32(8, 0x10000, true)
    view.setUint32(12, 92, true)
    view.setBigUint64(24, BigInt(self), true)
    view.setBigUint64(32, BigInt(other), true)
    view.setBigUint64(40, BigInt(2 + TABLE_SECTORS), true)
    view.setBigUint64(48, BigInt(sectors - 2 - TABLE_SECTORS), true)
    bytes.set(guid(disk), 56)
    view.setBigUint64(72, BigInt(start), true)
    view.setUint32(80, ENTRIES, true)
    view.setUint32(84, ENTRY_BYTES, true)
    view.setUint32(88, crc32(table), true)
    view.setUint32(16, crc32(bytes.subarray(0, 92)), true)
    return bytes
  }
  const last = sectors - 1
  return [
    // The part of the first sector behind boot code: 440 to 512.
    { offset: 440, bytes: protectiveMbr(sectors) },
    { offset: SECTOR, bytes: header(1, last, 2) },
    { offset: 2 * SECTOR, bytes: table },
    { offset: (last - TABLE_SECTORS) * SECTOR, bytes: table },
    { offset: last * SECTOR, bytes: header(last, 1, last - TABLE_SECTORS) },
  ]
}

function entry(partition: GptPartition, lastUsable: number): Uint8Array {
  const first = partition.offset / SECTOR
  const last = (partition.offset + partition.bytes) / SECTOR - 1
  if (!Number.isInteger(first) || !Number.isInteger(last) || first < 2 + TABLE_SECTORS || last > lastUsable)
    throw new RangeError(`partition ${partition.number} does not lie between the tables`)
  const bytes = new Uint8Array(ENTRY_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(guid(partition.type))
  bytes.set(guid(partition.uuid), 16)
  view.setBigUint64(32, BigInt(first), true)
  view.setBigUint64(40, BigInt(last), true)
  for (const [i, unit] of Array.from(partition.name).entries())
    view.setUint16(56 + 2 * i, unit.charCodeAt(0), true)
  return bytes
}

/** One entry over the whole disk, so that programs that know no GPT take it for full. */
function protectiveMbr(sectors: number): Uint8Array {
  const bytes = new Uint8Array(72)
  const view = new DataView(bytes.buffer)
  bytes.set([0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff], 6)
  view.setUint32(14, 1, true)
  view.setUint32(18, Math.min(sectors - 1, 0xffffffff), true)
  bytes.set([0x55, 0xaa], 70)
  return bytes
}

/** A GUID as it lies on disk: its first three groups little-endian. */
function guid(text: string): Uint8Array {
  const bytes = Uint8Array.from(text.replaceAll('-', '').match(/../g)!, (hex) => Number.parseInt(hex, 16))
  return Uint8Array.of(...[3, 2, 1, 0, 5, 4, 7, 6].map((i) => bytes[i]!), ...bytes.subarray(8))
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  return c
})

/** CRC-32 as GPT, gzip and zip use it. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
