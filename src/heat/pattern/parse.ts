import { PatternLimit, PatternProblem } from './problem.ts'

/** Decides about one code point. */
export type Test = (char: number) => boolean

export type Tree =
  | { readonly kind: 'char'; readonly test: Test }
  | { readonly kind: 'sequence'; readonly parts: readonly Tree[] }
  | { readonly kind: 'choice'; readonly parts: readonly Tree[] }
  | {
      readonly kind: 'repeat'
      readonly inner: Tree
      readonly least: number
      readonly most: number
      readonly greedy: boolean
      readonly atomic: boolean
    }
  | { readonly kind: 'group'; readonly inner: Tree; readonly number: number }
  | { readonly kind: 'back'; readonly number: number }
  | { readonly kind: 'look'; readonly inner: Tree; readonly behind: boolean; readonly negative: boolean }
  | { readonly kind: 'atomic'; readonly inner: Tree }
  | {
      readonly kind: 'assert'
      readonly what: 'start' | 'end' | 'line-start' | 'line-end' | 'last-line' | 'word' | 'no-word'
    }

const DIGIT = /\p{Nd}/u
const SPACE = /[\s\x1c-\x1f\x85]/u
const WORD = /[\p{L}\p{N}_]/u

function byClass(pattern: RegExp): Test {
  return (char) => pattern.test(String.fromCodePoint(char))
}

/** True for letters, digits and `_`, as `\w` in Python. */
export const isWord: Test = byClass(WORD)

const CLASSES: Readonly<Record<string, Test>> = {
  d: byClass(DIGIT),
  s: byClass(SPACE),
  w: isWord,
  D: (char) => !DIGIT.test(String.fromCodePoint(char)),
  S: (char) => !SPACE.test(String.fromCodePoint(char)),
  W: (char) => !isWord(char),
}
const CONTROLS: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }

/** Python's syntax of regular expressions as a tree. Throws {@link PatternProblem}. */
export function parsePattern(pattern: string): { tree: Tree; groups: number } {
  const chars = [...pattern]
  const names = new Map<string, number>()
  let at = 0
  let groups = 0
  let depth = 0
  let ignoreCase = false
  let multiLine = false
  let dotAll = false
  let verbose = false

  const bad = (message: string) => new PatternProblem(message)
  const rest = (text: string) => chars.slice(at, at + text.length).join('') === text
  const literal = (char: number): Test => {
    if (!ignoreCase) return (other) => other === char
    const forms = caseForms(char)
    return (other) => forms.has(other)
  }

  const flags = (): boolean => {
    const match = /^\(\?([aiLmsux]+)\)/.exec(chars.slice(at, at + 16).join(''))
    if (!match) return false
    at += match[0].length
    for (const flag of match[1]!) {
      if (flag === 'i') ignoreCase = true
      if (flag === 'm') multiLine = true
      if (flag === 's') dotAll = true
      if (flag === 'x') verbose = true
    }
    return true
  }
  const skipVerbose = () => {
    while (verbose && at < chars.length) {
      if (/\s/.test(chars[at]!)) at++
      else if (chars[at] === '#') while (at < chars.length && chars[at] !== '\n') at++
      else return
    }
  }

  const choice = (): Tree => {
    if (++depth > 100) throw new PatternLimit('it is nested too deeply')
    const parts = [sequence()]
    while (chars[at] === '|') {
      at++
      parts.push(sequence())
    }
    depth--
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }
  const sequence = (): Tree => {
    const parts: Tree[] = []
    for (;;) {
      skipVerbose()
      if (at >= chars.length || chars[at] === '|' || chars[at] === ')') break
      const one = atom()
      if (one !== undefined) parts.push(repeated(one))
    }
    return { kind: 'sequence', parts }
  }
  const repeated = (inner: Tree): Tree => {
    let tree = inner
    skipVerbose()
    const range = /^\{([0-9]*)(,?)([0-9]*)\}/.exec(chars.slice(at, at + 24).join(''))
    let least: number
    let most: number
    const char = chars[at]
    if (char === '*') [least, most] = [0, Number.POSITIVE_INFINITY]
    else if (char === '+') [least, most] = [1, Number.POSITIVE_INFINITY]
    else if (char === '?') [least, most] = [0, 1]
    else if (range && (range[1] !== '' || range[3] !== '' || range[2] !== '')) {
      least = Number(range[1] || 0)
      most = range[2] === '' ? least : range[3] === '' ? Number.POSITIVE_INFINITY : Number(range[3])
      if (most < least) throw bad('a repeat has its least above its most')
    } else return tree
    at += range && char === '{' ? range[0].length : 1
    let greedy = true
    let atomic = false
    if (chars[at] === '?') {
      greedy = false
      at++
    } else if (chars[at] === '+') {
      atomic = true
      at++
    }
    if (inner.kind === 'assert') throw bad('there is nothing to repeat')
    tree = { kind: 'repeat', inner, least, most, greedy, atomic }
    if (chars[at] === '*' || chars[at] === '+' || chars[at] === '?') throw bad('one repeat follows another')
    return tree
  }
  const close = () => {
    if (chars[at] !== ')') throw bad("a ')' is missing")
    at++
  }
  const group = (): Tree | undefined => {
    if (flags()) return undefined
    at++
    if (chars[at] !== '?') {
      const number = ++groups
      const inner = choice()
      close()
      return { kind: 'group', inner, number }
    }
    if (rest('?#')) {
      while (at < chars.length && chars[at] !== ')') at++
      close()
      return undefined
    }
    for (const [mark, behind, negative] of [
      ['?=', false, false],
      ['?!', false, true],
      ['?<=', true, false],
      ['?<!', true, true],
    ] as const) {
      if (!rest(mark)) continue
      at += mark.length
      const inner = choice()
      close()
      return { kind: 'look', inner, behind, negative }
    }
    if (rest('?:') || rest('?>')) {
      const atomic = chars[at + 1] === '>'
      at += 2
      const inner = choice()
      close()
      return atomic ? { kind: 'atomic', inner } : inner
    }
    const head = chars.slice(at, at + 80).join('')
    const back = /^\?P=([A-Za-z_]\w*)\)/.exec(head)
    if (back) {
      at += back[0].length
      const number = names.get(back[1]!)
      if (number === undefined) throw bad(`there is no group '${back[1]}'`)
      return { kind: 'back', number }
    }
    const named = /^\?P<([A-Za-z_]\w*)>/.exec(head)
    if (!named) throw bad(`'(${head.slice(0, 4)}' is not supported`)
    at += named[0].length
    const number = ++groups
    names.set(named[1]!, number)
    const inner = choice()
    close()
    return { kind: 'group', inner, number }
  }
  const atom = (): Tree | undefined => {
    const char = chars[at]!
    if (char === '(') return group()
    if (char === '[') return { kind: 'char', test: set() }
    if (char === '*' || char === '+' || char === '?') throw bad('there is nothing to repeat')
    at++
    if (char === '.') return { kind: 'char', test: dotAll ? () => true : (other) => other !== 10 }
    if (char === '^') return { kind: 'assert', what: multiLine ? 'line-start' : 'start' }
    if (char === '$') return { kind: 'assert', what: multiLine ? 'line-end' : 'last-line' }
    if (char !== '\\') return { kind: 'char', test: literal(char.codePointAt(0)!) }
    const letter = chars[at]
    if (letter === undefined) throw bad("it ends in '\\'")
    if (letter === 'A') return assertion('start')
    if (letter === 'Z') return assertion('end')
    if (letter === 'b') return assertion('word')
    if (letter === 'B') return assertion('no-word')
    const number = /^[1-9][0-9]?/.exec(chars.slice(at, at + 2).join(''))
    if (number) {
      at += number[0].length
      if (Number(number[0]) > groups) throw bad(`there is no group ${number[0]}`)
      return { kind: 'back', number: Number(number[0]) }
    }
    const behind = escaped()
    return { kind: 'char', test: typeof behind === 'number' ? literal(behind) : behind }
  }
  const assertion = (what: 'start' | 'end' | 'word' | 'no-word'): Tree => {
    at++
    return { kind: 'assert', what }
  }
  /** Behind a `\`: a code point or a class. */
  const escaped = (): number | Test => {
    const letter = chars[at++]
    if (letter === undefined) throw bad("it ends in '\\'")
    if (Object.hasOwn(CLASSES, letter)) return CLASSES[letter]!
    if (Object.hasOwn(CONTROLS, letter)) return CONTROLS[letter]!
    const length = letter === 'x' ? 2 : letter === 'u' ? 4 : letter === 'U' ? 8 : 0
    if (length > 0) {
      const digits = chars.slice(at, at + length).join('')
      if (digits.length !== length || !/^[0-9a-fA-F]+$/.test(digits))
        throw bad(`'\\${letter}' needs ${length} digits`)
      at += length
      return Number.parseInt(digits, 16)
    }
    if (letter === '0') {
      const digits = /^[0-7]{0,2}/.exec(chars.slice(at, at + 2).join(''))![0]
      at += digits.length
      return Number.parseInt(`0${digits}`, 8)
    }
    if (/[A-Za-z0-9]/.test(letter)) throw bad(`'\\${letter}' is not an escape`)
    return letter.codePointAt(0)!
  }
  const set = (): Test => {
    at++
    const negative = chars[at] === '^'
    if (negative) at++
    const tests: Test[] = []
    for (let first = true; first || chars[at] !== ']'; first = false) {
      if (at >= chars.length) throw bad("a ']' is missing")
      const low = member()
      if (chars[at] !== '-' || chars[at + 1] === ']' || chars[at + 1] === undefined) {
        tests.push(typeof low === 'number' ? literal(low) : low)
        continue
      }
      at++
      const high = member()
      if (typeof low !== 'number' || typeof high !== 'number' || high < low)
        throw bad('a range of characters is reversed or not of characters')
      tests.push(
        ignoreCase
          ? (char) => [...caseForms(char)].some((c) => c >= low && c <= high)
          : (char) => char >= low && char <= high,
      )
    }
    at++
    return (char) => tests.some((test) => test(char)) !== negative
  }
  const member = (): number | Test => {
    const char = chars[at++]
    if (char === undefined) throw bad("a ']' is missing")
    return char === '\\' ? escaped() : char.codePointAt(0)!
  }

  const tree = choice()
  if (at < chars.length) throw bad("a ')' has no '('")
  return { tree, groups }
}

function caseForms(char: number): Set<number> {
  const text = String.fromCodePoint(char)
  const forms = [text, text.toLowerCase(), text.toUpperCase()].filter((form) => [...form].length === 1)
  return new Set(forms.map((form) => form.codePointAt(0)!))
}
