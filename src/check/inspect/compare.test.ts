import { expect, test } from 'vitest'
import type { TreeEntry, TreeReader } from '../../disk/tree.ts'
import { type Planted, treeInMemory } from '../inventory/testing.ts'
import type { PackageChange } from './difference-types.ts'
import { compareFiles, type Side } from './files.ts'
import { inspectSystem } from './inspect.ts'
import { lists } from './lists.ts'
import { withOwners } from './owners.ts'
import { Sizes } from './sizes.ts'

async function side(
  planted: Readonly<Record<string, Planted>>,
  change?: (entry: TreeEntry) => TreeEntry,
): Promise<Side> {
  const tree = treeInMemory(planted)
  const entries = new Map<string, TreeEntry>()
  for await (const entry of tree.walk()) entries.set(entry.path, change?.(entry) ?? entry)
  return { tree, entries }
}

test('files that came, went or changed, and how', async () => {
  const same = { same: 'x', 'deep/same': 'y', link: { link: 'same' } }
  const old = await side({
    ...same,
    gone: 'g',
    content: 'abc',
    size: 'abc',
    mode: { content: 'm', mode: 0o644 },
    owner: { content: 'o', uid: 1 },
    kind: 'k',
    target: { link: 'a' },
    tty: { kind: 'character', device: [4, 64] },
    caps: { content: 'c', attributes: { 'security.capability': Buffer.from('1') } },
    'folder/inside': 'i',
  })
  const now = await side({
    ...same,
    came: 'n',
    content: 'abd',
    size: 'abcd',
    mode: { content: 'm', mode: 0o4755 },
    owner: { content: 'o', uid: 2 },
    kind: { link: 'same' },
    target: { link: 'b' },
    tty: { kind: 'character', device: [4, 65] },
    caps: { content: 'c', attributes: { 'security.capability': Buffer.from('2') } },
  })
  const { added, removed, changed } = await compareFiles(old, now)
  expect(added.map(({ path }) => path)).toEqual(['/came'])
  expect(removed.map(({ path }) => path)).toEqual(['/folder', '/folder/inside', '/gone'])
  expect(Object.fromEntries(changed.map(({ path, what }) => [path, what]))).toEqual({
    '/content': ['content'],
    '/size': ['content', 'size'],
    '/mode': ['mode'],
    '/owner': ['owner'],
    '/kind': ['kind'],
    '/target': ['target'],
    '/tty': ['device'],
    '/caps': ['attributes'],
  })
  expect(changed.find(({ path }) => path === '/mode')).toMatchObject({
    from: { mode: '0644' },
    to: { mode: '4755' },
  })
})

test('contents are compared whatever the pieces are that they come in', async () => {
  const bytes = Buffer.from('0123456789'.repeat(40))
  const inPieces = (of: Buffer, size: number): TreeReader => ({
    ...treeInMemory({ file: of }),
    async *content() {
      for (let at = 0; at < of.length; at += size) yield of.subarray(at, at + size)
    },
  })
  const compare = async (other: Buffer, sizes: readonly [number, number]) => {
    const entries = new Map([['file', (await treeInMemory({ file: bytes }).find('file'))!]])
    const [old, now] = [inPieces(bytes, sizes[0]), inPieces(other, sizes[1])]
    return (await compareFiles({ tree: old, entries }, { tree: now, entries })).changed.length
  }
  const changed = Buffer.from(bytes)
  changed[399] = 0
  for (const sizes of [
    [7, 13],
    [13, 7],
    [400, 1],
    [1, 400],
  ] as const) {
    expect(await compare(bytes, sizes)).toBe(0)
    expect(await compare(changed, sizes)).toBe(1)
  }
  // One that ends before it says is not the same.
  expect(await compare(bytes.subarray(0, 399), [50, 50])).toBe(1)
})

test('times of change do not count', async () => {
  const old = await side({ file: 'x' }, (entry) => ({ ...entry, mtime: 1n }))
  const now = await side({ file: 'x' }, (entry) => ({ ...entry, mtime: 2n }))
  expect(await compareFiles(old, now)).toEqual({ added: [], removed: [], changed: [] })
})

test('lists by name: added, removed, changed', () => {
  const of = {
    name: ({ id }: { id: string; text: string }) => id,
    text: ({ text }: { id: string; text: string }) => text,
  }
  expect(
    lists(
      [
        { id: 'b', text: '1' },
        { id: 'a', text: '1' },
        { id: 'c', text: '1' },
      ],
      [
        { id: 'c', text: '2' },
        { id: 'd', text: '1' },
        { id: 'a', text: '1' },
      ],
      of,
    ),
  ).toEqual({
    added: [{ name: 'd', to: '1' }],
    removed: [{ name: 'b', from: '1' }],
    changed: [{ name: 'c', from: '1', to: '2' }],
  })
})

test('files of packages that changed are told from the others, under merged folders, too', async () => {
  const base = { lib: { link: 'usr/lib' }, 'var/lib/dpkg/info/same.list': '/usr/lib/other' } as const
  const old = await side({
    ...base,
    'var/lib/dpkg/info/tool:amd64.list': '/.\n/lib/tool.so\n/etc/tool',
    'usr/lib/tool.so': '1',
    'usr/lib/other': '1',
  })
  const now = await side({
    ...base,
    'var/lib/dpkg/info/tool:amd64.list': '/.\n/lib/tool.so\n/usr/bin/tool',
    'usr/lib/tool.so': '2',
    'usr/lib/other': '2',
    'usr/bin/tool': 'x',
  })
  const packages = {
    added: [],
    removed: [],
    changed: [{ name: 'tool', arch: 'amd64', from: '1', to: '2' } satisfies PackageChange],
  }
  const { added, changed } = await withOwners(await compareFiles(old, now), packages, old, now)
  const owners = Object.fromEntries([...added, ...changed].map(({ path, package: owner }) => [path, owner]))
  expect(owners).toEqual({
    '/usr/bin': undefined,
    '/usr/bin/tool': 'tool',
    '/usr/lib/tool.so': 'tool',
    '/usr/lib/other': undefined,
    '/var/lib/dpkg/info/tool:amd64.list': 'dpkg’s records',
  })
})

test('sizes of folders count a file with several names once, and the biggest files are kept', () => {
  const sizes = new Sizes()
  const file = (path: string, size: number, inode: number, names = 1) =>
    sizes.add({ path, size, inode, names, kind: 'file' } as TreeEntry)
  file('usr/lib/a/deep', 100, 1)
  file('usr/bin/one', 50, 2, 2)
  file('usr/bin/two', 50, 2, 2)
  file('top', 1000, 3)
  for (let n = 0; n < 2000; n++) file(`var/${n}`, n, n + 10)
  expect(sizes.folders().slice(0, 2)).toEqual([
    { path: '/var', bytes: 1999000, files: 2000 },
    { path: '/usr', bytes: 150, files: 2 },
  ])
  expect(sizes.folders().find(({ path }) => path === '/usr/lib')).toEqual({
    path: '/usr/lib',
    bytes: 100,
    files: 1,
  })
  expect(sizes.biggest()).toHaveLength(20)
  expect(sizes.biggest().slice(0, 2)).toEqual([
    { path: '/var/1999', bytes: 1999 },
    { path: '/var/1998', bytes: 1998 },
  ])
})

test('package managers are told by their records', async () => {
  const tree = treeInMemory({
    'usr/lib/sysimage/rpm/rpmdb.sqlite': 'x',
    'lib/apk/db/installed': 'x',
    'etc/os-release': 'ID=odd\n',
  })
  expect(await inspectSystem(tree)).toMatchObject({
    packageManagers: ['apk', 'rpm'],
    packages: [],
    os: { ID: 'odd' },
  })
})
