import { mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addRoot, listRoots } from './roots.ts'

let folder: string
let store: string
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'kiln-roots-')))
  store = join(folder, 'store')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const [A, B] = ['a', 'b'].map((letter) => letter.repeat(64)) as [string, string]
const lockOf = (...digests: string[]) =>
  JSON.stringify({ images: [{ lock: { base: digests.map((sha256) => ({ name: 'x', sha256 })) } }] })

test('a store without roots has none', async () => expect(await listRoots(store)).toEqual([]))

test('what a lock names now counts, each digest once, whoever added it and how often', async () => {
  const path = join(folder, 'kiln.lock')
  await writeFile(path, lockOf(B))
  await addRoot(store, path)
  await writeFile(path, lockOf(B, A, B))
  await symlink(path, join(folder, 'link'))
  await Promise.all([addRoot(store, path), addRoot(store, join(folder, 'link'))])
  expect(await listRoots(store)).toEqual([{ path, digests: [A, B] }])
})

test('a lock that is gone is no root; one that comes back is one when it is added again', async () => {
  const path = join(folder, 'kiln.lock')
  await writeFile(path, lockOf(A))
  await addRoot(store, path)
  await rm(path)
  expect(await listRoots(store)).toEqual([])
  expect(await readdir(join(store, 'roots'))).toEqual([])
  await writeFile(path, lockOf(B))
  await addRoot(store, path)
  expect(await listRoots(store)).toEqual([{ path, digests: [B] }])
})

test('a lock that is there and cannot be read, after a merge say, is told apart from one that names nothing', async () => {
  const path = join(folder, 'kiln.lock')
  await writeFile(path, '<<<<<<< ours')
  await addRoot(store, path)
  expect(await listRoots(store)).toEqual([{ path, digests: [], unreadable: true }])
})

test('only digests count', async () => {
  const path = join(folder, 'kiln.lock')
  await writeFile(path, JSON.stringify({ sha256: '../../etc', base: [{ sha256: 1 }, { sha256: A }] }))
  await addRoot(store, path)
  expect(await listRoots(store)).toEqual([{ path, digests: [A] }])
})
