import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { run } from '../run.ts'
import { compareVersions } from './version.ts'

const sign = (n: number) => (n < 0 ? 'lt' : n > 0 ? 'gt' : 'eq')

describe('compareVersions', () => {
  test.each([
    ['1.0', '1.0', 'eq'],
    ['1.0', '1.00', 'eq'],
    ['0:1', '1', 'eq'],
    ['1-0', '1', 'eq'],
    ['1.9', '1.10', 'lt'],
    ['1.0~rc1', '1.0', 'lt'],
    ['1.0~~', '1.0~', 'lt'],
    ['1.0a', '1.0+', 'lt'],
    ['2:1', '10', 'gt'],
    ['1.0-1+deb13u2', '1.0-1+deb13u10', 'lt'],
    ['1-2-3', '1-3', 'gt'],
    ['123456789012345678901', '99999999999999999999', 'gt'],
  ])('%s, %s: %s', (a, b, expected) => {
    expect(sign(compareVersions(a, b))).toBe(expected)
    expect(sign(-compareVersions(b, a))).toBe(expected)
  })

  test('says what dpkg says', async () => {
    const piece = fc.stringMatching(/^[0-9]([0-9a-b.+~]{0,6})$/)
    const version = fc
      .tuple(fc.constantFrom('', '0:', '1:'), piece, fc.option(fc.stringMatching(/^[0-9a-b.+~]{1,4}$/)))
      .map(([epoch, upstream, revision]) => `${epoch}${upstream}${revision === null ? '' : `-${revision}`}`)
    const pairs = fc.sample(fc.tuple(version, version), { numRuns: 300, seed: 1 })
    const script =
      'while read a b; do for r in lt eq gt; do dpkg --compare-versions "$a" $r "$b" && echo $r; done; done'
    const { stdout } = await run(['sh', '-c', `${script}; true`], {
      input: `${pairs.map((pair) => pair.join(' ')).join('\n')}\n`,
    })
    expect(pairs.map(([a, b]) => sign(compareVersions(a, b)))).toEqual(stdout.trim().split('\n'))
  })
})
