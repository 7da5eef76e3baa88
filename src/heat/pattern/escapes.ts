import { classOf, type Flags, literal, range, type Test } from './classes.ts'
import { PatternLimit, PatternProblem } from './problem.ts'
import type { Source } from './source.ts'
import type { Place } from './tree.ts'

/** What a `\` and the characters behind it stand for. */
export type Escape =
  | { readonly kind: 'char'; readonly char: number }
  | { readonly kind: 'class'; readonly test: Test }
  | { readonly kind: 'place'; readonly what: Place }
  | { readonly kind: 'group'; readonly number: number }

const PLACES: Readonly<Record<string, Place>> = { A: 'start', Z: 'end', b: 'word', B: 'no-word' }
const CONTROLS: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }
const HEX: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }
const MOST_OCTAL = 0o377

/** Behind a `\` outside of `[…]`. */
export function escapeOutside(source: Source, flags: Flags): Escape {
  const letter = source.peek()
  if (letter !== undefined && Object.hasOwn(PLACES, letter)) {
    source.next()
    return { kind: 'place', what: PLACES[letter]! }
  }
  const octal = source.match(/^(?:0[0-7]{0,2}|[1-3][0-7]{2})/, 3) ?? tooLarge(source)
  if (octal !== undefined) return { kind: 'char', char: Number.parseInt(octal[0], 8) }
  const group = source.match(/^[1-9][0-9]?/, 2)
  if (group !== undefined) return { kind: 'group', number: Number(group[0]) }
  return escapeInSet(source, flags)
}

function tooLarge(source: Source): undefined {
  if (/^[4-7][0-7]{2}/.test(source.rest(3)))
    throw new PatternProblem(`'\\${source.rest(3)}' is above '\\${MOST_OCTAL.toString(8)}'`)
}

/** Behind a `\` inside of `[…]`. */
export function escapeInSet(source: Source, flags: Flags): Escape & { kind: 'char' | 'class' } {
  const octal = source.match(/^[0-7]{1,3}/, 3)
  if (octal !== undefined) {
    const char = Number.parseInt(octal[0], 8)
    if (char > MOST_OCTAL) throw new PatternProblem(`'\\${octal[0]}' is above '\\${MOST_OCTAL.toString(8)}'`)
    return { kind: 'char', char }
  }
  const letter = source.next()
  if (letter === undefined) throw new PatternProblem("it ends in '\\'")
  const test = classOf(letter, flags)
  if (test !== undefined) return { kind: 'class', test }
  if (Object.hasOwn(CONTROLS, letter)) return { kind: 'char', char: CONTROLS[letter]! }
  if (Object.hasOwn(HEX, letter)) return { kind: 'char', char: hex(source, letter, HEX[letter]!) }
  if (letter === 'N' && source.peek() === '{')
    throw new PatternLimit("characters by name ('\\N{…}') are not known")
  if (/[A-Za-z0-9]/.test(letter)) throw new PatternProblem(`'\\${letter}' is not an escape`)
  return { kind: 'char', char: letter.codePointAt(0)! }
}

function hex(source: Source, letter: string, length: number): number {
  const digits = source.match(/^[0-9a-fA-F]*/, length)![0]
  const char = Number.parseInt(digits, 16)
  if (digits.length !== length) throw new PatternProblem(`'\\${letter}' needs ${length} digits`)
  if (char > 0x10ffff) throw new PatternProblem(`'\\${letter}${digits}' is no character`)
  return char
}

/** `[…]`, from behind its `[`. */
export function readSet(source: Source, flags: Flags): Test {
  const negative = source.take('^')
  const tests: Test[] = []
  for (let first = true; first || source.peek() !== ']'; first = false) {
    const low = member(source, flags)
    if (source.peek() !== '-') {
      tests.push(testOf(low, flags))
      continue
    }
    source.next()
    if (source.peek() === ']') {
      tests.push(testOf(low, flags), literal(45, flags))
      break
    }
    const high = member(source, flags)
    if (low.kind !== 'char' || high.kind !== 'char' || high.char < low.char)
      throw new PatternProblem('a range of characters is reversed or not of characters')
    tests.push(range(low.char, high.char, flags))
  }
  source.next()
  return (char) => tests.some((test) => test(char)) !== negative
}

type Member = Escape & { kind: 'char' | 'class' }

function member(source: Source, flags: Flags): Member {
  const char = source.next()
  if (char === undefined) throw new PatternProblem("a ']' is missing")
  return char === '\\' ? escapeInSet(source, flags) : { kind: 'char', char: char.codePointAt(0)! }
}

function testOf(part: Member, flags: Flags): Test {
  return part.kind === 'char' ? literal(part.char, flags) : part.test
}
