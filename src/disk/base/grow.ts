import { inputError } from '../../core/error.ts'
import { crc32, type Piece, SECTOR } from '../gpt.ts'
import type { Extent } from '../layout.ts'
import type { Source } from './copy.ts'

/** A partition and its new place; it begins where it began. */
export interface Grown {
  readonly partition: number
  readonly extent: Extent
}

/**
 * The partition table of a disk of which only the size has changed: what must be written so that it fits `bytes`. The
 * copy at the end of a GPT moves there; types, names and ids stay.
 * @throws KilnError `KILN_DISK_SIZE` when the table is of a kind that cannot be changed.
 */
export async function grownTable(
  disk: Source,
  kind: 'gpt' | 'mbr' | 'none',
  bytes: number,
  grown: Grown | undefined,
): Promise<Piece[]> {
  if (kind === 'none') return []
  const mbr = Buffer.from(await disk.read(0, SECTOR))
  return kind === 'gpt' ? grownGpt(disk, mbr, bytes, grown) : grown ? grownMbr(mbr, grown) : []
}

async function grownGpt(
  disk: Source,
  mbr: Buffer,
  bytes: number,
  grown: Grown | undefined,
): Promise<Piece[]> {
  const header = Buffer.from(await disk.read(SECTOR, SECTOR))
  if (header.toString('latin1', 0, 8) !== 'EFI PART') throw cannot('its partition table has large sectors')
  const length = header.readUInt32LE(12)
  const [start, count, each] = [
    Number(header.readBigUInt64LE(72)),
    header.readUInt32LE(80),
    header.readUInt32LE(84),
  ]
  const table = Buffer.from(await disk.read(start * SECTOR, count * each))
  if (grown)
    table.writeBigUInt64LE(
      BigInt((grown.extent.offset + grown.extent.bytes) / SECTOR - 1),
      (grown.partition - 1) * each + 40,
    )
  const last = Math.floor(bytes / SECTOR) - 1
  const tableSectors = Math.ceil(table.length / SECTOR)
  const copy = (self: number, other: number, at: number): Buffer => {
    const made = Buffer.from(header)
    made.writeBigUInt64LE(BigInt(self), 24)
    made.writeBigUInt64LE(BigInt(other), 32)
    made.writeBigUInt64LE(BigInt(last - tableSectors - 1), 48)
    made.writeBigUInt64LE(BigInt(at), 72)
    made.writeUInt32LE(crc32(table), 88)
    made.writeUInt32LE(0, 16)
    made.writeUInt32LE(crc32(made.subarray(0, length)), 16)
    return made
  }
  // The whole disk, for those who know no GPT.
  const protective = [0, 1, 2, 3].map((n) => 446 + 16 * n).find((at) => mbr[at + 4] === 0xee)
  if (protective !== undefined) mbr.writeUInt32LE(Math.min(last, 0xffffffff), protective + 12)
  return [
    { offset: 446, bytes: mbr.subarray(446) },
    { offset: SECTOR, bytes: copy(1, last, start) },
    { offset: start * SECTOR, bytes: table },
    { offset: (last - tableSectors) * SECTOR, bytes: table },
    { offset: last * SECTOR, bytes: copy(last, 1, last - tableSectors) },
  ]
}

function grownMbr(mbr: Buffer, { partition, extent }: Grown): Piece[] {
  if (partition > 4) throw cannot('its last partition is a logical one')
  const sectors = extent.bytes / SECTOR
  if (sectors + extent.offset / SECTOR > 0xffffffff) throw cannot('an MBR ends at 2 TiB')
  const entry = Buffer.from(mbr.subarray(446 + 16 * (partition - 1), 446 + 16 * partition))
  // Cylinders, heads and sectors of what no such address can reach.
  entry.set([0xfe, 0xff, 0xff], 5)
  entry.writeUInt32LE(sectors, 12)
  return [{ offset: 446 + 16 * (partition - 1), bytes: entry }]
}

function cannot(why: string) {
  return inputError('KILN_DISK_SIZE', `The disk image cannot grow: ${why}.`, {
    hint: 'Make room in the image itself, or build from an operating system.',
  })
}
