/** Goes up when an inventory says more or says it otherwise: what was read before is read again. */
export const INVENTORY_VERSION = 2

/** What is inside of an image: everything but the list of its files, which is a text of its own. */
export interface Inventory {
  readonly version: typeof INVENTORY_VERSION
  /** `/etc/os-release`, by its names in capitals. */
  readonly os: Readonly<Record<string, string>>
  /** By name and architecture. */
  readonly packages: readonly InstalledPackage[]
  /** Packages of Python that the package manager does not know, by name and place. */
  readonly python: readonly PythonPackage[]
  /** Of the system's systemd that something wants, by name. */
  readonly units: readonly Unit[]
  readonly users: readonly User[]
  readonly groups: readonly Group[]
  /** Programs that run as somebody else or may do more than who starts them, by path. */
  readonly privileged: readonly Privileged[]
  readonly kernels: readonly Kernel[]
  readonly bootLoaders: readonly BootLoader[]
  readonly totals: Totals
}

export interface InstalledPackage {
  readonly name: string
  readonly version: string
  readonly arch: string
  /** Source package and its version, where they are not the same as the package's. */
  readonly source?: string
  readonly sourceVersion?: string
  readonly section?: string
  readonly homepage?: string
  readonly maintainer?: string
  /** Names of licences as Debian writes them, sorted; none where the package does not say so in a way that can be read. */
  readonly licences: readonly string[]
}

export interface PythonPackage {
  /** Normal form: lower case, one hyphen between words. */
  readonly name: string
  readonly version: string
  /** Folder of what it says of itself. */
  readonly path: string
  /** As it says itself. */
  readonly licence?: string
}

export interface Unit {
  readonly name: string
  /** Units that want or require it, by a link in their folder. */
  readonly wantedBy: readonly string[]
  /** What it wants and requires by itself. */
  readonly wants: readonly string[]
  /** Addresses that it listens at, as its file says: `ListenStream=22` is `stream 22`. */
  readonly listens?: readonly string[]
  /** It cannot be started. */
  readonly masked?: true
}

export interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
}

export interface Group {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

export interface Privileged {
  readonly path: string
  readonly mode: string
  readonly uid: number
  readonly gid: number
  readonly setuid?: true
  readonly setgid?: true
  /** As `getcap` writes them. */
  readonly capabilities?: string
}

export interface Kernel {
  readonly path: string
  readonly version: string
  readonly sha256: string
}

export interface BootLoader {
  readonly name: 'grub' | 'shim' | 'systemd-boot' | 'syslinux'
  readonly firmware: 'bios' | 'uefi'
  /** Version of its package, where one brought it. */
  readonly version?: string
}

export interface Totals {
  readonly files: number
  readonly folders: number
  readonly links: number
  readonly others: number
  /** Of all files. */
  readonly bytes: number
  /** Files that are too large to be read: they are listed without a digest, and nothing is known of their content. */
  readonly unread: number
}

/** One thing of a tree, a line of JSON in the list of files. Members in this order. */
export interface ListedFile {
  /** Absolute. Bytes that are not UTF-8 are lone surrogates. */
  readonly path: string
  /** Left out for a file. */
  readonly kind?: string
  readonly mode: string
  readonly uid: number
  readonly gid: number
  readonly size?: number
  readonly sha256?: string
  readonly target?: string
  readonly device?: readonly [number, number]
  readonly capabilities?: string
  /** Other extended attributes, in base64. */
  readonly attributes?: Readonly<Record<string, string>>
}
