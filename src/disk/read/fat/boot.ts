import type { KilnError } from '../../../core/error.ts'
import type { Bytes } from '../bytes.ts'
import { fileSystemDamaged } from '../errors.ts'

/** Where things lie in a FAT file system; all of it lies in its place. */
export interface FatLayout {
  /** Bits of an entry of the table: 12, 16 or 32. */
  readonly bits: 12 | 16 | 32
  readonly clusterBytes: number
  /** Clusters of content; the first of them is number 2. */
  readonly clusters: number
  /** Byte at which the table begins, and the cluster number 2. */
  readonly table: number
  readonly content: number
  /** FAT12 and FAT16 have the root folder at a place of its own, FAT32 in a chain of clusters. */
  readonly root: { readonly offset: number; readonly bytes: number } | { readonly cluster: number }
  /** As in `/dev/disk/by-uuid`: `1A2B-3C4D`. */
  readonly uuid: string | undefined
  readonly label: string | undefined
}

/** @throws KilnError (input) `KILN_FILE_SYSTEM_DAMAGED` when its first sector contradicts itself or the place. */
export async function readBoot(bytes: Bytes, where: string): Promise<FatLayout> {
  const boot = await bytes.read(0, 512)
  const damaged = (what: string): KilnError => fileSystemDamaged(where, what)
  const sector = boot.readUInt16LE(11)
  const perCluster = boot[13]!
  const reserved = boot.readUInt16LE(14)
  const rootEntries = boot.readUInt16LE(17)
  const sectors = boot.readUInt16LE(19) || boot.readUInt32LE(32)
  const tableSectors = boot.readUInt16LE(22) || boot.readUInt32LE(36)
  const rootSectors = Math.ceil((rootEntries * 32) / sector)
  const before = reserved + boot[16]! * tableSectors + rootSectors
  if (sectors * sector > bytes.size) throw damaged('it is larger than the place it lies in')
  const clusters = Math.floor((sectors - before) / perCluster)
  if (clusters < 1 || tableSectors === 0) throw damaged('its first sector names no content')
  // The number of clusters alone says which kind it is.
  const wide = boot.readUInt16LE(22) === 0
  const bits = wide ? 32 : clusters < 4085 ? 12 : 16
  if (Math.ceil(((clusters + 2) * bits) / 8) > tableSectors * sector) throw damaged('its table is too small')
  const extra = wide ? 64 : 36
  const signed = boot[extra + 2] === 0x29 || boot[extra + 2] === 0x28
  return {
    bits,
    clusterBytes: perCluster * sector,
    clusters,
    table: reserved * sector,
    content: before * sector,
    root: wide
      ? { cluster: boot.readUInt32LE(44) }
      : { offset: (before - rootSectors) * sector, bytes: rootEntries * 32 },
    uuid: signed ? serial(boot.readUInt32LE(extra + 3)) : undefined,
    label: boot[extra + 2] === 0x29 ? labelOf(boot.subarray(extra + 7, extra + 18)) : undefined,
  }
}

/** A name of eleven bytes; undefined where there is none. */
export function labelOf(bytes: Buffer): string | undefined {
  const label = bytes.toString('latin1').trimEnd()
  return label === '' || label === 'NO NAME' ? undefined : label
}

function serial(value: number): string {
  return value
    .toString(16)
    .toUpperCase()
    .padStart(8, '0')
    .replace(/^(.{4})/, '$1-')
}
