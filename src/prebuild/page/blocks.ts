/** One replaced stretch of a text, by UTF-16 offsets, and why. */
export interface Replaced {
  readonly start: number
  readonly end: number
  readonly text: string
  readonly why: string
}

/** A stretch of the old text, kept. */
interface Kept {
  readonly start: number
  readonly end: number
}

/** What a new line is made of. */
export type Segment = Kept | { readonly inserted: string }

/** Whole lines of the old text, and the lines that stand in their place. */
export interface Block {
  /** Old lines `from` to `to`, counted from 0, without `to`. */
  readonly from: number
  readonly to: number
  readonly edits: readonly Replaced[]
  readonly lines: readonly (readonly Segment[])[]
}

/** Sorted, each once. */
function ordered(edits: readonly Replaced[]): Replaced[] {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end)
  return sorted.filter((edit, i) => {
    const last = sorted[i - 1]
    return !last || last.start !== edit.start || last.end !== edit.end || last.text !== edit.text
  })
}

/** `old` with the edits, which do not overlap; equal ones count once. */
export function applied(old: string, edits: readonly Replaced[]): string {
  let text = ''
  let at = 0
  for (const edit of ordered(edits)) {
    text += old.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return text + old.slice(at)
}

/** Where lines begin; a line break at the end begins none. */
export function lineStarts(text: string): number[] {
  const starts = text === '' ? [] : [0]
  for (let at = text.indexOf('\n'); at >= 0 && at + 1 < text.length; at = text.indexOf('\n', at + 1))
    starts.push(at + 1)
  return starts
}

/** The line that holds `offset`; the number of lines when it is behind the last one's line break. */
function lineAt(text: string, starts: readonly number[], offset: number): number {
  if (offset === text.length && (text === '' || text.endsWith('\n'))) return starts.length
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (starts[middle]! <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** What edits do, as blocks that share no line, in order. */
export function blocksOf(old: string, starts: readonly number[], edits: readonly Replaced[]): Block[] {
  const ranges: { from: number; to: number; edits: Replaced[] }[] = []
  for (const edit of ordered(edits)) {
    const from = lineAt(old, starts, edit.start)
    const end = lineAt(old, starts, edit.end)
    const last = ranges.at(-1)
    const touches = last?.edits.at(-1)?.end === edit.start
    const fresh = edit.start === (starts[from] ?? old.length) && !touches
    // The line behind an edit only stays out of it when the edit's last line is complete.
    const whole =
      edit.end === (starts[end] ?? old.length) && (edit.text === '' ? fresh : edit.text.endsWith('\n'))
    const to = Math.min(whole ? end : end + 1, starts.length)
    if (last && (from < last.to || touches)) {
      last.edits.push(edit)
      last.to = Math.max(last.to, to)
    } else ranges.push({ from, to, edits: [edit] })
  }
  return ranges.map((range) => trimmed(old, starts, range)).filter((b) => b.to > b.from || b.lines.length > 0)
}

/** A block without the lines at its ends that stay as they are. */
function trimmed(
  old: string,
  starts: readonly number[],
  { from, to, edits }: { from: number; to: number; edits: readonly Replaced[] },
): Block {
  const lines = newLines(old, starts[from] ?? old.length, starts[to] ?? old.length, edits)
  const before = (n: number) => old.slice(starts[n], starts[n + 1] ?? old.length)
  const after = (line: readonly Segment[]) => line.map((segment) => textOf(old, segment)).join('')
  let head = 0
  while (head < lines.length && from + head < to && before(from + head) === after(lines[head]!)) head++
  let tail = 0
  while (
    tail < lines.length - head &&
    to - tail > from + head &&
    before(to - tail - 1) === after(lines.at(-tail - 1)!)
  )
    tail++
  return { from: from + head, to: to - tail, edits, lines: lines.slice(head, lines.length - tail) }
}

function textOf(old: string, segment: Segment): string {
  return 'inserted' in segment ? segment.inserted : old.slice(segment.start, segment.end)
}

/** The lines that the old text from `start` to `end` becomes. */
function newLines(old: string, start: number, end: number, edits: readonly Replaced[]): Segment[][] {
  const lines: Segment[][] = []
  let line: Segment[] = []
  const add = (text: string, segment: (from: number, to: number) => Segment) => {
    let at = 0
    while (at < text.length) {
      const newline = text.indexOf('\n', at)
      const next = newline < 0 ? text.length : newline + 1
      line.push(segment(at, next))
      if (newline >= 0) {
        lines.push(line)
        line = []
      }
      at = next
    }
  }
  const keep = (from: number, to: number) =>
    add(old.slice(from, to), (a, b) => ({ start: from + a, end: from + b }))
  let at = start
  for (const edit of edits) {
    keep(at, edit.start)
    add(edit.text, (a, b) => ({ inserted: edit.text.slice(a, b) }))
    at = edit.end
  }
  keep(at, end)
  if (line.length > 0) lines.push(line)
  return lines
}
