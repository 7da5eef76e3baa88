import type { Key, Value } from '../types.ts'
import { type Entry, type MapNode, type Node, type ScalarNode, toValue } from './nodes.ts'
import { DEPTH_LIMIT, SyntaxProblem } from './problem.ts'

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y
const WORDS: readonly (readonly [string, Key])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]
const TEXT = /"((?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"/y

/** Parses JSON as Python's reader does (NaN and Infinity are allowed, the last of equal keys wins). Throws {@link SyntaxProblem}. */
export function parseJson(text: string): Node {
  let at = 0
  let depth = 0

  const space = () => {
    for (;;) {
      const char = text.charCodeAt(at)
      if (char === 32 || char === 9 || char === 10 || char === 13) at++
      else return
    }
  }
  const string = (): ScalarNode => {
    TEXT.lastIndex = at
    const match = TEXT.exec(text)
    if (!match)
      throw new SyntaxProblem('this text does not end, or holds a character that JSON does not allow', at)
    const start = at
    at += match[0].length
    const raw = match[1]!
    const value = raw.includes('\\') ? (JSON.parse(match[0]) as string) : raw
    return { kind: 'scalar', start, end: at, value, style: '"' }
  }
  const scalar = (): ScalarNode => {
    for (const [word, value] of WORDS) {
      if (!text.startsWith(word, at)) continue
      const start = at
      at += word.length
      return { kind: 'scalar', start, end: at, value, style: '' }
    }
    NUMBER.lastIndex = at
    const match = NUMBER.exec(text)
    if (!match) throw new SyntaxProblem('a value is expected here', at)
    const start = at
    at += match[0].length
    if (match[0].length > 4300) throw new SyntaxProblem('this number is too long', start)
    const whole = match[1] === undefined && match[2] === undefined
    return { kind: 'scalar', start, end: at, value: whole ? BigInt(match[0]) : Number(match[0]), style: '' }
  }
  const value = (): Node => {
    const char = text[at]
    if (char === '"') return string()
    if (char !== '{' && char !== '[') return scalar()
    if (++depth > DEPTH_LIMIT) throw new SyntaxProblem(`it is nested deeper than ${DEPTH_LIMIT} levels`, at)
    const node = char === '{' ? map() : list()
    depth--
    return node
  }
  const list = (): Node => {
    const start = at++
    const items: Node[] = []
    space()
    if (text[at] !== ']') {
      for (;;) {
        space()
        items.push(value())
        space()
        if (text[at] !== ',') break
        at++
      }
    }
    if (text[at] !== ']') throw new SyntaxProblem("',' or ']' is expected here", at)
    return { kind: 'seq', start, end: ++at, flow: true, items }
  }
  const map = (): MapNode => {
    const start = at++
    const written: Entry[] = []
    space()
    if (text[at] !== '}') {
      for (;;) {
        space()
        if (text[at] !== '"') throw new SyntaxProblem('a key in quotes is expected here', at)
        const key = string()
        space()
        if (text[at] !== ':') throw new SyntaxProblem("':' is expected here", at)
        at++
        space()
        written.push({ key, name: key.value, value: value(), merged: false })
        space()
        if (text[at] !== ',') break
        at++
      }
    }
    if (text[at] !== '}') throw new SyntaxProblem("',' or '}' is expected here", at)
    return {
      kind: 'map',
      start,
      end: ++at,
      flow: true,
      written,
      entries: new Map(written.map((e) => [e.name, e])),
    }
  }

  space()
  const root = value()
  space()
  if (at < text.length) throw new SyntaxProblem('the document goes on where it should have ended', at)
  return root
}

/** The data of a JSON text, as Python's reader has it. Throws {@link SyntaxProblem}. */
export function jsonValue(text: string): Value {
  return toValue(parseJson(text), new WeakMap())
}
