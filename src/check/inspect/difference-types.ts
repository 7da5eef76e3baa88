import type { FolderSize, ImageFacts } from './types.ts'

/** What differs between two images, the second seen from the first. */
export interface Comparison {
  readonly from: ImageFacts
  readonly to: ImageFacts
  /** Nothing below says anything. Disk, boot code and file system identities count; times of change do not. */
  readonly same: boolean
  /** Facts by a short name: `system`, `disk size`, `partition 1 uuid`. */
  readonly facts: readonly Changed<string>[]
  readonly packages: Lists<PackageChange>
  readonly units: Lists<NamedChange>
  readonly users: Lists<NamedChange>
  readonly groups: Lists<NamedChange>
  readonly kernels: Lists<NamedChange>
  readonly files: Lists<FileChange>
  /** Bytes of all files. */
  readonly bytes: { readonly from: number; readonly to: number }
  /** Folders whose size differs, those that grew or shrank most first. */
  readonly folders: readonly FolderChange[]
}

/** By name or path. */
export interface Lists<T> {
  readonly added: readonly T[]
  readonly removed: readonly T[]
  readonly changed: readonly T[]
}

export interface Changed<T> {
  readonly name: string
  readonly from?: T | undefined
  readonly to?: T | undefined
}

export interface PackageChange extends Changed<string> {
  readonly arch: string
}

/** What is said of it, in short: `wanted by multi-user.target`, `uid 1000, /bin/bash`. */
export type NamedChange = Changed<string>

export interface FileChange {
  /** Absolute. */
  readonly path: string
  readonly kind: string
  /** What differs: `kind`, `content`, `size`, `mode`, `owner`, `target`, `device`, `attributes`. */
  readonly what: readonly string[]
  readonly from?: FileFacts | undefined
  readonly to?: FileFacts | undefined
  /** Package that brought it, where that package was added, removed or changed itself. */
  readonly package?: string | undefined
}

export interface FileFacts {
  readonly kind?: string
  readonly mode: string
  readonly uid: number
  readonly gid: number
  readonly size?: number
  readonly target?: string
}

export interface FolderChange {
  readonly path: FolderSize['path']
  readonly from: number
  readonly to: number
}
