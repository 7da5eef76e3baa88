import { describe, expect, test } from 'vitest'
import { dumps, equal, lookUp, repr, str, toInt, toNumber } from './python.ts'
import type { Key, Value } from './types.ts'

const map = (...entries: [Key, Value][]) => new Map(entries)

describe('text of values', () => {
  test.each<[Value, string]>([
    [true, 'True'],
    [null, 'None'],
    [1.1, '1.1'],
    [1, '1.0'],
    [-0, '-0.0'],
    [1e16, '1e+16'],
    [1e-5, '1e-05'],
    [0.0001, '0.0001'],
    [Number.NaN, 'nan'],
    [12345678901234567890n, '12345678901234567890'],
    [['a', 1n], "['a', 1]"],
    [map(['k', false], [7n, null]), "{'k': False, 7: None}"],
    [['it\'s "x"'], "['it\\'s \"x\"']"],
    [["it's"], '["it\'s"]'],
    [['\x07\n\u00a0\u2028\u{e0001}\xe9'], "['\\x07\\n\\xa0\\u2028\\U000e0001\xe9']"],
  ])('%o is %s', (value, text) => {
    expect(str(value)).toBe(text)
  })

  test('a text in a list is quoted, alone it is not', () => {
    expect([str('a'), repr('a')]).toEqual(['a', "'a'"])
  })
})

describe('numbers in texts', () => {
  test.each<[Value, bigint | undefined]>([
    [' 7 ', 7n],
    ['+5', 5n],
    ['1_000', 1000n],
    ['1__0', undefined],
    ['\u0664\u0662', 42n],
    ['\u00a05\u2003', 5n],
    ['\ufeff5', undefined],
    ['0x10', undefined],
    ['1.0', undefined],
    [1.9, 1n],
    [-1.9, -1n],
    [true, 1n],
    [null, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    ['9'.repeat(4300), BigInt('9'.repeat(4300))],
    ['9'.repeat(4301), undefined],
  ])('int(%o)', (value, number) => {
    expect(toInt(value)).toBe(number)
  })

  test.each<[Value, bigint | number | undefined]>([
    ['5', 5n],
    ['5.', 5],
    ['.5', 0.5],
    ['1e3', 1000],
    ['1_0.2_5', 10.25],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['nAn', Number.NaN],
    ['\uff11.\uff12', 1.2],
    ['', undefined],
    ['1e', undefined],
    [['1'], undefined],
  ])('number of %o', (value, number) => {
    expect(toNumber(value)).toBe(number)
  })
})

describe('equality', () => {
  test('numbers and booleans are one, texts are not', () => {
    expect([equal(1n, true), equal(1, 1n), equal('1', 1n), equal(null, ''), equal(0n, false)]).toEqual([
      true,
      true,
      false,
      false,
      true,
    ])
  })

  test('lists and maps by content, keys as their values', () => {
    expect(equal([1n, [2]], [1, [2n]])).toBe(true)
    expect(equal(map([1n, 'a']), map([true, 'a']))).toBe(true)
    expect(equal(map(['a', 1n]), map(['b', 1n]))).toBe(false)
    expect(lookUp(map([32n, 'x']), 32)).toBe('x')
    expect(lookUp(map([32n, 'x']), '32')).toBeUndefined()
  })
})

describe('JSON', () => {
  test('keys are sorted by what they are, and everything beyond ASCII is escaped', () => {
    expect(dumps(map(['b', 1], ['a', '\xe9\x7f']))).toBe('{"a": "\\u00e9\\u007f", "b": 1.0}')
    expect(dumps(map([10n, 'x'], [9n, 'y'], [true, 'z']))).toBe('{"true": "z", "9": "y", "10": "x"}')
    expect(dumps(map(['\u{1f600}', 1n], ['\uffff', 2n]))).toBe('{"\\uffff": 2, "\\ud83d\\ude00": 1}')
  })

  test('keys of two kinds cannot be sorted', () => {
    expect(dumps([map(['a', 1n], [1n, 2n])])).toBeUndefined()
    expect(dumps(map([null, 1n]))).toBe('{"null": 1}')
  })
})
