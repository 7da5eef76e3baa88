import { describe, expect, test } from 'vitest'
import { inTurn } from './in-turn.ts'

describe('inTurn', () => {
  test('keeps the order and never runs more at once than allowed', async () => {
    let running = 0
    let most = 0
    const results = await inTurn([3, 1, 2], 2, undefined, async (n) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, n))
      running--
      return n * 10
    })
    expect(results).toEqual([30, 10, 20])
    expect(most).toBe(2)
  })
  test('the first error aborts the others, waits for them and starts no more', async () => {
    const seen: string[] = []
    const all = inTurn(['bad', 'slow', 'never'], 2, undefined, async (item, signal) => {
      seen.push(item)
      if (item === 'bad') throw new Error('why')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      seen.push('cleaned up')
      throw new Error('aborted')
    })
    await expect(all).rejects.toThrow('why')
    expect(seen).toEqual(['bad', 'slow', 'cleaned up'])
  })
})
