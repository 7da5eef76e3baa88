import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesOfName, nameOfBytes } from './names.ts'

test('any bytes come back as they were', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      expect([...bytesOfName(nameOfBytes(bytes))]).toEqual([...bytes])
    }),
    { numRuns: 2000 },
  )
})

test('what is UTF-8 is its text, whatever stands beside it', () => {
  expect(nameOfBytes(Buffer.from('größe'))).toBe('größe')
  expect(nameOfBytes(Buffer.from([0xff, ...Buffer.from('ö😀'), 0xc3]))).toBe('\udcffö😀\udcc3')
  // A surrogate written as UTF-8, and a letter written too long, are no UTF-8.
  expect(nameOfBytes(Buffer.from([0xed, 0xa0, 0x80]))).toBe('\udced\udca0\udc80')
  expect(nameOfBytes(Buffer.from([0xc0, 0xaf]))).toBe('\udcc0\udcaf')
  expect(nameOfBytes(Buffer.from([0xef, 0xbb, 0xbf, 0x61]))).toBe('\ufeffa')
})
