import { toInt } from '../python.ts'
import type { Key } from '../types.ts'
import { SyntaxProblem } from './problem.ts'

const BOOLEANS = new Map<string, boolean>()
for (const word of ['yes', 'true', 'on']) for (const form of forms(word)) BOOLEANS.set(form, true)
for (const word of ['no', 'false', 'off']) for (const form of forms(word)) BOOLEANS.set(form, false)

function forms(word: string): string[] {
  return [word, word[0]!.toUpperCase() + word.slice(1), word.toUpperCase()]
}

/** Longer than any number that Python would write again. */
const MOST_DIGITS = 4300
const NULLS = new Set(['', '~', 'null', 'Null', 'NULL'])
const INT =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

/** What kind of plain scalar `text` is in YAML 1.1. `merge` is `<<`, `value` a lone `=`. Timestamps are text, as in Heat. */
export function plainTag(text: string): 'null' | 'bool' | 'int' | 'float' | 'merge' | 'value' | 'str' {
  // Words are long and numbers begin with few characters: most scalars are told apart by their first.
  const first = text.charCodeAt(0)
  if (text.length <= 5) {
    if (NULLS.has(text)) return 'null'
    if (text === '<<') return 'merge'
    if (text === '=') return 'value'
    if (BOOLEANS.has(text)) return 'bool'
  }
  // A digit, '+', '-' or '.'.
  if (!((first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46)) return 'str'
  if (INT.test(text)) return 'int'
  return FLOAT.test(text) ? 'float' : 'str'
}

/** `text` as `tag`; a text that does not fit an explicit tag is a problem at `offset`. */
export function construct(tag: string, text: string, offset: number): Key {
  if (tag === 'null') return null
  if (tag === 'str') return text
  if (tag === 'bool') {
    const value = BOOLEANS.get(text) ?? BOOLEANS.get(text.toLowerCase())
    if (value === undefined) throw new SyntaxProblem(`'${text}' is not a boolean`, offset)
    return value
  }
  if (tag === 'int') return wholeNumber(text, offset)
  if (tag === 'float') return floatNumber(text, offset)
  throw new SyntaxProblem(`a scalar cannot be tagged ${tag}`, offset)
}

function wholeNumber(text: string, offset: number): bigint {
  let digits = text.replaceAll('_', '')
  let sign = 1n
  if (/^[-+]/.test(digits)) {
    if (digits[0] === '-') sign = -1n
    digits = digits.slice(1)
  }
  try {
    if (digits === '0') return 0n
    if (/^0[bx]./.test(digits)) return sign * BigInt(digits)
    // With an explicit tag Python takes its own spelling of octal numbers, too.
    if (digits.startsWith('0')) return sign * BigInt(`0o${digits.replace(/^0o?/i, '')}`)
    if (digits.includes(':')) {
      if (digits.length > MOST_DIGITS) throw new RangeError(text)
      let total = 0n
      for (const part of digits.split(':')) total = total * 60n + decimal(part)
      return sign * total
    }
    return sign * decimal(digits)
  } catch {
    throw new SyntaxProblem(`'${text.slice(0, 40)}' is not a whole number`, offset)
  }
}

/** Python refuses very long ones, too, and BigInt would take seconds for a megabyte of digits. */
function decimal(text: string): bigint {
  const number = toInt(text)
  if (number === undefined) throw new RangeError(text)
  return number
}

function floatNumber(text: string, offset: number): number {
  let digits = text.replaceAll('_', '').toLowerCase()
  let sign = 1
  if (/^[-+]/.test(digits)) {
    if (digits[0] === '-') sign = -1
    digits = digits.slice(1)
  }
  if (digits === '.inf') return sign * Number.POSITIVE_INFINITY
  if (digits === '.nan') return Number.NaN
  const parts = digits.split(':')
  if (!parts.every((part) => /^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?$/.test(part)))
    throw new SyntaxProblem(`'${text.slice(0, 40)}' is not a number`, offset)
  return sign * parts.reduce((total, part) => total * 60 + Number(part), 0)
}
