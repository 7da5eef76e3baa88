import { describe, expect, test } from 'vitest'
import { compilePattern } from './match.ts'
import { PatternProblem } from './problem.ts'

describe('a match at the start must be as long as the value', () => {
  test.each<[string, string, boolean]>([
    ['[a-zA-Z][a-zA-Z0-9]*', 'abc1', true],
    ['[a-zA-Z][a-zA-Z0-9]*', '1abc', false],
    ['a|ab', 'ab', false],
    ['(?:a|ab)$', 'ab', true],
    ['a*?', 'aa', false],
    ['(?i)abc', 'aBC', true],
    ['\\d{1,3}(\\.\\d{1,3}){3}', '10.0.0.1', true],
    ['\\d+', '٣٤', true],
    ['\\w+', 'größe', true],
    ['[^\\s]+', 'a b', false],
    ['.', '\n', false],
    ['(?s).', '\n', true],
    ['[]a]+', ']a]', true],
    ['(?P<x>a+)-(?P=x)', 'aa-aa', true],
    ['(a)\\1', 'ab', false],
    ['(?=.*[0-9])(?!.*x)[a-z0-9]+', 'ab1', true],
    ['(?=.*[0-9])(?!.*x)[a-z0-9]+', 'ax1', false],
    ['a(?<=a)b', 'ab', true],
    ['\\bfoo\\b', 'foo', true],
    ['^x$', 'x', true],
    ['x$', 'x\n', false],
    ['(?x) a b # comment', 'ab', true],
    ['\\x41\\u0042', 'AB', true],
    ['😀+', '😀😀', true],
    ['a++b', 'aab', true],
    ['', '', true],
  ])('%s on %j: %s', (pattern, text, fits) => {
    expect(compilePattern(pattern).fits(text)).toBe(fits)
  })
})

test.each(['(', ')', '[', 'a**', '*a', '(?<x>a)', '\\', '[b-a]', '(?P=x)', '\\q'])(
  '%s is refused',
  (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(PatternProblem)
  },
)

test('a catastrophic pattern is quick, one with back references ends', () => {
  expect(compilePattern('(a+)+$').fits(`${'a'.repeat(5000)}b`)).toBe(false)
  expect(compilePattern('(x+x+)+y').fits('x'.repeat(3000))).toBe(false)
  expect(() => compilePattern('(a|b|ab)*\\1c').fits('ab'.repeat(2000))).toThrow('too long')
})
