import { expect, test } from 'vitest'
import { amount, bytes, bytesOf, count, duration, percent, some } from './format.ts'
import { table } from './table.ts'
import { printable, printableColoured, printableLines, shorten, width, wrap } from './text.ts'

test('sizes', () => {
  const sizes = [0, 512, 999, 1000, 1449, 9_949, 9_951, 999_499, 999_500, 148e6, 1.44e9, 2e15].map(bytes)
  expect(sizes).toEqual(
    [
      '0 B',
      '512 B',
      '999 B',
      '1.0 kB',
      '1.4 kB',
      '9.9 kB',
      '10 kB',
      '999 kB',
      '1.0 MB',
      '148 MB',
      '1.4 GB',
    ].concat('2000 TB'),
  )
  expect(bytesOf(120e6, 260e6)).toBe('120 of 260 MB')
  expect(bytesOf(120e6, 2.1e9)).toBe('0.1 of 2.1 GB')
})

test('of many names the first ones', () => {
  expect(some(['a', 'b', 'c', 'd'])).toBe('a, b, c, d')
  expect(some(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 more')
})

test('times, also where rounding carries over', () => {
  const spans = [-1, 0.04, 0.44, 9.94, 9.96, 59.4, 59.6, 62.3, 3599.7, 3660, 86400].map(duration)
  expect(spans).toEqual([
    '0.0s',
    '0.0s',
    '0.4s',
    '9.9s',
    '10s',
    '59s',
    '1m 00s',
    '1m 02s',
    '1h 00m',
    '1h 01m',
    '24h 00m',
  ])
})

test('counts and parts', () => {
  expect([count(1, 'package'), count(2, 'package'), count(0, 'entry', 'entries')]).toEqual([
    '1 package',
    '2 packages',
    '0 entries',
  ])
  expect([amount(7, 213, 'packages'), amount(1, 1, 'files'), amount(4, undefined, 'stages')]).toEqual([
    '7 of 213 packages',
    '1 of 1 file',
    '4 stages',
  ])
  // 100 % is said only of what is complete.
  expect([percent(999, 1000), percent(1000, 1000), percent(3, 0), percent(1, undefined)]).toEqual([
    99,
    100,
    undefined,
    undefined,
  ])
})

test('width, shortening, wrapping', () => {
  expect([width('abc'), width('数据'), width('e\u0301'), width('\x1b[1mx\x1b[22m')]).toEqual([3, 4, 1, 1])
  expect([shorten('hello', 5), shorten('hello', 4), shorten('数据库', 4), shorten('x', 0)]).toEqual([
    'hello',
    'hel…',
    '数…',
    '',
  ])
  expect(wrap('one two three\n  four five', 8)).toEqual(['one two', 'three', '  four', '  five'])
  expect(wrap('', 8)).toEqual([''])
})

test('text from outside is made harmless', () => {
  expect(printable('a\x1b[31mb\r\nc\td\x00\u202e')).toBe('ab c  d\ufffd\ufffd')
  expect(printableLines('a\r\nb')).toBe('a\nb')
  expect(printableColoured('\x1b[31mred\x1b[39m\x1b[2J\x1b]0;title\x07')).toBe(
    '\x1b[31mred\x1b[39m\ufffd]0;title\ufffd',
  )
})

test('a table fits the terminal by wrapping its last column', () => {
  const text = table(
    ['NAME', '>SIZE', 'WHAT'],
    [
      ['web', '12 MB', 'the packages that the recipe asks for'],
      ['database', '1.4 GB', 'x'],
    ],
    { columns: 42, colour: false },
  )
  expect(text.split('\n')).toEqual([
    'NAME        SIZE  WHAT',
    'web        12 MB  the packages that the',
    '                  recipe asks for',
    'database  1.4 GB  x',
  ])
})
