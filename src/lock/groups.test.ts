import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseEntry } from '../tools/apt/entry.ts'
import type { PackageFile } from '../tools/apt/repository.ts'
import { group, order } from './groups.ts'
import type { PackageGroup } from './lock.ts'

const wish = fc.record({ name: fc.string({ minLength: 1, maxLength: 6 }), size: fc.nat(1_000_000) })
const wishes = fc.uniqueArray(wish, { selector: (w) => w.name, maxLength: 60 })

describe('order', () => {
  test('heaviest first, in groups of 1, 1, 2, 2, 4', () => {
    const sizes = [5, 90, 20, 7, 6, 1, 2, 3]
    expect(order(sizes.map((size) => ({ name: `p${size}`, size })))).toEqual([
      ['p90'],
      ['p20'],
      ['p7', 'p6'],
      ['p5', 'p3'],
      ['p2', 'p1'],
    ])
  })
  test('every wish is in exactly one group, whatever the order they came in', () => {
    fc.assert(
      fc.property(wishes, (list) => {
        expect(order(list).flat().sort()).toEqual(list.map((w) => w.name).sort())
        expect(order([...list].reverse())).toEqual(order(list))
      }),
    )
  })
  test('a wish lighter than all others leaves all groups but the last as they are', () => {
    fc.assert(
      fc.property(wishes, (list) => {
        const before = order(list.map((w) => ({ ...w, size: w.size + 1 })))
        const after = order([
          ...list.map((w) => ({ ...w, size: w.size + 1 })),
          { name: 'the lightest', size: 0 },
        ])
        expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1))
      }),
    )
  })
})

describe('group', () => {
  const file = (name: string, size = 1): PackageFile => ({
    name,
    size,
    version: '1',
    arch: 'amd64',
    path: `pool/${name}.deb`,
    uri: 'http://m.example/debian',
    sha256: 'a'.repeat(64),
  })
  const index = (entries: Record<string, string>) => (f: PackageFile) =>
    parseEntry(`Package: ${f.name}\nVersion: ${f.version}\n${entries[f.name] ?? ''}`)
  const shape = (groups: readonly PackageGroup[]) =>
    groups.map((g) => [g.wanted.join(' '), g.packages.map((f) => f.name).join(' ')])

  test('what a wish needs comes with it; what is there already does not; the last group has the rest', () => {
    const entries = index({
      big: 'Depends: lib (>= 1), shell\nRecommends: extra',
      lib: 'Depends: libc',
      small: 'Depends: lib',
      other: '',
    })
    const packages = ['big', 'lib', 'small', 'extra', 'other'].map((name) =>
      file(name, name === 'big' ? 9 : 1),
    )
    const base = [file('libc'), file('shell')]
    expect(shape(group(base.map(entries), packages, entries, ['small', 'big'], true))).toEqual([
      ['big', 'big extra lib'],
      ['small', 'other small'],
    ])
    expect(shape(group(base.map(entries), packages, entries, ['small', 'big'], false))[0]).toEqual([
      'big',
      'big lib',
    ])
  })

  test('of several alternatives the first that can come, unless one is there', () => {
    const entries = index({
      site: 'Depends: apache | httpd, db (>= 2) | db-ng, mta',
      nginx: 'Provides: httpd',
      exim: 'Provides: mta',
      dma: 'Provides: mta',
    })
    const packages = [
      file('site', 9),
      file('nginx', 5),
      ...['db', 'db-ng', 'exim', 'dma'].map((n) => file(n)),
    ]
    const groups = (base: string[]) =>
      shape(
        group(
          base.map((n) => entries(file(n))),
          packages,
          entries,
          ['site', 'nginx', 'exim'],
          true,
        ),
      )
    expect(groups([])).toEqual([
      ['site', 'db-ng dma nginx site'],
      ['exim', 'db exim'],
    ])
    expect(groups(['apache', 'mta'])[0]).toEqual(['site', 'db-ng site'])
  })

  test('all packages are in exactly one group, and every group has what it needs', () => {
    const names = [...'abcdefghij'].map((letter) => `lib${letter}`)
    const graph = fc.record({
      depends: fc.dictionary(
        fc.constantFrom(...names),
        fc.array(fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
      ),
      base: fc.subarray(names),
      wanted: fc.subarray(names, { minLength: 1 }),
    })
    fc.assert(
      fc.property(graph, ({ depends, base, wanted }) => {
        const clauses = (name: string) => depends[name] ?? []
        const entries = index(
          Object.fromEntries(
            names.map((name) => [
              name,
              `Depends: ${clauses(name)
                .map((c) => c.join(' | '))
                .join(', ')}`,
            ]),
          ),
        )
        const packages = names.filter((name) => !base.includes(name)).map((name) => file(name))
        const groups = group(
          base.map((n) => entries(file(n))),
          packages,
          entries,
          wanted,
          false,
        )
        expect(groups.flatMap((g) => g.packages.map((f) => f.name)).sort()).toEqual(
          packages.map((f) => f.name),
        )
        const there = new Set(base)
        for (const { packages: mine } of groups) {
          for (const { name } of mine) there.add(name)
          for (const { name } of mine)
            for (const clause of clauses(name)) expect(clause.some((one) => there.has(one))).toBe(true)
        }
      }),
    )
  })
})
