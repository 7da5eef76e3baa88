import { crc32 } from 'node:zlib'
import type { Bytes } from '../bytes.ts'
import { imageDamaged } from '../errors.ts'
import { kindOf } from './kinds.ts'
import type { DiskPartition, PartitionTable } from './table.ts'

/** Sectors of disks; the second kind is rare. */
const SECTORS = [512, 4096]
/** Of all entries together; a table has 16 KiB. */
const LARGEST = 1 << 20
const UNUSED = '00000000-0000-0000-0000-000000000000'

/**
 * The GPT of a disk that says it has one; the table at its end where the first one is damaged.
 * @throws KilnError (input) `KILN_IMAGE_DAMAGED` when both are.
 */
export async function readGpt(disk: Bytes, where: string): Promise<PartitionTable> {
  for (const sector of SECTORS) {
    for (const place of [sector, disk.size - (disk.size % sector) - sector]) {
      if (place < sector || place + sector > disk.size) continue
      const header = await disk.read(place, 512)
      if (header.toString('latin1', 0, 8) !== 'EFI PART') continue
      const table = await readAt(disk, header, sector, place, where)
      if (table) return table
    }
  }
  throw imageDamaged(where, 'the disk says that it has a GPT, but neither of its two tables is whole')
}

/** The table of one header, undefined where its checksums are wrong or it is not where it says. */
async function readAt(
  disk: Bytes,
  header: Buffer,
  sector: number,
  place: number,
  where: string,
): Promise<PartitionTable | undefined> {
  const length = header.readUInt32LE(12)
  if (length < 92 || length > header.length) return undefined
  const zeroed = Buffer.from(header.subarray(0, length))
  zeroed.fill(0, 16, 20)
  if (crc32(zeroed) !== header.readUInt32LE(16)) return undefined
  if (Number(header.readBigUInt64LE(24)) * sector !== place) return undefined
  const count = header.readUInt32LE(80)
  const each = header.readUInt32LE(84)
  const start = Number(header.readBigUInt64LE(72)) * sector
  if (each < 128 || each % 8 !== 0 || count * each > LARGEST || start + count * each > disk.size)
    return undefined
  const bytes = await disk.read(start, count * each)
  if (crc32(bytes) !== header.readUInt32LE(88)) return undefined
  const partitions: DiskPartition[] = []
  for (let n = 0; n < count; n++) {
    const partition = entry(bytes.subarray(n * each, n * each + 128), n + 1, sector, where)
    if (partition) partitions.push(partition)
  }
  return { kind: 'gpt', id: guidAt(header, 56), partitions }
}

function entry(bytes: Buffer, number: number, sector: number, where: string): DiskPartition | undefined {
  const type = guidAt(bytes, 0)
  if (type === UNUSED) return undefined
  const first = Number(bytes.readBigUInt64LE(32))
  const last = Number(bytes.readBigUInt64LE(40))
  if (last < first) throw imageDamaged(where, `partition ${number} ends before it begins`)
  const name = bytes.toString('utf16le', 56, 128)
  return {
    number,
    kind: kindOf(type),
    type,
    name: name.split('\0', 1)[0]!.toWellFormed(),
    uuid: guidAt(bytes, 16),
    offset: first * sector,
    bytes: (last - first + 1) * sector,
  }
}

/** A GUID as text: its first three groups lie little-endian. */
export function guidAt(bytes: Buffer, at: number): string {
  const hex = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
    .map((n) => bytes[at + n]!.toString(16).padStart(2, '0'))
    .join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
