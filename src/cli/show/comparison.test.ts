import { expect, test } from 'vitest'
import type { Comparison, FileChange } from '../../check/inspect/index.ts'
import { comparisonLines } from './comparison.ts'

const image = {
  name: 'a.qcow2',
  format: 'qcow2',
  size: 1,
  stored: 1,
  table: 'none',
  partitions: [],
  uefi: [],
} as const
const none = { added: [], removed: [], changed: [] }
const nothing: Comparison = {
  from: image,
  to: { ...image, name: 'b.qcow2' },
  same: true,
  facts: [],
  packages: none,
  units: none,
  users: none,
  groups: none,
  kernels: none,
  files: none,
  bytes: { from: 1, to: 1 },
  folders: [],
}
const show = (given: Partial<Comparison>, allFiles = false) =>
  comparisonLines({ ...nothing, same: false, ...given }, { allFiles }, { colour: false })
const facts = { mode: '0644', uid: 0, gid: 0 }

test('nothing is one line', () => {
  expect(comparisonLines(nothing, { allFiles: false }, { colour: false })).toBe(
    'a.qcow2 → b.qcow2: no difference.',
  )
})

test('packages with their versions, ids in one line, what has no difference not at all', () => {
  expect(
    show({
      facts: [
        { name: 'table id', from: '1', to: '2' },
        { name: 'partition 1 file system id', from: '1', to: '2' },
        { name: 'system', from: 'Old 1', to: 'New 2' },
      ],
      packages: {
        added: [{ name: 'new', arch: 'all', to: '1' }],
        removed: [{ name: 'old', arch: 'all', from: '2' }],
        changed: [{ name: 'tool', arch: 'all', from: '1', to: '2' }],
      },
    }),
  ).toBe(`a.qcow2 → b.qcow2

disk
  ~ system: Old 1 → New 2
  ~ other ids: table, partition 1 file system

packages
  + new 1
  - old 2
  ~ tool 1 → 2`)
})

test('folders that came as a whole are one line, files of packages a number; all with --files', () => {
  const added = (path: string, more: Partial<FileChange> = {}): FileChange => ({
    path,
    kind: 'file',
    what: [],
    to: { ...facts, size: 1000 },
    ...more,
  })
  const files = {
    added: [
      added('/new', { kind: 'folder', to: facts }),
      added('/new/a'),
      added('/new/b/c'),
      added('/one'),
      added('/usr/bin/tool', { package: 'tool' }),
    ],
    removed: [],
    changed: [
      {
        path: '/etc/x\n+ evil',
        kind: 'file',
        what: ['content', 'size', 'mode'],
        from: { ...facts, size: 1 },
        to: { ...facts, mode: '0755', size: 2 },
      },
    ],
  }
  expect(show({ files })).toBe(`a.qcow2 → b.qcow2

files
  + /new/ 2 files, 2.0 kB
  + /one 1.0 kB
    1 file added with these packages
  ~ /etc/x + evil 1 → 2 bytes, 0644 → 0755`)
  expect(show({ files }, true)).toContain('+ /usr/bin/tool 1.0 kB')
})

test('many are cut short, and say so', () => {
  const added = Array.from({ length: 50 }, (_, n) => ({
    path: `/file${n}`,
    kind: 'file',
    what: [],
    to: { ...facts, size: 1 },
  }))
  const text = show({ files: { ...none, added } })
  expect(text.split('\n').filter((line) => line.startsWith('  + '))).toHaveLength(30)
  expect(text).toContain('and 20 more added')
})
