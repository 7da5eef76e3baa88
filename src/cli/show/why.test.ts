import { expect, test } from 'vitest'
import { differences } from '../../build/differences.ts'
import type { MadeOf } from '../../plan/plan.ts'
import { whyLines } from './why.ts'

const digest = 'ab'.repeat(6)
const was: MadeOf = {
  stage: 'packages',
  version: 1,
  before: 'base',
  options: {
    packages: { nginx: `1.26-1 ${digest}`, old: `1 ${digest}`, same: `2 ${digest}` },
    wanted: { nginx: '', old: '' },
    files: { '/etc/motd': digest },
  },
}
const lines = (is: MadeOf) =>
  whyLines(
    'web',
    {
      key: 'k',
      outcome: 'miss',
      stages: [
        { stage: 'base', key: 'b', kept: true, outcome: 'hit', differences: [] },
        {
          stage: 'packages',
          about: 'nginx',
          key: 'p',
          kept: true,
          outcome: 'miss',
          differences: differences(was, is),
        },
      ],
    },
    false,
  )

test('one difference stands on the line of its stage', () => {
  const packages = { ...was.options.packages, nginx: `1.26-2 ${digest}` }
  expect(lines({ ...was, options: { ...was.options, packages } })).toBe(
    `web is not in the store: packages will run.
  base: hit
  packages nginx: miss: package nginx 1.26-1 → 1.26-2`,
  )
})

test('several stand below it, each once, and what is below is said', () => {
  const options = {
    packages: { nginx: `1.26-1 ${'cd'.repeat(6)}`, jq: `1.7 ${digest}`, same: `2 ${digest}` },
    wanted: { nginx: '', jq: '', same: '' },
    files: { '/etc/motd': 'cd'.repeat(6) },
  }
  expect(
    lines({ ...was, version: 2, before: 'other', options })
      .split('\n')
      .slice(2),
  ).toEqual([
    '  packages nginx: miss',
    '      Kiln makes this stage otherwise now (version 1 → 2)',
    '      what is below it is another',
    '      package nginx 1.26-1 has other content',
    '      package old is gone (1)',
    '      package jq is new (1.7)',
    '      wanted package same is new',
    '      file /etc/motd has changed',
  ])
})

test('of very many the first are told, of the others the names', () => {
  const packages = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`p${n}`, `1 ${digest}`]))
  const all = lines({ ...was, options: { ...was.options, packages } }).split('\n')
  expect(all).toHaveLength(3 + 12 + 1)
  expect(all.at(-1)).toMatch(/^ {6}and \d+ more: p\d+, /)
})
