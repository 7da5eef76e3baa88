import fc from 'fast-check'
import { expect, test } from 'vitest'
import { around } from './copy.ts'

test('what is around some parts and these parts together are all of it, each byte once', () => {
  const extent = fc.record({ offset: fc.nat(60), bytes: fc.nat(20) })
  fc.assert(
    fc.property(fc.array(extent, { maxLength: 6 }), (without) => {
      const size = 90
      const covered = Array.from({ length: size }, () => 0)
      for (const { offset, bytes } of around(size, without))
        for (let at = offset; at < offset + bytes; at++) covered[at]!++
      const left = covered.map((_, at) =>
        without.some((e) => e.offset <= at && at < e.offset + e.bytes) ? 0 : 1,
      )
      expect(covered).toEqual(left)
    }),
  )
})
