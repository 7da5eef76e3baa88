import { stat } from 'node:fs/promises'
import { KilnError } from '../../core/error.ts'
import type { Disk, DiskPartition } from '../../disk/index.ts'
import type { ImageFacts, PartitionFacts } from './types.ts'

/** More programs for a firmware than this are not named. */
const MOST_PROGRAMS = 50

/** What a disk is: its table, its file systems, what starts it. */
export async function factsOf(
  disk: Disk,
  name: string,
): Promise<{ readonly facts: ImageFacts; readonly notes: readonly string[] }> {
  const table = await disk.table()
  const notes: string[] = []
  const partitions: PartitionFacts[] = []
  const uefi: string[] = []
  for (const partition of table.partitions) {
    const found = await partitionOf(disk, partition)
    partitions.push(found.facts)
    notes.push(...found.notes)
    uefi.push(...found.programs)
  }
  const { blocks } = await stat(disk.path)
  return {
    facts: {
      name,
      format: disk.format,
      size: disk.size,
      stored: blocks * 512,
      table: table.kind,
      tableId: table.id,
      partitions,
      bios: await bootCode(disk),
      uefi,
    },
    notes,
  }
}

async function partitionOf(
  disk: Disk,
  partition: DiskPartition,
): Promise<{
  readonly facts: PartitionFacts
  readonly notes: readonly string[]
  readonly programs: readonly string[]
}> {
  try {
    const { kind, label, uuid, tree, ext, refusal, journaled } = await disk.fileSystem(partition)
    const programs: string[] = []
    if (kind === 'vfat' && tree)
      for await (const { path } of tree.walk())
        if (/^efi\/.*\.efi$/i.test(path) && programs.length < MOST_PROGRAMS) programs.push(path)
    const place = partition.number === 0 ? 'The file system' : `Partition ${partition.number}`
    return {
      facts: {
        ...partition,
        fileSystem: {
          kind,
          label,
          uuid,
          used: ext && (ext.blocks - ext.freeBlocks) * ext.blockSize,
          features: ext && [...ext.all].sort(),
          problem: kind === 'unknown' || kind === 'swap' ? undefined : refusal?.message,
        },
      },
      notes:
        journaled > 0
          ? [`${place} was in use when its disk was copied; it is read as the next start would find it.`]
          : [],
      programs,
    }
  } catch (error) {
    if (!(error instanceof KilnError) || error.fault !== 'input') throw error
    const fileSystem = { kind: 'unknown', problem: error.message } as const
    return { facts: { ...partition, fileSystem }, notes: [], programs: [] }
  }
}

/** Whose code the first sector holds; the names stand in the messages that it would show. */
async function bootCode(disk: Disk): Promise<ImageFacts['bios']> {
  if (disk.size < 512) return undefined
  const sector = await disk.read(0, 512)
  const code = sector.subarray(0, 440)
  // A firmware starts no sector that does not end like this.
  if (sector.readUInt16BE(510) !== 0x55aa || code.every((byte) => byte === 0)) return undefined
  const text = code.toString('latin1')
  if (/GRUB/.test(text)) return 'grub'
  if (/SYSLINUX|EXTLINUX|isolinux/i.test(text)) return 'syslinux'
  // A file system without a table begins with its own first sector.
  return /FAT(12|16|32) {3}|NTFS/.test(text) ? undefined : 'other'
}
