import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { order } from './groups.ts'

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
