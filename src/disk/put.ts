import { readFile } from 'node:fs/promises'
import type { Sandbox } from '../tools/sandbox/sandbox.ts'
import type { Piece } from './gpt.ts'

/** The first `limit` bytes of a file (a sandbox path), to be put at `offset`. */
export interface FilePiece {
  readonly offset: number
  readonly limit: number
  readonly path: string
}

/** Writes pieces into an existing file of the sandbox, in their order, with a program of the tools tree. */
export async function put(
  sandbox: Sandbox,
  file: string,
  pieces: readonly (Piece | FilePiece)[],
): Promise<void> {
  const script = await readFile(new URL('put.pl', import.meta.url), 'utf8')
  const lines = pieces.map((piece) =>
    'bytes' in piece
      ? `bytes ${piece.offset} ${Buffer.from(piece.bytes).toString('hex')}\n`
      : `copy ${piece.offset} ${piece.limit} ${piece.path}\n`,
  )
  await sandbox.run(['perl', '-e', script, file], { input: lines.join(''), what: 'Writing to the disk' })
}
