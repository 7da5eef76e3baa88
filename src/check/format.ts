import { open } from 'node:fs/promises'
import { inputError, isErrno } from '../core/error.ts'
import type { DiskFormat } from './qemu/types.ts'

const MAGIC: readonly (readonly [string, DiskFormat])[] = [
  ['514649fb', 'qcow2'],
  ['4b444d56', 'vmdk'],
]

/**
 * The format of a disk image by its first bytes: what says nothing is raw.
 * @throws KilnError (input) `KILN_FILE_MISSING` when there is no such file, or nothing in it.
 */
export async function imageFormat(path: string): Promise<DiskFormat> {
  const missing = (sentence: string) =>
    inputError('KILN_FILE_MISSING', sentence, {
      hint: "Give the file of a disk image; 'kiln images' lists those made here.",
    })
  try {
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    if (bytesRead < 4) throw missing(`The file ${path} is too short to be a disk image.`)
    return MAGIC.find(([magic]) => magic === buffer.toString('hex'))?.[1] ?? 'raw'
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) throw missing(`There is no file ${path}.`)
    if (isErrno(error, 'EISDIR')) throw missing(`${path} is a folder, not a disk image.`)
    throw error
  }
}
