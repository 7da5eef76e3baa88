import { describe, expect, test } from 'vitest'
import type { Value } from '../types.ts'
import { jsonValue } from './json.ts'
import { SyntaxProblem } from './problem.ts'

describe('JSON as Python reads it', () => {
  test.each<[string, Value]>([
    ['1', 1n],
    ['1.0', 1],
    ['-0', 0n],
    ['-0.0', -0],
    ['1e3', 1000],
    ['1e400', Number.POSITIVE_INFINITY],
    ['12345678901234567890', 12345678901234567890n],
    ['[NaN, -Infinity]', [Number.NaN, Number.NEGATIVE_INFINITY]],
    [' "\\u00e9\\ud83d\\ude00\\n" ', 'é😀\n'],
    ['"\\ud800"', '\ud800'],
  ])('%s', (text, value) => {
    expect(jsonValue(text)).toEqual(value)
  })

  test('the last of equal keys counts, where the first stood; no key is special', () => {
    const value = jsonValue('{"10": 1, "9": 2, "__proto__": 3, "10": 4}') as ReadonlyMap<string, Value>
    expect([...value]).toEqual([
      ['10', 4n],
      ['9', 2n],
      ['__proto__', 3n],
    ])
  })

  test.each([
    '',
    '01',
    '1.',
    '.5',
    '+1',
    'nan',
    "'a'",
    '"\t"',
    '"\\x41"',
    '[1,]',
    '{"a" 1}',
    '{a: 1}',
    '1 2',
    '\ufeff1',
  ])('%j is none', (text) => {
    expect(() => jsonValue(text)).toThrow(SyntaxProblem)
  })
})
