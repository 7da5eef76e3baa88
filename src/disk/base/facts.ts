import type { Firmware } from '../request.ts'

/** A file system of a disk image that lies at a place of its tree. */
export interface Mount {
  /** Where it is mounted: `/`, `/boot`. */
  readonly at: string
  /** Number of its partition; 0 when the disk has no partition table. */
  readonly partition: number
  /** What boot loader and kernel may call it: UUID and label of the file system, UUID of the partition. */
  readonly uuid: string
  readonly label: string
  readonly partitionUuid: string
}

/** What is known of a disk image that others are built on, once it was looked into. */
export interface BaseImage {
  /** As the recipe names it; for people. */
  readonly source: string
  /** SHA-256 and bytes of the file. */
  readonly sha256: string
  readonly size: number
  /** Bytes of the disk that a guest sees, and of the files on it. */
  readonly virtualSize: number
  readonly content: number
  readonly firmware: readonly Firmware[]
  readonly table: 'gpt' | 'msdos' | 'none'
  /** Its file systems, the root first. */
  readonly mounts: readonly Mount[]
}
