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

  test('of several merge keys in one map the later wins, but what is written always does', () => {
    const text = 'a: &a {x: 1, y: 1}\nb: &b {y: 2}\nc: {<<: *a, y: 3, <<: *b}\nd: {<<: *a, <<: *b}\n'
    const value = read(text) as Map<string, Map<string, Value>>
    expect([value.get('c')!.get('y'), value.get('d')!.get('y')]).toEqual([3n, 2n])
  })

  test('the last of equal keys wins, where the first stood', () => {
    expect([...(read('a: 1\nb: 3\na: 2') as Map<string, Value>)]).toEqual([
      ['a', 2n],
      ['b', 3n],
    ])
  })

  test('1, 1.0 and yes are one key', () => {
    expect([...(read('1: a\n1.0: b\nyes: c\nno: d\n0: e') as Map<Value, Value>)]).toEqual([
      [1n, 'c'],
      [false, 'e'],
    ])
  })

  test.each<[string, Value]>([
    ['a: !', ''],
    ['a: &x', null],
    ['a: !!str', ''],
    ['a: ! yes', true],
    ['a: "<<"', '<<'],
    ['? a\n? b', null],
    ['a: b\n...\n', 'b'],
    ['%YAML 1.1\n---\na: b', 'b'],
    ['%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 5', '5'],
    ['a: http://h:80/x#y', 'http://h:80/x#y'],
    ['a: [b: c]', [new Map([['b', 'c']])]],
    ['\ufeff\ufeffa: b', 'b'],
    ['z: y\n\ufeffa: b', 'b'],
    ['a: "x\\\n  y"', 'xy'],
  ])('%j', (text, value) => {
    expect((read(text) as Map<string, Value>).get('a')).toEqual(value)
  })

  test('only what brings something in is merged', () => {
    expect(() => read('a: {<<: b}')).toThrow(SyntaxProblem)
    expect(() => read('a: {<<: [[{b: c}]]}')).toThrow(SyntaxProblem)
    expect(read('a: {<<: [], b: c}')).toEqual(new Map([['a', new Map([['b', 'c']])]]))
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
    '- &a b\n- &a c',
    'a: <<',
    'a: !!int x',
    'a: !!map [b]',
    'a: !!set {b}',
    '%YAML 2.0\n---\na: b',
    '%YAML 1.1\na: b',
    'a: "\\q"',
    `${'k'.repeat(1025)}: a`,
    'a: 1\n...\nb: 2',
    'a: 1\n---',
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

  test.each(['- a', 'text', '[]'])('%j is no map', (text) => {
    expect(() => readDocument(text, 'x')).toThrow('does not hold a map')
  })

  test('nothing is an empty map in YAML', () => {
    for (const text of ['', '# only this', '---\n', '~']) expect(readDocument(text, 'x').value.size).toBe(0)
    expect(() => readDocument('null', 'x')).toThrow('does not hold a map')
  })

  test('YAML alone: what JSON allows beyond it is refused', () => {
    expect(readDocument('{"a": 1e3}', 'x').value.get('a')).toBe(1000)
    expect(readDocument('{"a": 1e3}', 'x', { yamlOnly: true }).value.get('a')).toBe('1e3')
    expect(() => readDocument('{\n\t"a": 1}', 'x', { yamlOnly: true })).not.toThrow()
    expect(() => readDocument('\t{"a": 1}', 'x', { yamlOnly: true })).toThrow('tab')
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

  test('more than 512 Ki characters are refused, however many bytes they have', () => {
    expect(() => readDocument(`a: ${'x'.repeat(512 * 1024)}`, 'x')).toThrow('512 KiB')
    const most = 512 * 1024 - 'a: '.length
    expect(readDocument(`a: ${'é'.repeat(most)}`, 'x').value.get('a')).toHaveLength(most)
    expect(() => readDocument(`a: ${'é'.repeat(most + 1)}`, 'x')).toThrow('512 KiB')
    expect(readDocument(`a: ${'😀'.repeat(most)}`, 'x').value.size).toBe(1)
  })

  test('what merge keys bring in is bounded, together', () => {
    const base = Array.from({ length: 1000 }, (_, i) => `k${i}: 1`).join(', ')
    const uses = Array.from({ length: 201 }, (_, i) => `u${i}: {<<: *b}`).join('\n')
    expect(() => readDocument(`b: &b {${base}}\n${uses}`, 'x')).toThrow('more than 200000 entries')
  })

  test('a number of endless parts is refused', () => {
    expect(() => readDocument(`a: 1${':59'.repeat(5000)}`, 'x')).toThrow('not a whole number')
  })
})
