import { inputError } from '../core/error.ts'
import type { Firmware } from './request.ts'

export const MIB = 1024 * 1024
/** Block size of the root file system. */
export const BLOCK = 4096

/** Virtual sizes are multiples of this, so that a little more content seldom changes them. */
const STEP = 64 * MIB
/** Free for the first start, before cloud-init grows the root: logs, host keys, the first packages. */
const ROOM = 256 * MIB
/** Journal of the root file system; it does not grow with the disk later, so it is sized for a grown one. */
export const JOURNAL = 64 * MIB
/** The BIOS boot loader's image lies here. */
const BIOS = { offset: MIB, bytes: 3 * MIB }
/** As small as FAT32 may be in comfort: 33 MB and a few boot loaders. */
const ESP = { offset: 4 * MIB, bytes: 60 * MIB }
/** The backup partition table needs 33 sectors at the end. */
const TAIL = MIB

/** What a tree holds, as {@link measure} counts it. */
export interface Content {
  /** Blocks of {@link BLOCK} bytes that files, directories and long links take. */
  readonly blocks: number
  readonly inodes: number
}

export interface Extent {
  readonly offset: number
  readonly bytes: number
}

export interface Layout {
  /** Virtual size of the disk. */
  readonly bytes: number
  readonly bios: Extent | undefined
  readonly esp: Extent | undefined
  /** Always the last one, so that it can grow. */
  readonly root: Extent
  /** Bytes of root file system for each inode, for `mke2fs -i`. */
  readonly inodeRatio: number
}

const roundUp = (value: number, step: number) => Math.ceil(value / step) * step

/**
 * Where everything lies on a disk that holds `content`.
 * @param size virtual size in bytes; default: the content and room to start
 * @throws KilnError `KILN_DISK_SIZE` when `size` is no whole number of MiB, or too small.
 */
export function layout(content: Content, firmware: readonly Firmware[], size?: number): Layout {
  const esp = firmware.includes('uefi') ? ESP : undefined
  const bios = firmware.includes('bios') ? BIOS : undefined
  const start = esp ? ESP.offset + ESP.bytes : bios ? BIOS.offset + BIOS.bytes : MIB
  const needed = rootNeeds(content)
  const bytes = size ?? roundUp(start + Math.ceil(content.blocks * BLOCK * 0.2) + needed + ROOM + TAIL, STEP)
  if (bytes % MIB !== 0)
    throw inputError('KILN_DISK_SIZE', `A disk of ${bytes} bytes cannot be made: its size must be whole MiB.`)
  const root = { offset: start, bytes: bytes - start - TAIL }
  const least = roundUp(start + needed + TAIL, MIB)
  if (bytes < least)
    throw inputError(
      'KILN_DISK_SIZE',
      `A disk of ${bytes / MIB} MiB is too small for this image, which needs at least ${least / MIB} MiB.`,
      {
        hint: "Leave 'size' out to get the smallest sensible disk: the root file system grows at first boot.",
      },
    )
  return { bytes, bios, esp, root, inodeRatio: inodeRatio(content, root.bytes) }
}

/** The least that a root file system for this content takes: its data, inodes, journal and what ext4 keeps for itself. */
function rootNeeds({ blocks, inodes }: Content): number {
  return Math.ceil((blocks * BLOCK + wantedInodes(inodes) * 256) * 1.02) + JOURNAL + 8 * MIB
}

/** Some inodes must be left for a guest that has not grown yet. */
const wantedInodes = (inodes: number) => Math.ceil(inodes * 1.25) + 4096

/** ext4's usual one inode for 16 KiB, unless the tree has so many small files that this would not do. */
function inodeRatio({ inodes }: Content, bytes: number): number {
  const fits = [16384, 8192, 4096].find((ratio) => Math.floor(bytes / ratio) >= wantedInodes(inodes))
  return fits ?? 2048
}
