/** Wide characters of East Asian scripts and pictures take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const NONE = /[\p{Mn}\p{Me}\u200b-\u200f\ufeff]/u
/** Colours and other sequences of our own; what comes from elsewhere has gone through {@link printable}. */
const SEQUENCE = /\x1b\[[0-9;?]*[A-Za-z]/g

/** Everything that could steer a terminal or reorder its line, but newlines. */
const UNSAFE = /[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g

/** Text from elsewhere (names of packages, guests' output, templates) made harmless for a screen, on one line. */
export function printable(text: string): string {
  return printableLines(text).replace(/\n+/g, ' ')
}

/** Like {@link printable}, lines kept. */
export function printableLines(text: string): string {
  return text
    .replace(SEQUENCE, '')
    .replace(/\r+\n?/g, '\n')
    .replace(/\t/g, '  ')
    .replace(UNSAFE, '\ufffd')
}

/** Like {@link printableLines}, colours kept: for text of our own that may hold pieces from elsewhere. */
export function printableColoured(text: string): string {
  return text
    .split(/(\x1b\[\d{1,2}m)/)
    .map((part, i) => (i % 2 === 1 ? part : printableLines(part)))
    .join('')
}

/** Columns that `text` takes. */
export function width(text: string): number {
  let columns = 0
  for (const character of text.replace(SEQUENCE, ''))
    columns += NONE.test(character) ? 0 : WIDE.test(character) ? 2 : 1
  return columns
}

/** `text` in at most `columns` columns, with an ellipsis where something was cut off. No colours inside. */
export function shorten(text: string, columns: number): string {
  if (width(text) <= columns) return text
  let kept = ''
  let used = 0
  for (const character of text) {
    used += width(character)
    if (used > columns - 1) break
    kept += character
  }
  return columns > 0 ? `${kept.trimEnd()}…` : ''
}

/** `text` padded with spaces to `columns`. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)))
}

/** Lines of at most `columns`, broken at spaces; longer words stay whole. Newlines of `text` are kept. */
export function wrap(text: string, columns: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = []
    let line = /^ */.exec(paragraph)![0]
    const indent = line
    for (const word of paragraph.trim().split(/ +/)) {
      if (line.trim() && width(line) + 1 + width(word) > columns) {
        lines.push(line)
        line = indent + word
      } else line = line.trim() ? `${line} ${word}` : line + word
    }
    return [...lines, line]
  })
}

/** Functions that colour text, or leave it alone. */
export interface Style {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

/** `colour`: whether the output understands colours. */
export function style(colour: boolean): Style {
  const paint = (on: number, off: number) => (text: string) =>
    colour && text ? `\x1b[${on}m${text}\x1b[${off}m` : text
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  }
}
