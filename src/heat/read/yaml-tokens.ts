import type { Style } from './nodes.ts'
import { DEPTH_LIMIT, SyntaxProblem } from './problem.ts'
import { scanBlockScalar, scanPlain, scanQuoted } from './yaml-scalars.ts'

export type TokenType =
  | 'directive'
  | 'document-start'
  | 'document-end'
  | 'stream-end'
  | 'seq-start'
  | 'map-start'
  | 'block-end'
  | '['
  | ']'
  | '{'
  | '}'
  | ','
  | '-'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar'

export interface Token {
  readonly type: TokenType
  readonly start: number
  readonly end: number
  /** Text of a scalar, name of an anchor or alias, a tag as written, a directive line. */
  readonly text: string
  readonly style: Style
}

/** Where a key may turn out to have begun, until its `:` is seen or the line ends. */
interface MaybeKey {
  readonly token: number
  readonly required: boolean
  readonly offset: number
  readonly line: number
  readonly column: number
}

/** Place in the text, shared with the scalar scanners. */
export interface Cursor {
  readonly text: string
  at: number
  line: number
  lineStart: number
  /** Nesting of `[` and `{`. */
  flow: number
  /** Column of the current block collection; -1 outside of any. */
  indent: number
  /** A key may begin here: at a line's start, after an indicator. */
  keyAllowed: boolean
}

/** Line break at `at`: its length (2 for CRLF), 0 for none. */
export function breakLength(text: string, at: number): number {
  const code = text.charCodeAt(at)
  if (code === 10) return 1
  if (code === 13) return text.charCodeAt(at + 1) === 10 ? 2 : 1
  return code === 0x85 || code === 0x2028 || code === 0x2029 ? 1 : 0
}

/** True for the end of the text, white space and line breaks. */
export function isBlank(char: string | undefined): boolean {
  if (char === undefined) return true
  const code = char.charCodeAt(0)
  // Nearly all characters are beyond the blank; of those only three break a line.
  if (code > 32) return code === 0x85 || code === 0x2028 || code === 0x2029
  return code === 32 || code === 9 || code === 10 || code === 13 || code === 0
}

/** Steps over a line break of `length`. */
export function newLine(cursor: Cursor, length: number): void {
  cursor.at += length
  cursor.line++
  cursor.lineStart = cursor.at
}

/** `---` or `...` alone at the start of a line. */
export function isDocumentMark(cursor: Cursor): boolean {
  if (cursor.at !== cursor.lineStart) return false
  const mark = cursor.text.slice(cursor.at, cursor.at + 3)
  return (mark === '---' || mark === '...') && isBlank(cursor.text[cursor.at + 3])
}

/** Splits YAML 1.1 into tokens as PyYAML and libyaml do, where they agree; where they differ, the more generous wins, as in the engine. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  const cursor: Cursor = { text, at: 0, line: 0, lineStart: 0, flow: 0, indent: -1, keyAllowed: true }
  const indents: number[] = []
  const keys: (MaybeKey | undefined)[] = [undefined]

  const push = (type: TokenType, start: number, end: number, value = '', style: Style = '') =>
    tokens.push({ type, start, end, text: value, style })
  const problem = (message: string, offset = cursor.at) => new SyntaxProblem(message, offset)

  const dropKey = () => {
    const key = keys[cursor.flow]
    if (key?.required) throw problem("a ':' is missing after this key", key.offset)
    keys[cursor.flow] = undefined
  }
  const saveKey = () => {
    if (!cursor.keyAllowed) return
    dropKey()
    const column = cursor.at - cursor.lineStart
    keys[cursor.flow] = {
      token: tokens.length,
      required: cursor.flow === 0 && cursor.indent === column,
      offset: cursor.at,
      line: cursor.line,
      column,
    }
  }
  const dropStaleKeys = () => {
    for (let level = keys.length - 1; level >= 0; level--) {
      const key = keys[level]
      if (key === undefined) continue
      if (key.line === cursor.line && cursor.at - key.offset <= 1024) continue
      if (key.required) throw problem("a ':' is missing after this key", key.offset)
      keys[level] = undefined
    }
  }
  const unwind = (column: number) => {
    if (cursor.flow > 0) return
    while (cursor.indent > column) {
      cursor.indent = indents.pop()!
      push('block-end', cursor.at, cursor.at)
    }
  }
  const addIndent = (column: number): boolean => {
    if (cursor.indent >= column) return false
    indents.push(cursor.indent)
    cursor.indent = column
    return true
  }
  const simple = (type: TokenType, length: number) => {
    push(type, cursor.at, cursor.at + length)
    cursor.at += length
  }
  const column = () => cursor.at - cursor.lineStart

  for (;;) {
    skipToToken(cursor)
    dropStaleKeys()
    unwind(column())
    const char = text[cursor.at]
    const next = text[cursor.at + 1]
    if (char === undefined || char === '\0') {
      cursor.flow = 0
      if (char !== undefined) throw problem('there is a NUL character')
      for (const key of keys) if (key?.required) throw problem("a ':' is missing after this key", key.offset)
      unwind(-1)
      push('stream-end', cursor.at, cursor.at)
      return tokens
    }
    if (char === '%' && column() === 0) {
      unwind(-1)
      dropKey()
      cursor.keyAllowed = false
      const start = cursor.at
      while (cursor.at < text.length && breakLength(text, cursor.at) === 0) cursor.at++
      push('directive', start, cursor.at, text.slice(start, cursor.at))
      continue
    }
    if (isDocumentMark(cursor)) {
      unwind(-1)
      dropKey()
      cursor.keyAllowed = false
      simple(char === '-' ? 'document-start' : 'document-end', 3)
      continue
    }
    if (char === '[' || char === '{') {
      saveKey()
      if (++cursor.flow > DEPTH_LIMIT) throw problem(`it is nested deeper than ${DEPTH_LIMIT} levels`)
      keys[cursor.flow] = undefined
      cursor.keyAllowed = true
      simple(char, 1)
      continue
    }
    if (char === ']' || char === '}') {
      dropKey()
      if (cursor.flow > 0) {
        keys.length = cursor.flow
        cursor.flow--
      }
      cursor.keyAllowed = false
      simple(char, 1)
      continue
    }
    if (char === ',') {
      cursor.keyAllowed = true
      dropKey()
      simple(',', 1)
      continue
    }
    if (char === '-' && isBlank(next)) {
      if (cursor.flow === 0) {
        if (!cursor.keyAllowed) throw problem("a list item ('-') cannot begin here")
        if (addIndent(column())) push('seq-start', cursor.at, cursor.at)
      }
      cursor.keyAllowed = true
      dropKey()
      simple('-', 1)
      continue
    }
    if (char === '?' && (cursor.flow > 0 || isBlank(next))) {
      if (cursor.flow === 0) {
        if (!cursor.keyAllowed) throw problem('a key cannot begin here')
        if (addIndent(column())) push('map-start', cursor.at, cursor.at)
      }
      cursor.keyAllowed = cursor.flow === 0
      dropKey()
      simple('key', 1)
      continue
    }
    if (char === ':' && (cursor.flow > 0 || isBlank(next))) {
      const key = keys[cursor.flow]
      if (key !== undefined) {
        keys[cursor.flow] = undefined
        const added: Token[] = []
        const mark = { start: key.offset, end: key.offset, text: '', style: '' as Style }
        if (cursor.flow === 0 && addIndent(key.column)) added.push({ type: 'map-start', ...mark })
        added.push({ type: 'key', ...mark })
        tokens.splice(key.token, 0, ...added)
        cursor.keyAllowed = false
      } else {
        if (cursor.flow === 0) {
          if (!cursor.keyAllowed) throw problem("a ':' cannot stand here")
          if (addIndent(column())) push('map-start', cursor.at, cursor.at)
        }
        cursor.keyAllowed = cursor.flow === 0
        dropKey()
      }
      simple('value', 1)
      continue
    }
    if (char === '*' || char === '&') {
      saveKey()
      cursor.keyAllowed = false
      const start = cursor.at++
      while (/[0-9A-Za-z_-]/.test(text[cursor.at] ?? '')) cursor.at++
      const after = text[cursor.at]
      if (cursor.at === start + 1 || (!isBlank(after) && !'?:,]}%@`'.includes(after!)))
        throw problem(
          `the name of ${char === '*' ? 'an alias' : 'an anchor'} is not of letters, digits, '-' and '_'`,
          start,
        )
      push(char === '*' ? 'alias' : 'anchor', start, cursor.at, text.slice(start + 1, cursor.at))
      continue
    }
    if (char === '!') {
      saveKey()
      cursor.keyAllowed = false
      const start = cursor.at
      while (!isBlank(text[cursor.at]) && !(cursor.flow > 0 && ',[]{}'.includes(text[cursor.at]!)))
        cursor.at++
      push('tag', start, cursor.at, text.slice(start, cursor.at))
      continue
    }
    if ((char === '|' || char === '>') && cursor.flow === 0) {
      cursor.keyAllowed = true
      dropKey()
      const start = cursor.at
      const value = scanBlockScalar(cursor)
      // The cursor may already be past the next line's indentation.
      const blank = /^ *$/.test(text.slice(cursor.lineStart, cursor.at))
      push('scalar', start, blank && cursor.lineStart > start ? cursor.lineStart : cursor.at, value, char)
      continue
    }
    if (char === "'" || char === '"') {
      saveKey()
      cursor.keyAllowed = false
      const start = cursor.at
      const value = scanQuoted(cursor)
      push('scalar', start, cursor.at, value, char)
      continue
    }
    const plain =
      !'-?:,[]{}#&*!|>\'"%@`'.includes(char) && !isBlank(char)
        ? true
        : !isBlank(next) && (char === '-' || (cursor.flow === 0 && (char === ':' || char === '?')))
    if (!plain) {
      if (char === '\t') throw problem('a tab cannot indent YAML')
      throw problem(`no value can begin with '${char}'`)
    }
    saveKey()
    cursor.keyAllowed = false
    const start = cursor.at
    const { value, end } = scanPlain(cursor)
    push('scalar', start, end, value, '')
  }
}

function skipToToken(cursor: Cursor): void {
  const { text } = cursor
  for (;;) {
    // A byte order mark may begin any line, and is no part of its indentation.
    while (cursor.at === cursor.lineStart && text[cursor.at] === '\ufeff') cursor.lineStart = ++cursor.at
    for (;;) {
      const char = text[cursor.at]
      if (char === ' ' || (char === '\t' && (cursor.flow > 0 || !cursor.keyAllowed))) cursor.at++
      else break
    }
    if (text[cursor.at] === '#') {
      while (cursor.at < text.length && breakLength(text, cursor.at) === 0) cursor.at++
    }
    const length = breakLength(text, cursor.at)
    if (length === 0) return
    newLine(cursor, length)
    if (cursor.flow === 0) cursor.keyAllowed = true
  }
}
