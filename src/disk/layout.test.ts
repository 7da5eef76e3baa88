import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BLOCK, JOURNAL, layout, MIB } from './layout.ts'
import type { Firmware } from './request.ts'

const content = fc.record({
  blocks: fc.integer({ min: 1, max: 4_000_000 }),
  inodes: fc.integer({ min: 1, max: 2_000_000 }),
})
const firmware = fc.subarray<Firmware>(['bios', 'uefi'], { minLength: 1 })

describe('layout', () => {
  test('keeps everything apart, aligned and before the backup table, the root last', () => {
    fc.assert(
      fc.property(content, firmware, (tree, kinds) => {
        const plan = layout(tree, kinds)
        const parts = [plan.bios, plan.esp, plan.root].filter((part) => part !== undefined)
        let free = MIB
        for (const { offset, bytes } of parts) {
          expect(offset).toBeGreaterThanOrEqual(free)
          expect([offset % MIB, bytes % MIB]).toEqual([0, 0])
          expect(bytes).toBeGreaterThan(0)
          free = offset + bytes
        }
        expect(free).toBe(plan.bytes - MIB)
        expect([plan.bios !== undefined, plan.esp !== undefined]).toEqual([
          kinds.includes('bios'),
          kinds.includes('uefi'),
        ])
      }),
    )
  })

  test('leaves room for the content, its inodes and a start', () => {
    fc.assert(
      fc.property(content, firmware, (tree, kinds) => {
        const { root, inodeRatio } = layout(tree, kinds)
        const inodes = Math.floor(root.bytes / inodeRatio)
        // Enough inodes for all but absurd trees (more than one file for each 2 KiB of disk).
        if (inodeRatio > 2048) expect(inodes).toBeGreaterThan(tree.inodes)
        expect(root.bytes - JOURNAL - tree.blocks * BLOCK).toBeGreaterThan(256 * MIB)
      }),
    )
  })

  test('takes a size that is large enough, and no other', () => {
    const tree = { blocks: 100_000, inodes: 20_000 }
    expect(layout(tree, ['bios'], 10_240 * MIB)).toMatchObject({
      bytes: 10_240 * MIB,
      root: { offset: 4 * MIB, bytes: (10_240 - 5) * MIB },
    })
    expect(() => layout(tree, ['bios'], 400 * MIB)).toThrow(/too small.*needs at least (\d+) MiB/)
    const least = Number(/at least (\d+) MiB/.exec(thrown(() => layout(tree, ['bios'], 400 * MIB)))![1])
    expect(layout(tree, ['bios'], least * MIB).bytes).toBe(least * MIB)
    expect(() => layout(tree, ['bios'], (least - 1) * MIB)).toThrow(/too small/)
    expect(() => layout(tree, ['bios'], 1_000_000_001)).toThrow(/whole MiB/)
  })
})

function thrown(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    return String(error)
  }
  throw new Error('nothing was thrown')
}
