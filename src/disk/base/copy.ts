import { readFile } from 'node:fs/promises'
import type { Sandbox } from '../../tools/sandbox/sandbox.ts'
import type { Extent } from '../layout.ts'

/** What a disk is copied from: an open image. */
export interface Source {
  readonly size: number
  read(offset: number, length: number): Promise<Buffer>
}

/** Bytes that are looked at together: where all are zero, the copy keeps its hole. */
const PIECE = 64 * 1024

/** Copies all of `source` but the parts `without` into an existing file of the sandbox, which must be a hole there. */
export async function copyAround(
  source: Source,
  without: readonly Extent[],
  sandbox: Sandbox,
  file: string,
): Promise<void> {
  const script = await readFile(new URL('frames.pl', import.meta.url), 'utf8')
  await sandbox.run(['perl', '-e', script, file], {
    input: frames(source, around(source.size, without)),
    what: 'Copying the disk image',
  })
}

/** The parts of `size` bytes that `without` leaves. */
export function around(size: number, without: readonly Extent[]): Extent[] {
  const parts: Extent[] = []
  let at = 0
  for (const { offset, bytes } of [...without, { offset: size, bytes: 0 }].sort(
    (a, b) => a.offset - b.offset,
  )) {
    if (offset > at) parts.push({ offset: at, bytes: offset - at })
    at = Math.max(at, offset + bytes)
  }
  return parts
}

async function* frames(source: Source, parts: readonly Extent[]): AsyncGenerator<Buffer> {
  for (const { offset, bytes } of parts)
    for (let at = offset; at < offset + bytes; ) {
      // On the grid of the disk, so that a piece is seldom more than one cluster of an image.
      const length = Math.min(PIECE - (at % PIECE), offset + bytes - at)
      const piece = await source.read(at, length)
      if (!isZero(piece)) yield Buffer.concat([Buffer.from(`${at} ${length}\n`), piece])
      at += length
    }
}

const ZEROS = Buffer.alloc(PIECE)

function isZero(piece: Buffer): boolean {
  return piece.equals(ZEROS.subarray(0, piece.length))
}
