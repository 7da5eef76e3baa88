import { expect, test } from 'vitest'
import { parseEntry } from '../tools/apt/entry.ts'
import { needed } from './needed.ts'

const entries = Object.entries({
  web: 'Depends: ssl (>= 2), mta | local-mta\nRecommends: docs',
  ssl: 'Depends: libc',
  'ssl-old': 'Provides: ssl (= 1)',
  exim: 'Provides: mta',
  dma: 'Provides: local-mta',
  libc: 'Depends: web',
  docs: '',
  stray: '',
}).map(([name, text]) => parseEntry(`Package: ${name}\nVersion: 2\n${text}`))
const names = (options: Partial<Parameters<typeof needed>[2]> = {}) =>
  [...needed(entries, ['web'], { recommends: false, ...options })].sort()

test('all that may meet a relation is needed, nothing that does not', () =>
  expect(names()).toEqual(['dma', 'exim', 'libc', 'ssl', 'web']))
test('recommendations count where they are installed', () =>
  expect(names({ recommends: true })).toContain('docs'))
test('what is preferred leaves out the others', () =>
  expect(names({ prefer: new Set(['dma']) })).toEqual(['dma', 'libc', 'ssl', 'web']))
test('nothing needs nothing', () =>
  expect([...needed(entries, ['absent'], { recommends: true })]).toEqual([]))
