import { describe, expect, test } from 'vitest'
import { parseEntry } from '../tools/apt/entry.ts'
import type { PackageFile } from '../tools/apt/repository.ts'
import { isFix, laggards, packageChanges } from './changes.ts'
import { LOCK_VERSION, type Lock } from './lock.ts'

const file = (name: string, version = '1', suite = 'trixie', sha256 = `${name}${version}`): PackageFile => ({
  name,
  version,
  suite,
  arch: 'amd64',
  path: `pool/${name}_${version}.deb`,
  uri: 'http://m.example/debian',
  size: 1,
  sha256,
})
const lockOf = (base: PackageFile[], wanted: string[] = [], tools: PackageFile[] = []): Lock => ({
  version: LOCK_VERSION,
  recipe: 'r',
  asked: {},
  os: 'debian-13',
  arch: 'amd64',
  epoch: 1,
  repositories: [],
  mirrors: { archive: 'http://m.example/debian', security: 'http://m.example/security' },
  base,
  essential: [],
  groups: [{ wanted, packages: [] }],
  tools: { version: 1, suite: 'trixie', wanted: [], packages: tools },
})
const brief = (old: Lock, next: Lock) =>
  packageChanges(old, next).map((change) => `${change.kind} ${change.name}${isFix(change) ? '!' : ''}`)

test('a repository that went back in time is told, one that went on or came is not', () => {
  const at = (suite: string, date: string) => ({
    uri: 'http://m.example/debian',
    suite,
    components: ['main'],
    releases: [{ date, digest: 'd', signers: [] }],
  })
  const old = {
    ...lockOf([]),
    repositories: [at('a', '2026-01-02T00:00:00Z'), at('b', '2026-01-02T00:00:00Z')],
  }
  const next = {
    ...lockOf([]),
    repositories: [
      at('a', '2026-01-01T23:00:00Z'),
      at('b', '2026-01-03T00:00:00Z'),
      at('c', '2020-01-01T00:00:00Z'),
    ],
  }
  expect(laggards(old, next)).toEqual([
    'http://m.example/debian a is of 2026-01-01T23:00:00Z, and the lock was made from 2026-01-02T00:00:00Z',
  ])
})

describe('changes between locks', () => {
  test('none, when only the order is another', () =>
    expect(brief(lockOf([file('a'), file('b')]), lockOf([file('b'), file('a')]))).toEqual([]))

  test('security fixes first, then what is newer, older, rebuilt, added, removed, moved; tools last', () => {
    const old = lockOf(
      ['a', 'b', 'c', 'd', 'e', 'z'].map((name) => file(name, '2')),
      [],
      [file('qemu', '1')],
    )
    const next = lockOf(
      [
        file('a', '2', 'trixie-updates'),
        file('b', '1'),
        file('c', '2', 'trixie', 'other bytes'),
        file('d', '10'),
        file('n', '1', 'trixie-security'),
        file('z', '2+deb13u1', 'trixie-security'),
      ],
      [],
      [file('qemu', '2', 'trixie-security')],
    )
    expect(brief(old, next)).toEqual([
      'newer z!',
      'newer d',
      'older b',
      'rebuilt c',
      'added n',
      'removed e',
      'moved a',
      'newer qemu!',
    ])
  })

  test('what was added says who needs it, by name or by what it provides; a wish needs nobody', () => {
    const entries: Record<string, string> = {
      web: 'Depends: mta, lib (>= 2)',
      lib: '',
      old: 'Depends: lib (<< 2)',
      exim: 'Provides: mta',
    }
    const entry = (each: PackageFile) =>
      parseEntry(`Package: ${each.name}\nVersion: ${each.version}\n${entries[each.name]}`)
    const next = lockOf([file('old'), file('web'), file('lib', '2'), file('exim')], ['web'])
    const found = packageChanges(lockOf([file('old')]), next, entry)
    expect(Object.fromEntries(found.map(({ name, neededBy }) => [name, neededBy]))).toEqual({
      exim: ['web'],
      lib: ['web'],
      web: undefined,
    })
  })
})
