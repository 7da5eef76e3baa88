import { type Block, blocksOf, lineStarts, type Replaced, type Segment } from './blocks.ts'

/** A stretch of a line. `changed`: it is what an edit took away or brought. */
export interface Piece {
  readonly text: string
  readonly changed: boolean
  /** Offset in the old text; absent in what was brought. */
  readonly at?: number
}

/** A line of a unified diff, with its numbers in the old and the new text, from 1. No line break is in `pieces`. */
export interface Line {
  readonly sign: ' ' | '-' | '+'
  readonly old?: number
  readonly new?: number
  readonly pieces: readonly Piece[]
}

/** Lines that change, with some around them, and why they do. */
export interface Hunk {
  readonly lines: readonly Line[]
  readonly reasons: readonly string[]
}

/** What `edits` do to `old`, as hunks of whole lines with `context` lines around them. Works by position: nothing is compared. */
export function hunksOf(old: string, edits: readonly Replaced[], context = 3): Hunk[] {
  const starts = lineStarts(old)
  const blocks = blocksOf(old, starts, edits)
  const groups: Block[][] = []
  for (const block of blocks) {
    const last = groups.at(-1)?.at(-1)
    if (last && block.from - last.to <= 2 * context) groups.at(-1)!.push(block)
    else groups.push([block])
  }
  let shift = 0
  return groups.map((group) => {
    const lines: Line[] = []
    const keep = (from: number, to: number) => {
      for (let n = Math.max(0, from); n < Math.min(to, starts.length); n++)
        lines.push({ sign: ' ', old: n + 1, new: n + 1 + shift, pieces: oldLine(old, starts, n, []) })
    }
    let at = group[0]!.from - context
    for (const block of group) {
      keep(at, block.from)
      const marked = block.lines.length > 0 ? block.edits : []
      for (let n = block.from; n < block.to; n++)
        lines.push({ sign: '-', old: n + 1, pieces: oldLine(old, starts, n, marked) })
      for (const [i, line] of block.lines.entries())
        lines.push({ sign: '+', new: block.from + i + 1 + shift, pieces: newLine(old, line, block) })
      shift += block.lines.length - (block.to - block.from)
      at = block.to
    }
    keep(at, at + context)
    return { lines, reasons: [...new Set(group.flatMap((block) => block.edits.map(({ why }) => why)))] }
  })
}

function oldLine(
  old: string,
  starts: readonly number[],
  n: number,
  edits: readonly Replaced[],
): readonly Piece[] {
  const start = starts[n]!
  const end = start + withoutBreak(old.slice(start, starts[n + 1] ?? old.length)).length
  const pieces: Piece[] = []
  const add = (from: number, to: number, changed: boolean) => {
    if (to > from) pieces.push({ text: old.slice(from, to), changed, at: from })
  }
  let at = start
  for (const edit of edits) {
    const from = Math.min(Math.max(edit.start, at), end)
    const to = Math.min(Math.max(edit.end, from), end)
    add(at, from, false)
    add(from, to, true)
    at = to
  }
  add(at, end, false)
  return partly(pieces)
}

function newLine(old: string, line: readonly Segment[], block: Block): readonly Piece[] {
  const pieces = line.map(
    (segment): Piece =>
      'inserted' in segment
        ? { text: segment.inserted, changed: true }
        : { text: old.slice(segment.start, segment.end), changed: false, at: segment.start },
  )
  dropBreak(pieces)
  // Where lines only came, there is nothing to compare them with.
  return block.to > block.from
    ? partly(pieces)
    : partly(pieces.map((piece) => ({ ...piece, changed: false })))
}

/** A line that changed as a whole has nothing to point out in it. */
function partly(pieces: readonly Piece[]): readonly Piece[] {
  const kept = pieces.some(({ changed, text }) => !changed && text.trim() !== '')
  const shown = pieces.filter(({ text }) => text !== '')
  return kept ? shown : shown.map((piece) => ({ ...piece, changed: false }))
}

function withoutBreak(line: string): string {
  return line.replace(/\r?\n$/, '')
}

/** Takes the line break away, which edits may have cut in two. */
function dropBreak(pieces: Piece[]): void {
  for (const end of [/\n$/, /\r$/]) {
    while (pieces.at(-1)?.text === '') pieces.pop()
    const last = pieces.at(-1)
    if (!last || !end.test(last.text)) return
    pieces[pieces.length - 1] = { ...last, text: last.text.slice(0, -1) }
  }
}
