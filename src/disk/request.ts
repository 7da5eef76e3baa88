import type { Sandbox } from '../tools/sandbox/sandbox.ts'

/** How a machine starts: legacy BIOS, or UEFI (Secure Boot included). */
export type Firmware = 'bios' | 'uefi'

/** What a disk is made of. All paths are the sandbox's. */
export interface DiskRequest {
  readonly sandbox: Sandbox
  /** Root of the finished guest tree. {@link prepareBoot} writes into it, {@link writeDisk} only reads it. */
  readonly tree: string
  /** Folder to write in; must exist. */
  readonly work: string
  /** Seconds since 1970: later times are clamped to it. */
  readonly epoch: number
  /** 64 hexadecimal digits that every UUID, hash seed and volume id derives from. */
  readonly seed: string
  /** Bytes of the virtual disk; default: what the content needs and some room to start. */
  readonly size?: number | undefined
  readonly firmware: readonly Firmware[]
  /** Name of the distribution's folder on the EFI system partition: `debian`. */
  readonly vendor: string
  /** ext4 features that the guest's boot loader or kernel cannot read. */
  readonly ext4Without: readonly string[]
  /** Kernel command line besides `root=` and `ro`. Default: {@link COMMAND_LINE}. */
  readonly commandLine?: string | undefined
  /** Seconds that the boot menu waits; default 1. */
  readonly timeout?: number | undefined
}

/** Kernel messages and a login prompt on the screen and on the first serial port. */
export const COMMAND_LINE = 'console=tty0 console=ttyS0,115200'

/** One partition of a written disk; `offset` and `bytes` count from the disk's start. */
export interface Partition {
  readonly number: number
  readonly kind: 'bios' | 'esp' | 'root'
  readonly uuid: string
  readonly offset: number
  readonly bytes: number
}

/** What {@link writeDisk} made. */
export interface WrittenDisk {
  /** The sparse raw disk, a sandbox path. */
  readonly raw: string
  /** Its virtual size. */
  readonly bytes: number
  readonly partitions: readonly Partition[]
  /** File system UUIDs as the guest's fstab and grub.cfg name them. */
  readonly rootUuid: string
  readonly espId: string | undefined
}
