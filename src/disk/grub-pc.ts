import { type Piece, SECTOR } from './gpt.ts'

/**
 * What must be changed in GRUB's two images for PC BIOS so that they find each other on a disk. `boot.img` is the boot
 * code of the first sector; it loads the first sector of `core.img`, which has a list of where the rest lies.
 */

/** Boot code ends where the disk's own signature and the partition table begin. */
export const BOOT_CODE_BYTES = 440

/** In boot.img: number of core.img's first sector, 8 bytes. */
const KERNEL_SECTOR = 0x5c
/** In boot.img: a jump that makes it mistrust the drive number of the BIOS; two NOPs in its place trust hard disks. */
const DRIVE_CHECK = 0x66
/** In core.img's first sector: the last entry of its block list (start 8 bytes, sectors 2, segment 2). */
const BLOCK_LIST = SECTOR - 12
/** Real-mode segment that the second sector of core.img is loaded to. */
const CORE_SEGMENT = 0x820

/**
 * Changes to make after boot.img was put at 0 and core.img at `offset`.
 * @param offset byte offset of core.img on the disk, whole sectors
 * @param bytes size of core.img
 */
export function grubPatches(offset: number, bytes: number): Piece[] {
  const first = offset / SECTOR
  const sectors = Math.ceil(bytes / SECTOR)
  if (!Number.isInteger(first) || sectors < 2 || sectors > 0xffff)
    throw new RangeError(`a core.img of ${bytes} bytes cannot be put at ${offset}`)
  const list = new Uint8Array(12)
  const view = new DataView(list.buffer)
  view.setBigUint64(0, BigInt(first + 1), true)
  view.setUint16(8, sectors - 1, true)
  view.setUint16(10, CORE_SEGMENT, true)
  const start = new Uint8Array(8)
  new DataView(start.buffer).setBigUint64(0, BigInt(first), true)
  return [
    { offset: KERNEL_SECTOR, bytes: start },
    { offset: DRIVE_CHECK, bytes: Uint8Array.of(0x90, 0x90) },
    { offset: offset + BLOCK_LIST, bytes: list },
  ]
}
