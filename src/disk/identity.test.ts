import { describe, expect, test } from 'vitest'
import { fatUuid, identity } from './identity.ts'

describe('identity', () => {
  const ids = identity('0'.repeat(64))
  const uuids = [ids.disk, ids.root, ids.rootHash, ...Object.values(ids.partitions)]

  test('gives every use a UUID of its own', () => {
    for (const id of uuids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(new Set(uuids).size).toBe(uuids.length)
  })

  test('is a function of the seed, for ever: published images depend on it', () => {
    expect(ids.root).toBe(identity('0'.repeat(64)).root)
    expect(identity('1'.repeat(64)).root).not.toBe(ids.root)
    expect(ids.root).toMatchInlineSnapshot(`"5897602f-edc6-4b8c-9711-a8c2e1db8472"`)
    expect(ids.esp).toMatchInlineSnapshot(`"b0e35dfc"`)
  })

  test('takes nothing but 64 hexadecimal digits', () => {
    for (const seed of ['', 'abc', 'g'.repeat(64), `${'0'.repeat(64)}\n`])
      expect(() => identity(seed)).toThrow(/64 lower-case hexadecimal/)
  })
})

test('fatUuid writes a volume id as programs do', () => {
  expect(fatUuid('8128736e')).toBe('8128-736E')
})
