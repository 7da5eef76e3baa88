import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applied, type Replaced } from './blocks.ts'
import { type Hunk, hunksOf, type Line } from './hunks.ts'

const edit = (start: number, end: number, text: string, why = 'because'): Replaced => ({
  start,
  end,
  text,
  why,
})
const text = (line: Line) => line.pieces.map((piece) => piece.text).join('')
const shown = (hunks: readonly Hunk[]) =>
  hunks.map(({ lines }) => lines.map((line) => `${line.sign}${text(line)}`))

/** Replaces `wanted` in `old` by `by`. */
function replace(old: string, wanted: string, by: string): Replaced {
  const start = old.indexOf(wanted)
  return edit(start, start + wanted.length, by)
}

describe('hunks', () => {
  const old = 'a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\ng: 7\nh: 8\ni: 9\nj: 10\n'

  test('a value in a line: the line goes and comes, the value is pointed out', () => {
    const [hunk] = hunksOf(old, [replace(old, '5', 'five')], 1)
    expect(hunk?.lines).toEqual([
      { sign: ' ', old: 4, new: 4, pieces: [{ text: 'd: 4', changed: false, at: 15 }] },
      {
        sign: '-',
        old: 5,
        pieces: [
          { text: 'e: ', changed: false, at: 20 },
          { text: '5', changed: true, at: 23 },
        ],
      },
      {
        sign: '+',
        new: 5,
        pieces: [
          { text: 'e: ', changed: false, at: 20 },
          { text: 'five', changed: true },
        ],
      },
      { sign: ' ', old: 6, new: 6, pieces: [{ text: 'f: 6', changed: false, at: 25 }] },
    ])
    expect(hunk?.reasons).toEqual(['because'])
  })

  test('whole lines that go: numbers behind them are lower in the new text', () => {
    const [hunk] = hunksOf(old, [replace(old, 'c: 3\nd: 4\n', '')], 1)
    expect(hunk?.lines.map((line) => [line.sign, line.old, line.new, text(line)])).toEqual([
      [' ', 2, 2, 'b: 2'],
      ['-', 3, undefined, 'c: 3'],
      ['-', 4, undefined, 'd: 4'],
      [' ', 5, 3, 'e: 5'],
    ])
    expect(hunk?.lines.flatMap((line) => line.pieces).some((piece) => piece.changed)).toBe(false)
  })

  test('a line put in front of another one', () => {
    expect(shown(hunksOf(old, [edit(5, 5, 'x: 0\n')], 1))).toEqual([[' a: 1', '+x: 0', ' b: 2']])
  })

  test('an entry put in front of an indented one', () => {
    const indented = 'm:\n  b: 2\n  c: 3\n'
    expect(shown(hunksOf(indented, [edit(5, 5, 'image: x\n  ')], 1))).toEqual([
      [' m:', '+  image: x', '   b: 2'],
    ])
  })

  test('changes that are near share a hunk, those that are far do not', () => {
    const near = hunksOf(old, [replace(old, '2', 'two'), replace(old, '5', 'five')], 1)
    expect(shown(near)).toEqual([
      [' a: 1', '-b: 2', '+b: two', ' c: 3', ' d: 4', '-e: 5', '+e: five', ' f: 6'],
    ])
    const far = hunksOf(old, [replace(old, '2', 'two'), replace(old, '6', 'six')], 1)
    expect(far).toHaveLength(2)
  })

  test('several in one line are one change; equal ones count once', () => {
    const line = '{a: 1, b: 2}\n'
    const edits = [replace(line, '2', 'two'), replace(line, '1', 'one'), replace(line, '1', 'one')]
    expect(shown(hunksOf(line, edits))).toEqual([['-{a: 1, b: 2}', '+{a: one, b: two}']])
    expect(applied(line, edits)).toBe('{a: one, b: two}\n')
  })

  test('the first and the last line, with and without a line break at the end', () => {
    expect(shown(hunksOf('a\nb', [edit(2, 3, 'c')], 0))).toEqual([['-b', '+c']])
    expect(shown(hunksOf('a\nb\n', [edit(0, 2, '')], 0))).toEqual([['-a']])
    expect(shown(hunksOf('', [edit(0, 0, 'a\n')], 0))).toEqual([['+a']])
    expect(shown(hunksOf('a\n', [edit(2, 2, 'b\n')], 0))).toEqual([['+b']])
  })

  test('line breaks of Windows are not shown', () => {
    expect(shown(hunksOf('a: 1\r\nb: 2\r\n', [edit(3, 4, 'one')], 1))).toEqual([
      ['-a: 1', '+a: one', ' b: 2'],
    ])
  })

  test('a line break alone that changes is a change', () => {
    expect(shown(hunksOf('a\nb\n', [edit(1, 2, '')], 0))).toEqual([['-a', '-b', '+ab']])
  })
})

describe('whatever the edits', () => {
  const alphabet = fc.constantFrom('a', 'b', '\n', '\n', ' ', '\r\n', 'é', '\u{1f600}')
  const texts = fc.array(alphabet, { maxLength: 60 }).map((parts) => parts.join(''))
  const cases = texts.chain((old) =>
    fc.tuple(
      fc.constant(old),
      fc
        .array(fc.tuple(fc.nat(old.length), texts), { maxLength: 6 })
        .map((cuts) => cuts.sort(([a], [b]) => a - b))
        .map((cuts) =>
          cuts.flatMap(([start, text], i) =>
            i % 2 === 0 && cuts[i + 1] ? [edit(start, cuts[i + 1]![0], text.slice(0, 8))] : [],
          ),
        ),
    ),
  )
  const lines = (text: string) => text.split(/\r?\n/)

  test('old and new lines of the hunks, at their numbers, are those of the old and the new text', () => {
    fc.assert(
      fc.property(cases, fc.nat(3), ([old, edits], context) => {
        // Insertions at one place have no order of their own.
        const starts = edits.map(({ start }) => start)
        fc.pre(new Set(starts).size === starts.length)
        const now = applied(old, edits)
        const hunks = hunksOf(old, edits, context)
        for (const line of hunks.flatMap((hunk) => hunk.lines)) {
          if (line.old !== undefined) expect(lines(old)[line.old - 1]).toBe(text(line))
          if (line.new !== undefined) expect(lines(now)[line.new - 1]).toBe(text(line))
        }
        // What no hunk shows is the same in both.
        const minus = new Set(
          hunks.flatMap(({ lines }) => lines.flatMap(({ sign, old }) => (sign === '-' ? [old] : []))),
        )
        const plus = new Set(
          hunks.flatMap(({ lines }) => lines.flatMap((line) => (line.sign === '+' ? [line.new] : []))),
        )
        const rest = (all: readonly string[], gone: ReadonlySet<number | undefined>) =>
          all.filter((line, i) => !gone.has(i + 1) && !(i === all.length - 1 && line === ''))
        expect(rest(lines(old), minus)).toEqual(rest(lines(now), plus))
      }),
      { numRuns: 2000 },
    )
  })
})
