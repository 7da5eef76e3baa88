import { describe, expect, test } from 'vitest'
import { Interrupted, KilnError } from '../core/error.ts'
import { run } from './run.ts'

describe('run', () => {
  test('gives what a program printed; arguments are not shell text', async () => {
    expect((await run(['printf', '%s', '$(id); `x`'])).stdout).toBe('$(id); `x`')
  })
  test('hands on its input', async () => expect((await run(['cat'], { input: 'a\nb' })).stdout).toBe('a\nb'))
  test('hands on pieces as they come, as many as are read', async () => {
    let taken = 0
    async function* pieces(count: number) {
      for (; taken < count; taken++) yield Buffer.alloc(65536, 97)
    }
    expect((await run(['wc', '-c'], { input: pieces(100) })).stdout).toBe('6553600\n')
    taken = 0
    expect((await run(['head', '-c', '3'], { input: pieces(10_000) })).stdout).toBe('aaa')
    expect(taken).toBeLessThan(1000)
  })
  test('input that breaks off is the error, and the program does not take it for all', async () => {
    async function* broken() {
      yield Buffer.from('half')
      throw new KilnError('KILN_PROGRAM_FAILED', 'The source broke off.')
    }
    const marker = `kiln-half-${process.pid}`
    const copying = run(['sh', '-c', 'cat && echo "whole $0"', marker], { input: broken() })
    await expect(copying).rejects.toThrow('The source broke off.')
    await expect(run(['no-such-program-here'], { input: broken() })).rejects.toMatchObject({
      code: expect.stringMatching(/^KILN_PROGRAM_/),
    })
  })
  test('knows nothing of our environment', async () => {
    process.env.KILN_TEST_LEAK = 'x'
    expect((await run(['env'])).stdout).not.toContain('KILN_TEST_LEAK')
  })
  test('a failure is a sentence with the line that says why', async () => {
    const failed = run(['sh', '-c', 'echo start >&2; echo "E: no such thing" >&2; echo bye >&2; exit 3'])
    await expect(failed).rejects.toMatchObject({
      code: 'KILN_PROGRAM_FAILED',
      message: 'sh failed with status 3: E: no such thing',
    })
  })
  test('an accepted status is an answer', async () =>
    expect((await run(['sh', '-c', 'exit 7'], { accept: [7] })).status).toBe(7))
  test('a program that is not there is said to be missing', async () =>
    expect(run(['no-such-program-here'])).rejects.toMatchObject({ code: 'KILN_PROGRAM_MISSING' }))
  test('abort kills it with all that it started', async () => {
    const abort = new AbortController()
    const marker = `kiln-${process.pid}-${Math.random()}`
    const running = run(['sh', '-c', `sleep 300 ${marker.length}; echo ${marker}`, marker], {
      signal: abort.signal,
    })
    setTimeout(() => abort.abort(), 50)
    await expect(running).rejects.toBeInstanceOf(Interrupted)
    expect((await run(['ps', '-eo', 'args'])).stdout).not.toContain(marker)
  })
  test('a program that takes too long is stopped', async () => {
    const slow = run(['sleep', '300'], { timeout: 50 })
    await expect(slow).rejects.toBeInstanceOf(KilnError)
    await expect(slow).rejects.toThrow('did not end within')
  })
})
