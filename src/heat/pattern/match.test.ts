import { describe, expect, test } from 'vitest'
import { compilePattern } from './match.ts'
import { PatternLimit, PatternProblem } from './problem.ts'

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
    ['(|a)*', 'aaa', false],
    ['(|a)*$', 'aaa', true],
    ['(a|b)*?b', 'ab', true],
    ['(?:a*?)*?c', 'aac', true],
    ['a{,2}', 'aa', true],
    ['a{2', 'a{2', true],
    ['a{,}b', 'aab', true],
    ['[a-z]{1,64}', 'x'.repeat(64), true],
    ['[a-z]{1,64}', 'x'.repeat(65), false],
    ['[a-z]{2,}?x', 'abcx', true],
    ['(?i:k)K', 'KK', true],
    ['(?i:k)K', 'Kk', false],
    ['(?i)s', 'ſ', true],
    ['(?i)[i-k]', 'İ', true],
    ['(?a:\\w)+', 'é', false],
    ['(?s:.)(?m:^)a', '\na', true],
    ['(a)?(?(1)b|c)', 'ab', true],
    ['(a)?(?(1)b|c)', 'c', true],
    ['(?P<é>x)(?P=é)', 'xx', true],
    ['(?i)(a)\\1', 'aA', true],
    ['[\\]a-]+', 'a]-', true],
    ['[^]]', 'a', true],
    ['\\101\\0', 'A\0', true],
    ['[\\b]', '\b', true],
    ['(?<=ab|cd)', '', false],
    ['a(?#note)*', 'aaa', true],
    ['\\B', '', false],
    ['\\s', '\x1c', true],
    ['\\s', '\ufeff', false],
  ])('%s on %j: %s', (pattern, text, fits) => {
    expect(compilePattern(pattern).fits(text)).toBe(fits)
  })
})

describe('what Python refuses', () => {
  test.each([
    '(',
    ')',
    '[',
    '[]',
    'a**',
    'a{1}{2}',
    '*a',
    '^*',
    '(?<x>a)',
    '\\',
    '[b-a]',
    '[a-\\d]',
    '(?P=x)',
    '(?P<a>x)(?P<a>y)',
    '(?P<1>x)',
    '\\q',
    '\\8',
    '\\400',
    '\\x4',
    '\\U00110000',
    'a(?i)b',
    '(?L)a',
    '(?au)a',
    '(?i-i:a)',
    '(?<=a+)b',
    '(?<=a|bc)d',
    '(a\\1)',
    '(?(2)a)(b)',
    '(a)?(?(1)b|c|d)',
    'a{2,1}',
  ])('%s', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(PatternProblem)
    expect(() => compilePattern(pattern)).not.toThrow(PatternLimit)
  })

  test('what is only too much here is told apart', () => {
    for (const pattern of ['(?:ab){1,50000}', '\\N{BULLET}', '('.repeat(200), '(?:a*)*'.repeat(30)])
      expect(() => compilePattern(pattern)).toThrow(PatternLimit)
  })
})

test('a catastrophic pattern is quick, one with back references ends', () => {
  expect(compilePattern('(a+)+$').fits(`${'a'.repeat(5000)}b`)).toBe(false)
  expect(compilePattern('(x+x+)+y').fits('x'.repeat(3000))).toBe(false)
  expect(() => compilePattern('(a|b|ab)*\\1c').fits('ab'.repeat(2000))).toThrow('too long')
})
