import type { Key, Value } from './types.ts'

/*
 * The engine is Python, and what a template's author sees is Python's idea of text, numbers and equality.
 */

export function isMap(value: unknown): value is ReadonlyMap<Key, Value> {
  return value instanceof Map
}

export function isList(value: unknown): value is readonly Value[] {
  return Array.isArray(value)
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

/** `str(value)`. */
export function str(value: Value): string {
  return typeof value === 'string' ? value : repr(value)
}

/** `repr(value)`, as it is seen when a list or a map becomes text. */
export function repr(value: Value): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return floatText(value)
  if (typeof value === 'string') return reprText(value)
  if (isList(value)) return `[${value.map(repr).join(', ')}]`
  return `{${[...(value as ReadonlyMap<Key, Value>)].map(([k, v]) => `${repr(k)}: ${repr(v)}`).join(', ')}}`
}

function reprText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  let out = quote
  for (const char of text) {
    if (char === quote || char === '\\') out += `\\${char}`
    else if (char === '\n') out += '\\n'
    else if (char === '\r') out += '\\r'
    else if (char === '\t') out += '\\t'
    else if (char < ' ' || char === '\x7f') out += `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
    else out += char
  }
  return out + quote
}

/** `json.dumps` with sorted keys: `, ` and `: `, everything beyond ASCII as `\u…`. */
export function dumps(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 'NaN'
    if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
    return floatText(value)
  }
  if (typeof value === 'string') return dumpsText(value)
  if (isList(value)) return `[${value.map(dumps).join(', ')}]`
  const members = [...(value as ReadonlyMap<Key, Value>)].map(([k, v]) => [jsonKey(k), v] as const)
  members.sort(([a], [b]) => compareText(a, b))
  return `{${members.map(([k, v]) => `${dumpsText(k)}: ${dumps(v)}`).join(', ')}}`
}

/** How a key is written in JSON. */
export function jsonKey(key: Key): string {
  if (key === null) return 'null'
  if (typeof key === 'boolean') return String(key)
  return typeof key === 'string' ? key : str(key)
}

export function dumpsText(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Order by code points, as Python sorts text; JavaScript sorts by UTF-16 units. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const x = [...a]
  const y = [...b]
  for (let i = 0; i < x.length && i < y.length; i++) {
    const difference = x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!
    if (difference !== 0) return difference
  }
  return x.length - y.length
}

/** `a == b`: `True == 1 == 1.0`, text never equals a number, lists and maps by content. */
export function equal(a: Value, b: Value): boolean {
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]!))
  if (isMap(a)) {
    if (!isMap(b) || a.size !== b.size) return false
    for (const [key, value] of a) {
      if (!b.has(key) || !equal(value, b.get(key)!)) return false
    }
    return true
  }
  if (typeof a === 'string' || a === null) return a === b
  if (typeof b === 'string' || b === null || typeof b === 'object') return false
  const x = typeof a === 'boolean' ? BigInt(a) : a
  const y = typeof b === 'boolean' ? BigInt(b) : b
  // Mixed comparison of bigint and number is exact in JavaScript.
  // biome-ignore lint/suspicious/noDoubleEquals: 1n == 1 is the point
  return x == y
}

/** `int(value)` for a number or text; undefined where Python raises. */
export function toInt(value: Value): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'boolean') return BigInt(value)
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  return /^[-+]?[0-9]+(?:_[0-9]+)*$/.test(text) && text.length <= 4300
    ? BigInt(text.replace(/^\+/, '').replaceAll('_', ''))
    : undefined
}

/** `int(text)`, else `float(text)`; undefined where neither works. */
export function toNumber(value: Value): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  if (typeof value === 'boolean') return BigInt(value)
  if (typeof value !== 'string') return undefined
  const whole = toInt(value)
  if (whole !== undefined) return whole
  const text = value.trim().toLowerCase()
  if (/^[-+]?(?:inf|infinity)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^[-+]?nan$/.test(text)) return Number.NaN
  return /^[-+]?(?:[0-9]+(?:_[0-9]+)*\.?(?:[0-9]+(?:_[0-9]+)*)?|\.[0-9]+(?:_[0-9]+)*)(?:e[-+]?[0-9]+)?$/.test(
    text,
  )
    ? Number(text.replaceAll('_', ''))
    : undefined
}

/** `bool(value)`. */
export function truthy(value: Value): boolean {
  if (value === null || value === '' || value === 0 || value === 0n || value === false) return false
  if (isList(value)) return value.length > 0
  if (isMap(value)) return value.size > 0
  return true
}

/** JSON-like data of JavaScript (or a `Value`) as a `Value`: whole numbers become `bigint`. */
export function fromPlain(data: unknown): Value {
  if (data === null || data === undefined) return null
  if (typeof data === 'boolean' || typeof data === 'string' || typeof data === 'bigint') return data
  if (typeof data === 'number') return Number.isSafeInteger(data) ? BigInt(data) : data
  if (Array.isArray(data)) return data.map(fromPlain)
  if (data instanceof Map) return new Map([...data].map(([k, v]) => [k as Key, fromPlain(v)]))
  if (typeof data === 'object') return new Map(Object.entries(data).map(([k, v]) => [k, fromPlain(v)]))
  return String(data)
}

/** Python's word for the type, for messages. */
export function typeName(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return 'text'
  if (typeof value === 'boolean') return 'a boolean'
  if (isList(value)) return 'a list'
  if (isMap(value)) return 'a map'
  return 'a number'
}

/** `json.dumps(value, indent=4)`, as heat-cfntools writes a file whose content is a map. Keys keep their order. */
export function dumpsIndented(value: Value, indent = ''): string {
  const inner = `${indent}    `
  if (isList(value)) {
    if (value.length === 0) return '[]'
    return `[\n${value.map((item) => inner + dumpsIndented(item, inner)).join(',\n')}\n${indent}]`
  }
  if (isMap(value)) {
    if (value.size === 0) return '{}'
    const members = [...value].map(([k, v]) => `${inner}${dumpsText(jsonKey(k))}: ${dumpsIndented(v, inner)}`)
    return `{\n${members.join(',\n')}\n${indent}}`
  }
  return dumps(value)
}
