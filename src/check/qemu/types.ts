/** How a guest starts. `secureboot` is UEFI that refuses what is not signed with Microsoft's keys. */
export type Firmware = 'bios' | 'uefi' | 'secureboot'

export const FIRMWARES: readonly Firmware[] = ['bios', 'uefi', 'secureboot']

/** `kvm`: the host's processor runs the guest; `emulated`: QEMU translates, ten to twenty times slower. */
export type Accelerator = 'kvm' | 'emulated'

export type DiskBus = 'virtio-blk' | 'virtio-scsi'

export type DiskFormat = 'qcow2' | 'raw' | 'vmdk'

/** A disk beside the image; the path is the sandbox's. */
export interface Drive {
  readonly path: string
  readonly format: DiskFormat
  readonly readOnly?: boolean
}

/** A program of the sandbox that answers each connection of the guest to an address, on its standard streams. */
export interface Forward {
  readonly address: string
  readonly port: number
  readonly command: string
}

/**
 * `restricted`: the guest gets addresses (IPv4 and IPv6) but reaches nothing beyond the forwards; `open`: it reaches
 * what the host reaches; `none`: no network card; `tap`: a device of the sandbox's own network, made beforehand.
 */
export type GuestNetwork =
  | { readonly kind: 'none' }
  | { readonly kind: 'tap'; readonly device: string }
  | {
      readonly kind: 'restricted' | 'open'
      readonly forwards?: readonly Forward[]
      /** The guest's own network holds 169.254.169.254, so that a forward can answer there. */
      readonly wide?: boolean
    }

/** All that decides the command line of one guest. */
export interface Machine {
  readonly firmware: Firmware
  readonly accelerator: Accelerator
  readonly bus: DiskBus
  /** MiB. */
  readonly memory: number
  readonly cpus: number
  /** The machine's identity, as in SMBIOS. */
  readonly uuid: string
  /** SMBIOS product name; cloud-init knows clouds by it. */
  readonly product?: string | undefined
  /** Path of the qcow2 that it starts from. */
  readonly disk: string
  readonly drives: readonly Drive[]
  readonly network: GuestNetwork
}
