import type { Output } from './renderer.ts'

/** A terminal for tests: what a person would see after all that was written, line by line. */
export interface Screen extends Output {
  /** Lines on the screen and above it, trailing blank ones cut. */
  lines(): string[]
  /** All that was written, as it was. */
  raw(): string
  resize(columns: number): void
}

/** Understands what the renderer uses: newline, carriage return, cursor up, erase below, colours. Long lines wrap. */
export function screen(columns = 80, rows = 24): Screen {
  let width = columns
  let row = 0
  let column = 0
  const cells: string[][] = [[]]
  const written: string[] = []
  const put = (character: string) => {
    if (column >= width) {
      row++
      column = 0
    }
    while (cells.length <= row) cells.push([])
    cells[row]![column++] = character
  }
  const obey = (sequence: string) => {
    const up = /^\x1b\[(\d+)A$/.exec(sequence)
    if (up) row = Math.max(0, row - Number(up[1]))
    else if (sequence === '\x1b[J') {
      cells[row] = (cells[row] ?? []).slice(0, column)
      cells.length = row + 1
    } else if (!/^\x1b\[\d+m$/.test(sequence)) throw new Error(`unknown sequence ${JSON.stringify(sequence)}`)
  }
  return {
    isTTY: true,
    size: () => ({ columns: width, rows }),
    resize: (to) => {
      width = to
    },
    write: (text) => {
      written.push(text)
      for (const [part] of text.matchAll(/\x1b\[[0-9;?]*[A-Za-z]|./gsu)) {
        if (part === '\n') {
          row++
          column = 0
          while (cells.length <= row) cells.push([])
        } else if (part === '\r') column = 0
        else if (part.startsWith('\x1b')) obey(part)
        else put(part)
      }
    },
    lines: () =>
      cells
        .map((line) => Array.from(line, (cell) => cell ?? ' ').join(''))
        .join('\n')
        .trimEnd()
        .split('\n'),
    raw: () => written.join(''),
  }
}
