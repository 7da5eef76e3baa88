import { describe, expect, test } from 'vitest'
import { archOf, isPythonFile, normalName, placeOf } from './file.ts'

const file = {
  name: 'a-b',
  version: '1.0+cu1',
  file: 'a_b-1.0+cu1-py3-none-any.whl',
  arch: 'py3-none-any',
  uri: 'https://files.example',
  path: 'x/a_b-1.0%2Bcu1-py3-none-any.whl',
  size: 1,
  sha256: 'a'.repeat(64),
}

test('names have one form', () => expect(normalName('A__b.-C')).toBe('a-b-c'))
test('an address is who has it, and the path there', () => {
  expect(placeOf('https://files.example:81/x/a%2B.whl')).toEqual({
    uri: 'https://files.example:81',
    path: 'x/a%2B.whl',
  })
})
test('the name of a file says what it is for', () => {
  expect(archOf('a-1-cp313-cp313-manylinux_2_17_x86_64.whl')).toBe('cp313-cp313-manylinux_2_17_x86_64')
  expect(archOf('a-1.tar.gz')).toBe('source')
})
describe('of what a lock says of a file', () => {
  test('what is right is taken', () => expect(isPythonFile(file)).toBe(true))
  test.each([
    { path: '../x.whl' },
    { path: 'x/a b.whl' },
    { file: 'a.exe' },
    { file: '../a.whl' },
    { file: '-a.whl' },
    { file: undefined },
    { path: 'a.whl?x' },
    { name: 'A' },
    { name: '-o' },
    { version: '--x' },
    { uri: 'file:///etc' },
    { size: -1 },
    { sha256: 'x' },
  ])('%j is not', (part) => expect(isPythonFile({ ...file, ...part })).toBe(false))
})
