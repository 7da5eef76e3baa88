import { expect, test } from 'vitest'
import { analyse, memoryFiles } from '../index.ts'
import { decodeText } from './bytes.ts'

test('a byte order mark stays, what is not UTF-8 is refused with its line', () => {
  expect(decodeText(Buffer.from('\ufeffa: ü'), 'x')).toBe('\ufeffa: ü')
  for (const bytes of [
    [0x61, 0x0a, 0xe4],
    [0x0a, 0xff, 0xfe],
  ])
    expect(() => decodeText(Uint8Array.from(bytes), 'x.yaml')).toThrow('x.yaml, line 2: it is not UTF-8')
})

test('in a template, a nested one and an environment', () => {
  const latin = Buffer.from('heat_template_version: 2016-10-14\n# ä\n', 'latin1')
  const main = 'heat_template_version: 2016-10-14\nresources: {a: {type: c.yaml}}\n'
  const files = memoryFiles(
    new Map<string, string | Uint8Array>([
      ['m', main],
      ['c.yaml', latin],
    ]),
  )
  for (const [template, environments] of [
    ['c.yaml', []],
    ['m', []],
    ['m', ['c.yaml']],
  ] as const)
    expect(analyse({ template, files, environments })).toMatchObject({
      outcome: 'fail',
      reasons: [{ code: 'KILN_TEMPLATE_SYNTAX', message: 'c.yaml, line 2: it is not UTF-8 text' }],
    })
})
