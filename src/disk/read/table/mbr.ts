import type { Bytes } from '../bytes.ts'
import { imageDamaged } from '../errors.ts'
import { kindOf } from './kinds.ts'
import type { DiskPartition, PartitionTable } from './table.ts'

const SECTOR = 512
/** Where the four entries begin. */
const ENTRIES = 446
/** A GPT in the rest of the disk. */
const PROTECTIVE = 0xee
/** Types of a partition that holds a chain of further tables. */
const EXTENDED: readonly number[] = [0x05, 0x0f, 0x85]
/** Linux names no more logical partitions of a disk. */
const LOGICAL = 256

interface Entry {
  readonly flag: number
  readonly type: number
  readonly first: number
  readonly sectors: number
}

/** Entries of the first sector that are in use, undefined where it is none of a table: a file system's may end like one. */
async function firstEntries(disk: Bytes): Promise<(Entry & { readonly number: number })[] | undefined> {
  if (disk.size < SECTOR) return undefined
  const sector = await disk.read(0, SECTOR)
  const entries = entriesOf(sector)
  if (!entries || isFileSystem(sector)) return undefined
  const used = entries.map((entry, n) => ({ ...entry, number: n + 1 })).filter(({ type }) => type !== 0)
  const odd = used.some(({ flag, first, sectors }) => (flag & 0x7f) !== 0 || !first || !sectors)
  return used.length === 0 || odd ? undefined : used
}

/** Whether the disk says that it has a GPT. Without that, what looks like one is left from earlier. */
export async function hasProtective(disk: Bytes): Promise<boolean> {
  return (await firstEntries(disk))?.some(({ type }) => type === PROTECTIVE) ?? false
}

/** @returns undefined where there is none. */
export async function readMbr(disk: Bytes, where: string): Promise<PartitionTable | undefined> {
  const used = await firstEntries(disk)
  if (!used) return undefined
  const sector = await disk.read(0, SECTOR)
  const id = sector.readUInt32LE(440).toString(16).padStart(8, '0')
  const partitions = used.filter(({ type }) => !EXTENDED.includes(type)).map((each) => partition(each, id))
  const extended = used.filter(({ type }) => EXTENDED.includes(type))
  if (extended.length > 1) throw imageDamaged(where, 'the disk has two extended partitions')
  for (const { first, sectors } of extended)
    partitions.push(...(await logical(disk, first, sectors, id, where)))
  return { kind: 'mbr', id, partitions }
}

function partition(entry: Entry & { readonly number: number }, id: string): DiskPartition {
  const type = `0x${entry.type.toString(16).padStart(2, '0')}`
  return {
    number: entry.number,
    kind: kindOf(type),
    type,
    name: undefined,
    uuid: `${id}-${entry.number.toString(16).padStart(2, '0')}`,
    offset: entry.first * SECTOR,
    bytes: entry.sectors * SECTOR,
  }
}

/** The chain in an extended partition: each table has one partition and where the next table is. */
async function logical(
  disk: Bytes,
  start: number,
  sectors: number,
  id: string,
  where: string,
): Promise<DiskPartition[]> {
  const found: DiskPartition[] = []
  const end = start + sectors
  for (let at = start; ; ) {
    if (at >= end || (at + 1) * SECTOR > disk.size)
      throw imageDamaged(where, 'the chain of logical partitions leads out of the extended partition')
    const entries = entriesOf(await disk.read(at * SECTOR, SECTOR))
    if (!entries) throw imageDamaged(where, 'the chain of logical partitions leads to what is no table')
    const own = entries.find(({ type }) => type !== 0 && !EXTENDED.includes(type))
    if (own && own.sectors > 0) {
      if (found.length === LOGICAL)
        throw imageDamaged(where, `there are more than ${LOGICAL} logical partitions`)
      found.push(partition({ ...own, first: at + own.first, number: 5 + found.length }, id))
    }
    const next = entries.find(({ type }) => EXTENDED.includes(type))
    if (!next || next.sectors === 0) return found
    // Each further on than the one before: so the chain ends.
    if (start + next.first <= at) throw imageDamaged(where, 'the chain of logical partitions leads back')
    at = start + next.first
  }
}

function entriesOf(sector: Buffer): Entry[] | undefined {
  if (sector.readUInt16BE(510) !== 0x55aa) return undefined
  return [0, 1, 2, 3].map((n) => {
    const at = ENTRIES + n * 16
    return {
      flag: sector[at]!,
      type: sector[at + 4]!,
      first: sector.readUInt32LE(at + 8),
      sectors: sector.readUInt32LE(at + 12),
    }
  })
}

/** FAT and NTFS begin with a jump and sizes of sectors and clusters; a boot loader's first sector has none there. */
function isFileSystem(sector: Buffer): boolean {
  const jump = sector[0] === 0xeb || sector[0] === 0xe9
  const bytes = sector.readUInt16LE(11)
  return jump && [512, 1024, 2048, 4096].includes(bytes) && sector[13] !== 0 && (sector[21] ?? 0) >= 0xf0
}
