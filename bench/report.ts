/** The middle value; of an even number the lower of the two. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!
}

/** A Markdown table, its columns aligned for a terminal, too. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, n) => Math.max(name.length, ...rows.map((row) => row[n]!.length)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, n) => cell.padEnd(widths[n]!)).join(' | ')} |`
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join(
    '\n',
  )
}

/** A bar of text with its seconds, `longest` (seconds) as wide as it gets. */
export function bar(name: string, seconds: number, longest: number): string {
  return `${name.padEnd(22)} ${'█'.repeat(Math.max(1, Math.round((seconds / longest) * 50)))} ${Math.round(seconds)} s`
}
