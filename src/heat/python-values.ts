import { floatText } from './python-numbers.ts'
import type { Key, Value } from './types.ts'

export function isMap(value: unknown): value is ReadonlyMap<Key, Value> {
  return value instanceof Map
}

export function isList(value: unknown): value is readonly Value[] {
  return Array.isArray(value)
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

/** What Python does not print as it is: control, format, private and unknown characters, all white space but the blank. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u

function reprText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  let out = quote
  for (const char of text) {
    if (char === quote || char === '\\') out += `\\${char}`
    else if (char === '\n') out += '\\n'
    else if (char === '\r') out += '\\r'
    else if (char === '\t') out += '\\t'
    else if (UNPRINTABLE.test(char)) out += escaped(char.codePointAt(0)!)
    else out += char
  }
  return out + quote
}

function escaped(code: number): string {
  const hex = code.toString(16)
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
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
      const other = lookUp(b, key)
      if (other === undefined || !equal(value, other)) return false
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

/** `map[key]`: the keys `1`, `1.0` and `True` are one. */
export function lookUp<T>(map: ReadonlyMap<Key, T>, key: Key): T | undefined {
  const value = map.get(key)
  if (value !== undefined || typeof key === 'string' || key === null) return value
  for (const other of sameKeys(key)) {
    const found = map.get(other)
    if (found !== undefined) return found
  }
  return undefined
}

/** The keys that equal the number or boolean `key`, whatever their type. */
export function sameKeys(key: bigint | number | boolean): Key[] {
  if (typeof key === 'number' && !Number.isInteger(key)) return []
  const whole = BigInt(key)
  const keys: Key[] = [whole, Number(whole)]
  if (whole === 0n || whole === 1n) keys.push(whole === 1n)
  return keys
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
