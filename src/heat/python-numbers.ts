import type { Value } from './types.ts'

/*
 * `int()`, `float()` and `repr(float)` of Python.
 */

/** Python refuses to read or write longer whole numbers in decimal. */
const MOST_DIGITS = 4300
const SPACE = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const OUTER_SPACE = new RegExp(`^${SPACE}|${SPACE}$`, 'g')

/** `text.strip()`: Python counts four separators and U+0085 as white space, but not U+FEFF. */
export function strip(text: string): string {
  return text.replace(OUTER_SPACE, '')
}

/** Digits of all scripts count as digits. */
function asciiDigits(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text
  return text.replace(/\p{Nd}/gu, (char) => {
    const code = char.codePointAt(0)!
    let zero = code
    // Digits stand in runs of ten from their zero on; some runs follow each other at once.
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--
    return String((code - zero) % 10)
  })
}

/** `int(value)` for a number, boolean or text; undefined where Python raises. */
export function toInt(value: Value): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'boolean') return BigInt(value)
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined
  if (typeof value !== 'string') return undefined
  const text = asciiDigits(strip(value))
  if (!/^[-+]?[0-9]+(?:_[0-9]+)*$/.test(text)) return undefined
  const digits = text.replace(/^\+/, '').replaceAll('_', '')
  return digits.replace('-', '').length <= MOST_DIGITS ? BigInt(digits) : undefined
}

/** `int(text)`, else `float(text)`; undefined where neither works. Numbers stay as they are, booleans become whole. */
export function toNumber(value: Value): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  if (typeof value === 'boolean') return BigInt(value)
  if (typeof value !== 'string') return undefined
  const whole = toInt(value)
  if (whole !== undefined) return whole
  const text = asciiDigits(strip(value)).toLowerCase()
  if (/^[-+]?(?:inf|infinity)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^[-+]?nan$/.test(text)) return Number.NaN
  const digits = '[0-9]+(?:_[0-9]+)*'
  return new RegExp(`^[-+]?(?:${digits}\\.?(?:${digits})?|\\.${digits})(?:e[-+]?${digits})?$`).test(text)
    ? Number(text.replaceAll('_', ''))
    : undefined
}

/** `repr(float)`: `1.0`, `1e+16`, `1e-05`, `nan`. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.0'
  if (value === 0) return '0.0'
  const [mantissa, power] = value.toExponential().split('e') as [string, string]
  const exponent = Number(power)
  if (exponent >= -4 && exponent < 16) {
    const plain = Math.abs(exponent) < 7 ? String(value) : fixed(value, mantissa, exponent)
    return plain.includes('.') ? plain : `${plain}.0`
  }
  const digits = String(Math.abs(exponent)).padStart(2, '0')
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`
}

/** All digits of a large number, without an exponent. */
function fixed(value: number, mantissa: string, exponent: number): string {
  const sign = value < 0 ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const rest = digits.slice(exponent + 1)
  return rest === '' ? `${sign}${whole}` : `${sign}${whole}.${rest}`
}
