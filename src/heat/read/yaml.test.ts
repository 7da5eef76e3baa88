import { describe, expect, test } from 'vitest'
import type { Value } from '../types.ts'
import { readDocument } from './document.ts'
import { follow, toValue } from './nodes.ts'
import { SyntaxProblem } from './problem.ts'
import { parseYaml } from './yaml.ts'

function read(text: string): Value {
  return toValue(parseYaml(text)!, new WeakMap())
}

describe('scalars of YAML 1.1', () => {
  test.each<[string, Value]>([
    ['yes', true],
    ['On', true],
    ['FALSE', false],
    ['y', 'y'],
    ['yEs', 'yEs'],
    ['~', null],
    ['', null],
    ['010', 8n],
    ['08', '08'],
    ['0o17', '0o17'],
    ['0x1F', 31n],
    ['0b11', 3n],
    ['1_000', 1000n],
    ['12:30:45', 45045n],
    ['22:22', 1342n],
    ['1.10', 1.1],
    ['.5', 0.5],
    ['1e3', '1e3'],
    ['1.0e+3', 1000],
    ['-.inf', Number.NEGATIVE_INFINITY],
    ['2013-05-23', '2013-05-23'],
    ['12345678901234567890', 12345678901234567890n],
    ['"010"', '010'],
    ['!!str 010', '010'],
    ['! 12', 12n],
    ['! "12"', '12'],
    ['!!int 0o17', 15n],
    ['!!int "0x10"', 16n],
  ])('%s', (text, value) => {
    expect((read(`a: ${text}`) as Map<string, Value>).get('a')).toEqual(value)
  })

  test('a boolean word is a key too', () => {
    expect([...(read('on: 1\n32: 2') as Map<Value, Value>).keys()]).toEqual([true, 32n])
  })
})

describe('structure', () => {
  test('block texts fold, strip and keep as written', () => {
    expect(read('a: |\n  x\n   y\n\n  z\nb: >-\n  one\n  two\n\n  three\nc: |+\n  end\n\n')).toEqual(
      new Map([
        ['a', 'x\n y\n\nz\n'],
        ['b', 'one two\nthree'],
        ['c', 'end\n\n'],
      ]),
    )
  })

  test('merge keys: what is written wins, the first of a list wins over the next', () => {
    const text = 'a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\n'
    expect((read(text) as Map<string, Value>).get('c')).toEqual(
      new Map([
        ['y', 1n],
        ['z', 2n],
        ['x', 3n],
      ]),
    ) // prettier-ignore
  })

  test('the last of equal keys wins', () => {
    expect(read('a: 1\na: 2')).toEqual(new Map([['a', 2n]]))
  })

  test('lists without indentation, compact maps, plain texts over lines', () => {
    expect(read('a:\n- b: 1\n  c: two\n   three\n- [x, {y: z}]')).toEqual(
      new Map([
        [
          'a',
          [
            new Map<string, Value>([
              ['b', 1n],
              ['c', 'two three'],
            ]),
            ['x', new Map([['y', 'z']])],
          ],
        ],
      ]), // prettier-ignore
    )
  })

  test('a byte order mark and CRLF are no content', () => {
    expect(read('\ufeffa: b\r\nc: |\r\n  d\r\n')).toEqual(
      new Map([
        ['a', 'b'],
        ['c', 'd\n'],
      ]),
    ) // prettier-ignore
  })

  test.each([
    'a: !Ref b',
    'a: !!python/object:os.system x',
    'a: =',
    '? [a]\n: b',
    'a: 1\n---\nb: 2',
    'a: *nobody',
    'a: &a [*a]',
    'a: "b',
    'a: b: c',
    'a:\n\tb: 1',
    'a: [1, 2',
    'a: 1\n b: 2',
    'a: @b',
    'a: \x07',
  ])('refuses %j', (text) => {
    expect(() => read(text)).toThrow(SyntaxProblem)
  })
})

test('nodes know where they stand', () => {
  const text = 'a:\n  b: {c: "x y"}  # comment\n  d: |\n    text\ne: *z\n'.replace('*z', 'plain text')
  const root = follow(parseYaml(text)!)
  if (root.kind !== 'map') throw new Error('not a map')
  const a = follow(root.entries.get('a')!.value)
  if (a.kind !== 'map') throw new Error('not a map')
  const slice = (name: string) => text.slice(a.entries.get(name)!.value.start, a.entries.get(name)!.value.end)
  expect(slice('b')).toBe('{c: "x y"}')
  expect(slice('d')).toBe('|\n    text\n')
  expect(text.slice(root.entries.get('e')!.value.start, root.entries.get('e')!.value.end)).toBe('plain text')
})

describe('documents', () => {
  test('JSON first: tabs are fine, a trailing comma makes it YAML', () => {
    expect(readDocument('{\t"a": 010}'.replace('010', '1.0'), 'x').syntax).toBe('json')
    const yaml = readDocument('{"a": [1,],}', 'x')
    expect(yaml.syntax).toBe('yaml')
    expect(yaml.value.get('a')).toEqual([1n])
  })

  test('a fault says line and column', () => {
    expect(() => readDocument('a: 1\nb: [', 'web.yaml')).toThrow(/^web\.yaml, line 2, column \d+: /)
  })

  test.each(['', '- a', 'text', '[]'])('%j is no map', (text) => {
    expect(() => readDocument(text, 'x')).toThrow('does not hold a map')
  })

  test('a fault in JSON is told as one', () => {
    expect(() => readDocument('{\n "a": 1\n "b": 2\n}', 'x')).toThrow(
      "x, line 3, column 2: ',' or '}' is expected here",
    )
  })
})

describe('bounds', () => {
  test.each([
    ['flow', '['.repeat(100_000)],
    ['json', '{"a":'.repeat(100_000)],
    ['block', '- '.repeat(100_000)],
    ['keys', '? '.repeat(100_000)],
  ])('deep nesting (%s) ends in a message', (_name, text) => {
    expect(() => readDocument(text, 'x')).toThrow('nested deeper')
  })

  test('an alias bomb ends in a message', () => {
    const names = [...'bcdefghij']
    const lines = names.map(
      (name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefghi'[i]}`).join(', ')}]`,
    )
    expect(() => readDocument(`a: &a [x]\n${lines.join('\n')}`, 'x')).toThrow('aliases')
  })

  test('more than 512 KiB is refused', () => {
    expect(() => readDocument(`a: ${'x'.repeat(512 * 1024)}`, 'x')).toThrow('512 KiB')
  })
})
