import { type Bytes, inside } from '../bytes.ts'
import { imageDamaged } from '../errors.ts'
import { readGpt } from './gpt.ts'
import type { PartitionKind } from './kinds.ts'
import { hasProtective, readMbr } from './mbr.ts'

export interface DiskPartition {
  /** The number in `/dev/vda1`; 0 where the disk has no table and is one file system. */
  readonly number: number
  /** What it is for, by its type; `other` also where there is no table. */
  readonly kind: PartitionKind
  /** GPT: a GUID in lower case; MBR: `0x83`. */
  readonly type: string | undefined
  /** GPT only. */
  readonly name: string | undefined
  /** As in `/dev/disk/by-partuuid`. */
  readonly uuid: string | undefined
  /** Where it lies on the disk, in bytes. */
  readonly offset: number
  readonly bytes: number
}

export interface PartitionTable {
  readonly kind: 'gpt' | 'mbr' | 'none'
  /** GUID of a GPT, eight digits of hex of an MBR. */
  readonly id: string | undefined
  /** By number. Each lies in the disk, and none over another. */
  readonly partitions: readonly DiskPartition[]
}

/**
 * The partition table of a disk; without one, a single partition that is all of it.
 * @throws KilnError (input) `KILN_IMAGE_DAMAGED` when it contradicts itself or the size of the disk.
 */
export async function readTable(disk: Bytes, where: string): Promise<PartitionTable> {
  const table = (await hasProtective(disk)) ? await readGpt(disk, where) : await readMbr(disk, where)
  if (!table) {
    const whole = { number: 0, kind: 'other', type: undefined, name: undefined, uuid: undefined } as const
    return { kind: 'none', id: undefined, partitions: [{ ...whole, offset: 0, bytes: disk.size }] }
  }
  const byPlace = table.partitions.toSorted((a, b) => a.offset - b.offset)
  for (const [n, { number, offset, bytes }] of byPlace.entries()) {
    if (!inside(disk.size, offset, bytes))
      throw imageDamaged(where, `partition ${number} ends behind the end of the disk`)
    const before = byPlace[n - 1]
    if (before && before.offset + before.bytes > offset)
      throw imageDamaged(where, `partitions ${before.number} and ${number} lie over each other`)
  }
  return { ...table, partitions: table.partitions.toSorted((a, b) => a.number - b.number) }
}
