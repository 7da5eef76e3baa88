import { describe, expect, test } from 'vitest'
import { grubPatches } from './grub-pc.ts'

const MIB = 1024 * 1024

/** boot.img at 0 and core.img at 1 MiB with the changes made. */
function patched(bytes: number): Buffer {
  const disk = Buffer.alloc(2 * MIB, 0xcc)
  for (const piece of grubPatches(MIB, bytes)) disk.set(piece.bytes, piece.offset)
  return disk
}

describe('grubPatches', () => {
  test('lead from the first sector to core.img and from its first sector to the rest', () => {
    const disk = patched(100 * 512)
    expect(disk.readBigUInt64LE(0x5c)).toBe(2048n)
    expect(disk.readUInt16LE(0x66)).toBe(0x9090)
    const list = MIB + 512 - 12
    expect(disk.readBigUInt64LE(list)).toBe(2049n)
    expect(disk.readUInt16LE(list + 8)).toBe(99)
    expect(disk.readUInt16LE(list + 10)).toBe(0x820)
  })

  test('count a last sector that is not full', () => {
    expect(patched(100 * 512 + 1).readUInt16LE(MIB + 512 - 4)).toBe(100)
  })

  test('touch nothing else', () => {
    const disk = patched(100 * 512)
    expect(disk.filter((byte) => byte !== 0xcc).length).toBeLessThanOrEqual(8 + 2 + 12)
    expect(disk.readUInt16LE(510)).toBe(0xcccc)
    expect(disk[MIB + 512]).toBe(0xcc)
  })

  test.each([
    ['a place within a sector', MIB + 1, 51200],
    ['an image of one sector', MIB, 512],
    ['an image longer than the list can say', MIB, 40 * MIB],
  ])('refuse %s', (_, offset, bytes) => {
    expect(() => grubPatches(offset, bytes)).toThrow(RangeError)
  })
})
