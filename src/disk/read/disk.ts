import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { inputError, isErrno, type KilnError } from '../../core/error.ts'
import { type Bytes, part } from './bytes.ts'
import { Cached } from './cached.ts'
import { imageDamaged, imageUnsupported } from './errors.ts'
import { type FileSystem, openFileSystem } from './file-system.ts'
import { formatOf, HEAD_BYTES, type ReadFormat, TAIL_BYTES } from './format.ts'
import { Clusters } from './qcow2/clusters.ts'
import { HEADER_BYTES, readHeader } from './qcow2/header.ts'
import { rawPieces } from './raw.ts'
import { type DiskPartition, type PartitionTable, readTable } from './table/table.ts'

/** A part of a disk. */
export interface Range {
  readonly offset: number
  readonly bytes: number
}

/** A disk as its guest sees it, open for reading. Nothing of it is started, mounted or written. */
export interface Disk extends Bytes, AsyncDisposable {
  readonly path: string
  readonly format: ReadFormat
  /** Parts that may hold something, in order; the rest is zeros. Of a raw disk, all. */
  extents(): AsyncIterable<Range>
  /** Without a table it is one file system: partition 0. */
  table(): Promise<PartitionTable>
  /** Those of {@link table}. */
  partitions(): Promise<readonly DiskPartition[]>
  /** What lies in a partition, and where it can be read, its tree. */
  fileSystem(partition: DiskPartition): Promise<FileSystem>
}

/**
 * Opens the file of a disk image: raw or qcow2.
 * @param options `format`: what it is, else what its first bytes say. A raw disk's first bytes are its guest's.
 * @throws KilnError (input) `KILN_FILE_MISSING`, `KILN_IMAGE_UNSUPPORTED`, `KILN_IMAGE_DAMAGED`.
 */
export async function openDisk(path: string, options: { readonly format?: ReadFormat } = {}): Promise<Disk> {
  const where = basename(path)
  await using undo = new AsyncDisposableStack()
  const file = undo.use(await openFile(path))
  const { size: length } = await file.stat()
  if (length < 512) throw imageDamaged(where, 'the file is too short to be a disk image')
  const format = options.format ?? (await probe(file, length, where))
  const beyond = () => imageDamaged(where, 'something in it lies behind the end of the disk')
  const short = () => imageDamaged(where, 'the file became shorter while it was read')
  let clusters: Clusters | undefined
  if (format === 'qcow2') {
    const header = readHeader(await bytesAt(file, 0, Math.min(HEADER_BYTES, length)), length, where)
    clusters = await Clusters.open(file, length, header, where)
  }
  const bytes = new Cached(clusters ?? rawPieces(file, length, short), beyond)
  const opened = undo.move()
  let table: Promise<PartitionTable> | undefined
  const disk: Disk = {
    path,
    format,
    size: bytes.size,
    read: (offset, count) => bytes.read(offset, count),
    extents: () => (clusters ? clusters.mapping.data() : all(bytes.size)),
    table: () => {
      table ??= readTable(bytes, where)
      return table
    },
    partitions: async () => (await disk.table()).partitions,
    fileSystem: async (partition) => {
      const { number, offset, bytes: size } = partition
      const place = number === 0 ? where : `${where}, partition ${number}`
      return openFileSystem(part(bytes, offset, size, beyond), place)
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
  return disk
}

async function openFile(path: string): Promise<FileHandle> {
  const missing = (sentence: string, cause?: unknown): KilnError =>
    inputError('KILN_FILE_MISSING', sentence, {
      hint: "Give the file of a disk image; 'kiln images' lists those made here.",
      cause,
    })
  try {
    // Looked at first: opening a pipe would wait for its other end.
    if (!(await stat(path)).isFile()) throw missing(`${path} is no file, so it is not a disk image.`)
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR'))
      throw missing(`There is no file ${path}.`, error)
    if (isErrno(error, 'EACCES')) throw missing(`The file ${path} may not be read by you.`, error)
    throw error
  }
}

async function probe(file: FileHandle, length: number, where: string): Promise<ReadFormat> {
  const head = await bytesAt(file, 0, Math.min(HEAD_BYTES, length))
  const tail = await bytesAt(file, length - TAIL_BYTES, TAIL_BYTES)
  const found = formatOf(head, tail)
  if ('format' in found) return found.format
  throw imageUnsupported(
    where,
    `the file is no raw or qcow2 disk but ${found.other}`,
    /^(compressed|encrypted|a zip|a 7z|a tar)/.test(found.other)
      ? 'Unpack or decrypt it first.'
      : 'Write it as qcow2 first: qemu-img convert -O qcow2.',
  )
}

async function bytesAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset)
  return buffer.subarray(0, bytesRead)
}

async function* all(size: number): AsyncGenerator<Range> {
  if (size > 0) yield { offset: 0, bytes: size }
}
