import { floatText } from './python-numbers.ts'
import { compareText, isList, isMap, str } from './python-values.ts'
import type { Key, Value } from './types.ts'

/*
 * `json.dumps` of Python.
 */

/**
 * `json.dumps(value, sort_keys=True)`: `, ` and `: `, everything beyond ASCII as `\u…`.
 * undefined where a map has keys that Python cannot put in order, such as a text and a number.
 */
export function dumps(value: Value): string | undefined {
  if (isList(value)) return enclosed('[', value.map(dumps), ']')
  if (!isMap(value)) return dumpsScalar(value)
  const entries = sorted([...value])
  if (entries === undefined) return undefined
  const members = entries.map(([key, item]) => {
    const text = dumps(item)
    return text === undefined ? undefined : `${dumpsText(jsonKey(key))}: ${text}`
  })
  return enclosed('{', members, '}')
}

function enclosed(open: string, parts: readonly (string | undefined)[], close: string): string | undefined {
  return parts.includes(undefined) ? undefined : open + parts.join(', ') + close
}

function dumpsScalar(value: Key): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return dumpsText(value)
  if (typeof value !== 'number') return String(value)
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  return floatText(value)
}

/** By key, as `sorted` has them: numbers and booleans by value, texts by code points. */
function sorted(entries: [Key, Value][]): [Key, Value][] | undefined {
  if (entries.length < 2) return entries
  if (entries.every(([key]) => typeof key === 'string'))
    return entries.sort(([a], [b]) => compareText(a as string, b as string))
  if (!entries.every(([key]) => key !== null && typeof key !== 'string')) return undefined
  const number = (key: Key) => (typeof key === 'boolean' ? BigInt(key) : (key as bigint | number))
  return entries.sort(([a], [b]) => (number(a) < number(b) ? -1 : number(a) > number(b) ? 1 : 0))
}

/** How a key is written in JSON. */
export function jsonKey(key: Key): string {
  if (key === null) return 'null'
  if (typeof key === 'boolean') return String(key)
  return typeof key === 'string' ? key : str(key)
}

/** A text in JSON, everything beyond ASCII escaped. */
export function dumpsText(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
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
  return dumpsScalar(value)
}
