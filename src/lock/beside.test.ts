import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { lockPathOf, readLock, writeLock } from './beside.ts'
import { LOCK_VERSION, type Lock } from './lock.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-lock-'))
  path = lockPathOf(join(folder, 'recipe.yaml'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const lock: Lock = {
  version: LOCK_VERSION,
  recipe: 'r',
  os: 'debian-13',
  arch: 'amd64',
  epoch: 1,
  repositories: [],
  mirrors: { archive: 'http://a/debian', security: 'http://a/debian-security' },
  base: [
    {
      name: 'jq',
      version: '1:2~3',
      arch: 'amd64',
      path: 'p/jq',
      uri: 'http://a',
      size: 1,
      sha256: '0'.repeat(64),
    },
  ],
  essential: [],
  groups: [],
  asked: { packages: ['jq'] },
  tools: { version: 1, suite: 'trixie', wanted: [], packages: [] },
}

test('a lock reads back as it was written, a package a line', async () => {
  expect(await readLock(path)).toBeUndefined()
  await writeLock(path, lock)
  expect(await readLock(path)).toEqual(lock)
  expect(
    (await readFile(path, 'utf8')).split('\n').filter((line) => line.includes('"name": "jq"')),
  ).toHaveLength(1)
})

test.each([1, LOCK_VERSION + 1])('a lock of version %i has to be made anew, and says so', async (version) => {
  await writeFile(path, JSON.stringify({ ...lock, version }))
  await expect(readLock(path)).rejects.toMatchObject({
    code: 'KILN_LOCK_STALE',
    message: expect.stringContaining(path),
    hint: expect.stringContaining('--update'),
  })
})

test.each([
  ['a digest that is a path', { sha256: '../../../../etc/shadow' }],
  ['a name that is a path', { name: '../../x' }],
  ['a version that is an option', { version: '-x' }],
  ['a path that leads outside', { path: 'pool/../../x' }],
  ['an address that is a file', { uri: 'file:///etc' }],
  ['a size that is none', { size: -1 }],
])('%s is refused', async (_what, part) => {
  for (const bad of [
    { ...lock, base: [{ ...lock.base[0], ...part }] },
    { ...lock, groups: [{ wanted: [], packages: [{ ...lock.base[0], ...part }] }] },
  ]) {
    await writeFile(path, JSON.stringify(bad))
    await expect(readLock(path)).rejects.toMatchObject({ code: 'KILN_LOCK_INVALID', fault: 'input' })
  }
})

test.each([
  ['a wish that is no text', { asked: { packages: [['x']] } }],
  ['a repository that is no address', { repositories: [{ uri: 'file:///etc', suite: 's', releases: [] }] }],
  ['a repository without Releases', { repositories: [{ uri: 'http://a', suite: 's' }] }],
  [
    'a tool with another digest',
    { tools: { ...lock.tools, packages: [{ ...lock.base[0], sha256: '../x' }] } },
  ],
  ['a suite that is two words', { base: [{ ...lock.base[0], suite: 'a b' }] }],
])('%s is refused, too', async (_what, part) => {
  await writeFile(path, JSON.stringify({ ...lock, ...part }))
  await expect(readLock(path)).rejects.toMatchObject({ code: 'KILN_LOCK_INVALID', fault: 'input' })
})

describe('packages of Python in a lock', () => {
  const file = {
    ...{ name: 'a', version: '1', arch: 'py3-none-any', uri: 'http://a', path: 'get/1', size: 1 },
    file: 'a-1.whl',
    sha256: '0'.repeat(64),
  }
  const python = {
    ...{ version: '3.13', indexes: ['http://a/simple/'], wanted: ['a'], needs: { a: ['b'] } },
    files: [file],
    builds: [{ name: 'a', files: [file] }],
  }
  const read = async (part: object) => {
    await writeFile(path, JSON.stringify({ ...lock, python: { ...python, ...part } }))
    return readLock(path)
  }
  test('are taken as they are', async () => expect(await read({})).toMatchObject({ python }))
  test.each([
    { files: [{ ...file, path: '../a-1.whl' }] },
    { files: [{ ...file, file: 'a-1.deb' }] },
    { builds: [{ name: '-x', files: [] }] },
    { builds: [{ name: 'a', files: [{ ...file, sha256: 'x' }] }] },
    { indexes: ['file:///srv'] },
    { installer: { name: 'x' } },
    { version: '3' },
    { needs: { a: 'b' } },
    { wanted: undefined },
  ])('are refused with %j', (part) => expect(read(part)).rejects.toMatchObject({ code: 'KILN_LOCK_INVALID' }))
})

test.each(['', '[]', '{"name": "x"}', 'null'])('%j is somebody else’s file', async (text) => {
  await writeFile(path, text)
  await expect(readLock(path)).rejects.toMatchObject({ code: 'KILN_LOCK_INVALID', fault: 'input' })
})
