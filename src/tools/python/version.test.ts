import { expect, test } from 'vitest'
import { comparePythonVersions } from './version.ts'

/** From the text of PEP 440, oldest first. */
const ORDER = [
  'no version',
  '1.0.dev456',
  '1.0a1',
  '1.0a2.dev456',
  '1.0a12.dev456',
  '1.0a12',
  '1.0b1.dev456',
  '1.0b2',
  '1.0b2.post345.dev456',
  '1.0b2.post345',
  '1.0rc1.dev456',
  '1.0rc1',
  '1.0',
  '1.0+abc.5',
  '1.0+abc.7',
  '1.0+5',
  '1.0.post456.dev34',
  '1.0.post456',
  '1.0.15',
  '1.1.dev1',
  '1.10',
  '2013.10',
  '1!0.1',
]

test('versions are in the order that they came in', () => {
  for (const [i, a] of ORDER.entries())
    for (const [j, b] of ORDER.entries())
      expect(Math.sign(comparePythonVersions(a, b)), `${a} and ${b}`).toBe(Math.sign(i - j))
})

test.each([
  ['1.0', '1.0.0'],
  ['1.0', 'v1.0'],
  ['1.0alpha1', '1.0-a.1'],
  ['1.0-1', '1.0.post1'],
  ['1.0c1', '1.0RC1'],
  ['01.1', '1.1'],
])('%s is %s', (a, b) => expect(comparePythonVersions(a, b)).toBe(0))
