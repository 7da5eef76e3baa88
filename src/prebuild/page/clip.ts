import type { MaskedPiece } from './mask.ts'

/** A piece to show, or how many characters were left out. */
export type Shown = MaskedPiece | { readonly omitted: number }

/** A line up to this length is shown as it is. */
const LONGEST = 400
/** What is kept of unchanged text at each side of a change, and at the start of a line that does not change. */
const BESIDE = 80
/** What is kept at each end of a changed piece that is too long. */
const OF_CHANGE = 1000

/** A line of a template that was written by a program may be half a megabyte long: its unchanged parts are left out. */
export function clipped(pieces: readonly MaskedPiece[]): readonly Shown[] {
  const length = pieces.reduce((sum, { text }) => sum + text.length, 0)
  if (length <= LONGEST) return pieces
  return pieces.flatMap((piece, i) => {
    if (piece.hidden) return [piece]
    if (piece.changed) return cut(piece, OF_CHANGE, OF_CHANGE)
    const before = pieces.slice(0, i).some(({ changed }) => changed)
    const after = pieces.slice(i + 1).some(({ changed }) => changed)
    // A line without changes shows how it begins.
    return before || after ? cut(piece, before ? BESIDE : 0, after ? BESIDE : 0) : cut(piece, LONGEST, 0)
  })
}

/** A piece with only so many characters at its start and end. */
function cut(piece: MaskedPiece, head: number, tail: number): Shown[] {
  const { text } = piece
  // What takes more room to say than to show is shown.
  if (text.length <= head + tail + 40) return [piece]
  const from = whole(text, head)
  const to = whole(text, text.length - tail)
  const parts: Shown[] = []
  if (from > 0) parts.push({ ...piece, text: text.slice(0, from) })
  parts.push({ omitted: to - from })
  if (to < text.length) parts.push({ ...piece, text: text.slice(to) })
  return parts
}

/** `at`, or one less where it would cut a character in two. */
function whole(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return at > 0 && code >= 0xdc00 && code <= 0xdfff ? at - 1 : at
}
