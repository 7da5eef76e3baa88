import type { FileSystemKind, PartitionKind, PartitionTable } from '../../disk/index.ts'
import type { Inventory } from '../inventory/types.ts'

/** What a disk image is and holds. */
export interface Inspection {
  readonly image: ImageFacts
  /** Undefined where no file system of it can be read: `notes` say why. */
  readonly system: System | undefined
  /** What whoever reads this should know, a sentence each. */
  readonly notes: readonly string[]
}

/** What is known of a disk without reading its files. */
export interface ImageFacts {
  readonly name: string
  readonly format: 'raw' | 'qcow2'
  /** Bytes of the disk that a guest sees, and bytes that the file takes. */
  readonly size: number
  readonly stored: number
  readonly table: PartitionTable['kind']
  readonly tableId?: string | undefined
  readonly partitions: readonly PartitionFacts[]
  /** Code in the first sector: whose, as far as it says. */
  readonly bios?: 'grub' | 'syslinux' | 'other' | undefined
  /** Programs that a firmware starts, on EFI system partitions. */
  readonly uefi: readonly string[]
}

export interface PartitionFacts {
  /** 0 where the disk has no table. */
  readonly number: number
  readonly kind: PartitionKind
  readonly type?: string | undefined
  readonly name?: string | undefined
  readonly uuid?: string | undefined
  readonly offset: number
  readonly bytes: number
  readonly fileSystem: {
    readonly kind: FileSystemKind
    readonly label?: string | undefined
    readonly uuid?: string | undefined
    /** Bytes in use, and features by name: ext only. */
    readonly used?: number | undefined
    readonly features?: readonly string[] | undefined
    /** Why its files cannot be read. */
    readonly problem?: string | undefined
  }
}

export interface System extends Inventory {
  /** Those whose records of installed packages are there; only dpkg's are read. */
  readonly packageManagers: readonly PackageManager[]
  /** Folders of the first two levels with what is below them, the largest first. */
  readonly folders: readonly FolderSize[]
  readonly biggest: readonly { readonly path: string; readonly bytes: number }[]
}

export type PackageManager = 'dpkg' | 'rpm' | 'apk' | 'pacman'

export interface FolderSize {
  readonly path: string
  readonly bytes: number
  readonly files: number
}
