import { SyntaxProblem } from './problem.ts'
import { breakLength, type Cursor, isBlank, isDocumentMark, newLine } from './yaml-tokens.ts'

/** The text of a line break as YAML counts it: all but the two Unicode separators become a line feed. */
function breakText(text: string, at: number): string {
  const char = text[at]!
  return char === '\u2028' || char === '\u2029' ? char : '\n'
}

/** A plain scalar from the cursor on. `end` is behind its last character; the cursor may be further, past white space. */
export function scanPlain(cursor: Cursor): { value: string; end: number } {
  const { text } = cursor
  const indent = cursor.indent + 1
  let value = ''
  let gap = ''
  let end = cursor.at
  for (;;) {
    if (text[cursor.at] === '#') break
    const start = cursor.at
    let at = start
    for (; ; at++) {
      const char = text[at]
      if (isBlank(char)) break
      if (cursor.flow > 0) {
        if (char === ':' && (isBlank(text[at + 1]) || ',[]{}'.includes(text[at + 1]!))) break
        if (char === ',' || char === '[' || char === ']' || char === '{' || char === '}') break
      } else if (char === ':' && isBlank(text[at + 1])) break
    }
    if (at === start) break
    cursor.keyAllowed = false
    value += gap + text.slice(start, at)
    cursor.at = at
    end = at
    const spaces = scanPlainGap(cursor, indent)
    if (spaces === undefined || text[cursor.at] === '#') break
    if (cursor.flow === 0 && cursor.at - cursor.lineStart < indent) break
    gap = spaces
  }
  return { value, end }
}

/** White space inside a plain scalar, folded; undefined where the scalar ends. */
function scanPlainGap(cursor: Cursor, indent: number): string | undefined {
  const { text } = cursor
  const start = cursor.at
  while (text[cursor.at] === ' ' || text[cursor.at] === '\t') cursor.at++
  const first = breakLength(text, cursor.at)
  if (first === 0) return cursor.at > start ? text.slice(start, cursor.at) : undefined
  let folded = breakText(text, cursor.at)
  newLine(cursor, first)
  cursor.keyAllowed = true
  if (isDocumentMark(cursor)) return undefined
  let more = ''
  for (;;) {
    const char = text[cursor.at]
    if (char === ' ') cursor.at++
    else if (char === '\t') {
      // A tab may only follow the indentation; in front of it, the next token says what is wrong.
      if (cursor.flow === 0 && cursor.at - cursor.lineStart < indent) break
      cursor.at++
    } else {
      const length = breakLength(text, cursor.at)
      if (length === 0) break
      more += breakText(text, cursor.at)
      newLine(cursor, length)
      if (isDocumentMark(cursor)) return undefined
    }
  }
  if (folded === '\n') folded = more === '' ? ' ' : ''
  return folded + more
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '\\': '\\',
  '/': '/',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
}
const HEX: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/** A quoted scalar; the cursor stands on its quote and ends behind the closing one. */
export function scanQuoted(cursor: Cursor): string {
  const { text } = cursor
  const quote = text[cursor.at]!
  const opened = cursor.at
  cursor.at++
  const chunks: string[] = []
  for (;;) {
    const char = text[cursor.at]
    if (char === undefined) throw new SyntaxProblem('this quoted text does not end', opened)
    if (char === quote) {
      if (quote === "'" && text[cursor.at + 1] === "'") {
        chunks.push("'")
        cursor.at += 2
        continue
      }
      cursor.at++
      return chunks.join('')
    }
    if (isBlank(char) && char !== '\0') {
      chunks.push(scanQuotedGap(cursor, opened))
      continue
    }
    if (quote === '"' && char === '\\') {
      chunks.push(scanEscape(cursor, opened))
      continue
    }
    let at = cursor.at + 1
    for (; at < text.length; at++) {
      const inner = text[at]!
      if (inner === quote || inner === '\\' || isBlank(inner)) break
    }
    chunks.push(text.slice(cursor.at, at))
    cursor.at = at
  }
}

function scanEscape(cursor: Cursor, opened: number): string {
  const { text } = cursor
  const letter = text[cursor.at + 1]
  if (letter !== undefined && Object.hasOwn(ESCAPES, letter)) {
    cursor.at += 2
    return ESCAPES[letter]!
  }
  if (letter !== undefined && Object.hasOwn(HEX, letter)) {
    const digits = text.slice(cursor.at + 2, cursor.at + 2 + HEX[letter]!)
    const code = Number.parseInt(digits, 16)
    if (digits.length !== HEX[letter] || !/^[0-9a-fA-F]+$/.test(digits) || code > 0x10ffff)
      throw new SyntaxProblem(`'\\${letter}' needs ${HEX[letter]} hexadecimal digits`, cursor.at)
    cursor.at += 2 + digits.length
    return String.fromCodePoint(code)
  }
  const length = breakLength(text, cursor.at + 1)
  if (length === 0) throw new SyntaxProblem(`'\\${letter ?? ''}' is not an escape that YAML knows`, cursor.at)
  cursor.at++
  newLine(cursor, length)
  return scanQuotedBreaks(cursor, opened)
}

function scanQuotedGap(cursor: Cursor, opened: number): string {
  const { text } = cursor
  const start = cursor.at
  while (text[cursor.at] === ' ' || text[cursor.at] === '\t') cursor.at++
  const length = breakLength(text, cursor.at)
  if (length === 0) return text.slice(start, cursor.at)
  const first = breakText(text, cursor.at)
  newLine(cursor, length)
  const more = scanQuotedBreaks(cursor, opened)
  return first === '\n' ? (more === '' ? ' ' : more) : first + more
}

function scanQuotedBreaks(cursor: Cursor, opened: number): string {
  const { text } = cursor
  let breaks = ''
  for (;;) {
    if (isDocumentMark(cursor))
      throw new SyntaxProblem('this quoted text does not end in its document', opened)
    while (text[cursor.at] === ' ' || text[cursor.at] === '\t') cursor.at++
    const length = breakLength(text, cursor.at)
    if (length === 0) return breaks
    breaks += breakText(text, cursor.at)
    newLine(cursor, length)
  }
}

/** A `|` or `>` scalar; the cursor ends behind its last line (on the next line's start). */
export function scanBlockScalar(cursor: Cursor): string {
  const { text } = cursor
  const folded = text[cursor.at] === '>'
  cursor.at++
  const header = /^(?:([-+])([0-9])?|([0-9])([-+])?)?/.exec(text.slice(cursor.at, cursor.at + 2))!
  const chomp = header[1] ?? header[4] ?? ''
  const digit = header[2] ?? header[3]
  if (digit === '0') throw new SyntaxProblem('the indentation of a block text is 1 to 9', cursor.at)
  cursor.at += header[0].length
  while (text[cursor.at] === ' ' || text[cursor.at] === '\t') cursor.at++
  if (text[cursor.at] === '#')
    while (cursor.at < text.length && breakLength(text, cursor.at) === 0) cursor.at++
  const length = breakLength(text, cursor.at)
  if (length === 0 && cursor.at < text.length)
    throw new SyntaxProblem('a block text begins on the line after its header', cursor.at)
  if (length > 0) newLine(cursor, length)

  const least = Math.max(cursor.indent + 1, 1)
  let indent: number
  let breaks: string
  if (digit === undefined) {
    const found = firstIndent(cursor)
    indent = Math.max(least, found.indent)
    breaks = found.breaks
  } else {
    indent = least + Number(digit) - 1
    breaks = skipBreaks(cursor, indent)
  }
  const chunks: string[] = []
  let lineBreak = ''
  while (cursor.at - cursor.lineStart === indent && cursor.at < text.length) {
    chunks.push(breaks)
    const spaced = text[cursor.at] === ' ' || text[cursor.at] === '\t'
    const start = cursor.at
    while (cursor.at < text.length && breakLength(text, cursor.at) === 0) cursor.at++
    chunks.push(text.slice(start, cursor.at))
    const end = breakLength(text, cursor.at)
    lineBreak = end > 0 ? breakText(text, cursor.at) : ''
    if (end > 0) newLine(cursor, end)
    breaks = skipBreaks(cursor, indent)
    if (cursor.at - cursor.lineStart !== indent || cursor.at >= text.length) break
    const next = text[cursor.at]
    if (folded && lineBreak === '\n' && !spaced && next !== ' ' && next !== '\t') {
      if (breaks === '') chunks.push(' ')
    } else chunks.push(lineBreak)
  }
  if (chomp !== '-') chunks.push(lineBreak)
  if (chomp === '+') chunks.push(breaks)
  return chunks.join('')
}

/** Leading empty lines, and the deepest indentation seen on the way to the first line of text. */
function firstIndent(cursor: Cursor): { breaks: string; indent: number } {
  const { text } = cursor
  let breaks = ''
  let indent = 0
  for (;;) {
    while (text[cursor.at] === ' ') cursor.at++
    indent = Math.max(indent, cursor.at - cursor.lineStart)
    const length = breakLength(text, cursor.at)
    if (length === 0) return { breaks, indent }
    breaks += breakText(text, cursor.at)
    newLine(cursor, length)
  }
}

function skipBreaks(cursor: Cursor, indent: number): string {
  const { text } = cursor
  let breaks = ''
  for (;;) {
    while (cursor.at - cursor.lineStart < indent && text[cursor.at] === ' ') cursor.at++
    const length = breakLength(text, cursor.at)
    if (length === 0) return breaks
    breaks += breakText(text, cursor.at)
    newLine(cursor, length)
  }
}
