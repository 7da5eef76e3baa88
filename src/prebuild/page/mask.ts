import { secretsIn } from '../../core/redact.ts'
import type { Stretch } from './hidden.ts'
import type { Piece } from './hunks.ts'

/** A piece of a line; a `hidden` one is not to be shown. */
export interface MaskedPiece extends Piece {
  readonly hidden: boolean
}

/**
 * The pieces of a line with what is secret in it set apart: the stretches of the old text in `hidden`, and registered
 * secrets, wherever pieces begin and end.
 */
export function masked(pieces: readonly Piece[], hidden: readonly Stretch[]): MaskedPiece[] {
  const secret = [...secretsIn(pieces.map(({ text }) => text).join('')), ...hiddenIn(pieces, hidden)]
  if (secret.length === 0) return pieces.map((piece) => ({ ...piece, hidden: false }))
  secret.sort((a, b) => a.start - b.start)
  let column = 0
  return pieces.flatMap((piece) => {
    const parts: MaskedPiece[] = []
    const end = column + piece.text.length
    let from = column
    const add = (to: number, isHidden: boolean) => {
      if (to <= from) return
      const text = piece.text.slice(from - column, to - column)
      const at = piece.at === undefined ? {} : { at: piece.at + from - column }
      parts.push({ text, changed: piece.changed, ...at, hidden: isHidden })
      from = to
    }
    for (const one of secret) {
      if (one.end <= from || one.start >= end) continue
      add(one.start, false)
      add(Math.min(one.end, end), true)
    }
    add(end, false)
    column = end
    return parts
  })
}

/** Stretches of the old text, as columns of a line that is made from it. */
function hiddenIn(pieces: readonly Piece[], hidden: readonly Stretch[]): Stretch[] {
  let column = 0
  return pieces.flatMap(({ text, at }) => {
    const start = column
    column += text.length
    if (at === undefined) return []
    return hidden
      .filter((stretch) => stretch.end > at && stretch.start < at + text.length)
      .map((stretch) => ({
        start: start + Math.max(stretch.start - at, 0),
        end: start + Math.min(stretch.end - at, text.length),
      }))
  })
}
