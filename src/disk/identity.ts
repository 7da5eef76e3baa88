import { createHash } from 'node:crypto'
import { inputError } from '../core/error.ts'

/** All the identifiers of a disk, every one a function of its seed. */
export interface Identity {
  readonly disk: string
  /** File system UUID of the root, and what its directory hashes start from. */
  readonly root: string
  readonly rootHash: string
  readonly partitions: Readonly<Record<'bios' | 'esp' | 'root', string>>
  /** FAT volume id, 8 hexadecimal digits in lower case. */
  readonly esp: string
}

/**
 * The identifiers that belong to a seed of 64 hexadecimal digits.
 * @throws KilnError `KILN_DISK_SEED` for anything else.
 */
export function identity(seed: string): Identity {
  if (!/^[0-9a-f]{64}$/.test(seed))
    throw inputError('KILN_DISK_SEED', 'The seed of a disk must be 64 lower-case hexadecimal digits.')
  const bytes = (use: string) => createHash('sha256').update(`kiln disk ${use} ${seed}`).digest()
  const uuid = (use: string) => {
    const id = bytes(use).subarray(0, 16)
    // Version 4, variant 1: what programs expect of a UUID without any other meaning.
    id[6] = (id[6]! & 0x0f) | 0x40
    id[8] = (id[8]! & 0x3f) | 0x80
    return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }
  return {
    disk: uuid('disk'),
    root: uuid('root'),
    rootHash: uuid('root hash'),
    partitions: { bios: uuid('partition bios'), esp: uuid('partition esp'), root: uuid('partition root') },
    esp: bytes('esp').subarray(0, 4).toString('hex'),
  }
}

/** A FAT volume id as udev, fstab and `blkid` write it: `ABCD-1234`. */
export function fatUuid(id: string): string {
  return `${id.slice(0, 4)}-${id.slice(4)}`.toUpperCase()
}
