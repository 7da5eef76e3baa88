import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Needed } from '../use.ts'
import { choose, type Roots } from './choose.ts'
import type { Item, Kind } from './item.ts'

const nothing: Roots = { needed: new Set(), locks: [], published: new Set(), uncertain: false }

function item(kind: Kind, id: string, more: Partial<Item> = {}): Item {
  return { kind, id, path: `/store/${id}`, bytes: 10, used: 0, name: id, holds: [], wants: [], ...more }
}

const object = (name: string, more: Partial<Item> = {}) => item('object', `objects/${name}`, more)
const layer = (name: string, more: Partial<Item> = {}) =>
  item('layer', `layers/${name}`, { holds: [`objects/${name}`], ...more })
const version = (name: string, wants: string[], more: Partial<Item> = {}) =>
  item('version', `versions/${name}`, {
    holds: [`objects/${name}`],
    wants,
    recipe: `recipe of ${name}`,
    ...more,
  })
const ids = (list: readonly Item[]) => list.map(({ id }) => id).sort()
/** An image of one layer and one package. */
const web = [
  version('web', ['layers/base', 'objects/deb']),
  object('web'),
  layer('base'),
  object('base'),
  object('deb'),
]
const all = ids(web)
const never = { since: -1, maxSize: undefined }
const at100 = { since: 100, maxSize: undefined }

describe('by age', () => {
  test('what was used lately stays, with all that it takes to make it again', () => {
    const used = web.map((each) => (each.kind === 'version' ? { ...each, used: 200 } : each))
    expect(choose(used, nothing, at100)).toEqual([])
    expect(ids(choose(web, nothing, at100))).toEqual(all)
  })
  test('a layer that was used lately stays with its object alone', () => {
    const used = web.map((each) => (each.kind === 'layer' ? { ...each, used: 200 } : each))
    expect(ids(choose(used, nothing, at100))).toEqual(['objects/deb', 'objects/web', 'versions/web'])
  })
  test('what is known of an image that was used lately stays with its texts', () => {
    const known = (used: number) => [
      item('inventory', 'inventories/web', { holds: ['objects/list'], used }),
      object('list'),
    ]
    expect(choose(known(200), nothing, at100)).toEqual([])
    expect(ids(choose(known(0), nothing, at100))).toEqual(['inventories/web', 'objects/list'])
  })
  test('what is of no use and what a killed process left goes whatever its age', () => {
    const left = item('temporary', 'tmp/1-2-x', { used: 200 })
    const broken = layer('gone', { used: 200, broken: true })
    expect(choose([left, broken], nothing, at100).map(({ why }) => why)).toEqual(['left', 'broken'])
  })
})

describe('roots', () => {
  const keeps = (roots: Partial<Roots>, items: readonly Item[] = web) => {
    const gone = new Set(ids(choose(items, { ...nothing, ...roots }, at100)))
    return ids(items.filter(({ id }) => !gone.has(id)))
  }
  test('a lock keeps what it names, and the image that was made of it with its layers', () => {
    expect(keeps({ locks: [{ digests: ['deb'], recipes: [] }] })).toEqual(['objects/deb'])
    expect(keeps({ locks: [{ digests: ['deb', 'more'], recipes: ['recipe of web'] }] })).toEqual(all)
    // An image of the same recipe and another lock.
    expect(keeps({ locks: [{ digests: ['newer deb'], recipes: ['recipe of web'] }] })).toEqual([])
  })
  test('of the images of one lock the one that was used last stays', () => {
    const older = version('older', ['objects/deb'], { recipe: 'recipe of web', used: -5 })
    const kept = keeps({ locks: [{ digests: ['deb'], recipes: ['recipe of web'] }] }, [
      ...web,
      older,
      object('older'),
    ])
    expect(kept).toEqual(all)
  })
  test('an image that is published stays, not what it was made of', () => {
    expect(keeps({ published: new Set(['web']) })).toEqual(['objects/web', 'versions/web'])
  })
  test('what is needed now stays: what is there, what it names, and caches', () => {
    expect(keeps({ needed: new Set(['layers/base', 'objects/deb'] as const) })).toEqual([
      'layers/base',
      'objects/base',
      'objects/deb',
    ])
    expect(keeps({ needed: new Set(['versions/web'] as const) })).toEqual(all)
    const caches = [
      item('index', 'cache/indexes/a'),
      item('index', 'tools/indexes/a'),
      item('lists', 'cache/lists/a'),
      item('tools', 'trees/a'),
      item('tools', 'trees/b', { current: true }),
    ]
    expect(keeps({}, caches)).toEqual(['trees/b'])
    expect(keeps({ needed: new Set(['indexes', 'trees/a'] as const) }, caches)).toEqual([
      'cache/indexes/a',
      'trees/a',
      'trees/b',
    ])
    expect(keeps({ needed: new Set(['lists', 'tools'] as const) }, caches)).toEqual([
      'cache/lists/a',
      'tools/indexes/a',
      'trees/a',
      'trees/b',
    ])
  })
  test('while a lock cannot be read nothing goes that it may name', () => {
    expect(keeps({ uncertain: true }, [...web, item('report', 'log/bug-1.txt')])).toEqual(all)
  })
})

describe('by size', () => {
  test('the least recently used goes first, results with their records, until it fits', () => {
    const items = [
      ...web.map((each) => ({ ...each, used: 50 })),
      layer('old', { used: 10 }),
      object('old', { used: 5 }),
      object('older', { used: 7 }),
    ]
    const removed = (maxSize: number) => choose(items, nothing, { since: -1, maxSize }).map(({ id }) => id)
    expect(removed(80)).toEqual([])
    expect(removed(75)).toEqual(['objects/older'])
    expect(removed(65)).toEqual(['layers/old', 'objects/older', 'objects/old'])
    // The image before its layers, and packages last: only a network brings them back.
    expect(removed(40)).toEqual(['layers/old', 'versions/web', 'objects/older', 'objects/old', 'objects/web'])
  })
  test('what roots need stays although it does not fit', () => {
    const removed = choose(
      web,
      { ...nothing, needed: new Set(['versions/web'] as const) },
      { since: -1, maxSize: 0 },
    )
    expect(removed).toEqual([])
  })
})

/** Any store: versions of layers and packages, results shared between them, orphans. */
const stores = fc
  .array(fc.record({ used: fc.nat(9), from: fc.array(fc.nat(9), { maxLength: 4 }), result: fc.nat(9) }), {
    maxLength: 10,
  })
  .map((list) => {
    const items: Item[] = []
    for (let n = 0; n < 10; n++) items.push(object(String(n), { used: n % 5 }))
    for (const [n, { used, from, result }] of list.entries())
      items.push(
        n % 2 === 0
          ? layer(`l${n}`, { used, holds: [`objects/${result}`] })
          : version(`v${n}`, [...from.map((m) => `layers/l${m}`), ...from.map((m) => `objects/${m}`)], {
              used,
              holds: [`objects/${result}`],
            }),
      )
    return items
  })

test('whatever the store: roots stay, and killed at any moment no record names what is gone', () => {
  const some = fc.subarray(['objects/1', 'layers/l0', 'layers/l2', 'versions/v1', 'versions/v3'] as Needed[])
  fc.assert(
    fc.property(stores, some, fc.nat(10), fc.option(fc.nat(200)), (items, list, since, maxSize) => {
      const roots = { ...nothing, needed: new Set(list) }
      const policy = { since, maxSize: maxSize ?? undefined }
      const removed = choose(items, roots, policy)
      const there = new Map(items.map((each) => [each.id, each]))
      const safe = () =>
        [...there.values()].every(({ holds, broken }) => broken || holds.every((id) => there.has(id)))
      for (const { id } of removed) {
        expect(there.delete(id)).toBe(true)
        expect(safe()).toBe(true)
      }
      for (const id of list) if (items.some((each) => each.id === id)) expect(there.has(id)).toBe(true)
      // Nothing more goes when it is called again; without the image that used it, a layer is older than it was.
      if (maxSize === null) expect(choose([...there.values()], roots, policy)).toEqual([])
      if (maxSize !== null && list.length === 0)
        expect([...there.values()].reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(maxSize)
    }),
    { numRuns: 2000 },
  )
  expect(choose(web, nothing, never)).toEqual([])
})
