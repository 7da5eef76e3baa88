import { pad, printable, style, width, wrap } from './text.ts'

/** Narrowest that the last column is made before lines become longer than the terminal. */
const NARROWEST = 20

/**
 * Rows under their headings, columns two spaces apart; the last column is wrapped so that lines fit `columns`.
 * Columns whose heading starts with `>` are flushed right.
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  terminal: { readonly columns: number; readonly colour: boolean },
): string {
  const names = headings.map((heading) => heading.replace(/^>/, ''))
  const cells = rows.map((row) => names.map((_, i) => printable(row[i] ?? '')))
  const last = names.length - 1
  const widths = names.map((name, i) => Math.max(width(name), ...cells.map((row) => width(row[i]!))))
  const before = widths.slice(0, last).reduce((sum, each) => sum + each + 2, 0)
  const room = Math.max(NARROWEST, terminal.columns - before)
  const place = (text: string, i: number) =>
    headings[i]!.startsWith('>')
      ? ' '.repeat(Math.max(0, Math.min(widths[i]!, i === last ? room : widths[i]!) - width(text))) + text
      : pad(text, widths[i]!)
  const line = (row: readonly string[]) => row.map(place).join('  ').trimEnd()
  const body = cells.flatMap((row) => {
    const parts = wrap(row[last]!, room)
    return parts.map((part, n) => line([...row.slice(0, last).map((cell) => (n === 0 ? cell : '')), part]))
  })
  return [style(terminal.colour).bold(line(names)), ...body].join('\n')
}
