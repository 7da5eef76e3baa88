import { expect, test } from 'vitest'
import { readReport } from './report.ts'

const file = { file: 'a-1.whl', url: 'https://files.example/a-1.whl', hashes: {} }
const at = (address: string) => (address === 'http://relay/0' ? file : undefined)
const entry = (part: object = {}) => ({
  download_info: { url: 'http://relay/0' },
  metadata: { name: 'A.b', version: '1.0', requires_dist: ['c>1'], ...part },
})
const read = (data: unknown) => readReport(JSON.stringify(data), at)

test('what pip chose, by name', () => {
  expect(read({ install: [entry({ name: 'z', requires_dist: undefined }), entry()] })).toEqual([
    { name: 'a-b', version: '1.0', requires: ['c>1'], file },
    { name: 'z', version: '1.0', requires: [], file },
  ])
  expect(read({ install: [] })).toEqual([])
})

test.each([
  [{}],
  [{ install: [null] }],
  [{ install: [{ ...entry(), download_info: { url: 'https://elsewhere.example/' } }] }],
  [{ install: [entry({ name: '../x' })] }],
  [{ install: [entry({ version: '-1' })] }],
])('%j is refused', (data) => expect(() => read(data)).toThrow(/pip did not say/))
test('so is what is no JSON', () => expect(() => readReport('x', at)).toThrow(/not JSON/))
