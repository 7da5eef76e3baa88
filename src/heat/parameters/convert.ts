import { isList, isMap, jsonKey, str, strip, toNumber } from '../python.ts'
import { jsonValue } from '../read/json.ts'
import { SyntaxProblem } from '../read/problem.ts'
import type { Key, Value } from '../types.ts'

export type ParameterType = 'string' | 'number' | 'boolean' | 'list' | 'json'

const TRUE = new Set(['1', 't', 'true', 'on', 'y', 'yes'])
const FALSE = new Set(['0', 'f', 'false', 'off', 'n', 'no'])

/** `value` as the type has it, or a sentence's end that says why not. */
export function convert(
  type: ParameterType,
  value: Value,
): { readonly value: Value } | { readonly fault: string } {
  switch (type) {
    case 'string':
      return { value: str(value) }
    case 'number': {
      // Python counts booleans as numbers, and they stay what they are.
      const number = typeof value === 'boolean' ? value : toNumber(value)
      return number === undefined ? { fault: 'is not a number' } : { value: number }
    }
    case 'boolean': {
      const word = strip(str(value)).toLowerCase()
      if (TRUE.has(word)) return { value: true }
      return FALSE.has(word) ? { value: false } : { fault: 'is not a boolean' }
    }
    case 'list':
      if (isList(value)) return { value: value.map(str) }
      if (typeof value !== 'string') return { fault: 'is not a list' }
      return { value: value === '' ? [] : value.split(',') }
    case 'json':
      return json(value)
  }
}

/** Data goes through JSON and back in the engine, so its keys become texts. */
function json(value: Value): { readonly value: Value } | { readonly fault: string } {
  if (typeof value !== 'string') return { value: withTextKeys(value) }
  if (value === '') return { value }
  try {
    return { value: jsonValue(value) }
  } catch (problem) {
    if (!(problem instanceof SyntaxProblem)) throw problem
    return { fault: 'is not JSON' }
  }
}

function withTextKeys(value: Value): Value {
  if (isList(value)) return value.map(withTextKeys)
  if (!isMap(value)) return value
  const map = new Map<Key, Value>()
  for (const [key, item] of value) map.set(jsonKey(key), withTextKeys(item))
  return map
}
