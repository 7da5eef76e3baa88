/**
 * What a file system holds, read without mounting it. Everything in it is the guest's word and proves nothing: sizes are
 * bounded by what is really there, names are never paths of ours.
 */

/**
 * A path below the root of a file system, without a slash at either end; `''` is the root itself. Bytes that are not
 * UTF-8 are lone surrogates, U+DC00 + byte, so that nothing is lost: `bytesOfName` of `core/names.ts` gives the bytes back.
 */
export type TreePath = string

export type EntryKind = 'file' | 'folder' | 'link' | 'character' | 'block' | 'fifo' | 'socket'

export interface TreeEntry {
  readonly path: TreePath
  readonly kind: EntryKind
  /** Permissions with setuid, setgid and sticky: at most 0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of a file, else 0. */
  readonly size: number
  /** Nanoseconds since 1970. */
  readonly mtime: bigint
  /** Inode number: names of one file have the same. */
  readonly inode: number
  /** Names that the inode has, by its own word. */
  readonly names: number
  /** Where a symbolic link points, as it is written. */
  readonly target?: string
  /** Of a device node: [major, minor]. */
  readonly device?: readonly [number, number]
  /** Extended attributes by full name: `security.capability`. */
  readonly attributes: ReadonlyMap<string, Buffer>
}

/** One file system, open for reading. */
export interface TreeReader {
  /** Everything in it, the root first and each folder before what is in it, by the order of bytes in a folder. */
  walk(): AsyncIterable<TreeEntry>
  /** One thing by its path, symbolic links not followed; undefined where there is none. */
  find(path: TreePath): Promise<TreeEntry | undefined>
  /** Bytes of a file from `start`, at most `length` of them, in pieces of at most 1 MiB. Holes are zeros. */
  content(entry: TreeEntry, start?: number, length?: number): AsyncIterable<Buffer>
}
