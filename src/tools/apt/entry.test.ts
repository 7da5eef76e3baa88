import { describe, expect, test } from 'vitest'
import { meets, parseEntry } from './entry.ts'

const entry = parseEntry(`Package: mta
Version: 2:1.0-1
Depends: libc6 (>= 2.36), debconf (>= 0.5) | debconf-2.0,
 adduser, python3:any (<< 4~), old (< 3)
Pre-Depends: init-system-helpers
Recommends: a|b (= 1)
Provides: mail-transport-agent, mta-api (= 5)
Description: text with Depends: in it
`)

describe('parseEntry', () => {
  test('relations with their alternatives, over several lines', () => {
    expect(entry).toEqual({
      name: 'mta',
      version: '2:1.0-1',
      depends: [
        [{ name: 'init-system-helpers' }],
        [{ name: 'libc6', relation: '>=', version: '2.36' }],
        [{ name: 'debconf', relation: '>=', version: '0.5' }, { name: 'debconf-2.0' }],
        [{ name: 'adduser' }],
        [{ name: 'python3', relation: '<<', version: '4~' }],
        [{ name: 'old', relation: '<=', version: '3' }],
      ],
      recommends: [[{ name: 'a' }, { name: 'b', relation: '=', version: '1' }]],
      provides: [{ name: 'mail-transport-agent' }, { name: 'mta-api', relation: '=', version: '5' }],
    })
  })
  test('an empty text is an entry without anything', () => {
    expect(parseEntry('')).toMatchObject({ name: '', depends: [], provides: [] })
  })
})

describe('meets', () => {
  test.each([
    [{ name: 'mta' }, true],
    [{ name: 'mta', relation: '>=', version: '2:1.0-1' }, true],
    [{ name: 'mta', relation: '>>', version: '2:1.0-1' }, false],
    [{ name: 'mta', relation: '>=', version: '9' }, true],
    [{ name: 'mta', relation: '<<', version: '2:1.0-1' }, false],
    [{ name: 'mail-transport-agent' }, true],
    [{ name: 'mail-transport-agent', relation: '>=', version: '0' }, false],
    [{ name: 'mta-api', relation: '>=', version: '4' }, true],
    [{ name: 'mta-api', relation: '=', version: '4' }, false],
    [{ name: 'other' }, false],
  ] as const)('%j: %s', (alternative, expected) => {
    expect(meets(entry, alternative)).toBe(expected)
  })
})
