import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../core/digest.ts'
import { LOCK_VERSION, type Lock } from '../lock/lock.ts'
import { parseRecipe } from '../recipe/recipe.ts'
import { type LockedImage, lockText, pendingLocks, readLocks } from './lockfile.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-prebuild-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const lockOf = (recipe: string): Lock => ({
  version: LOCK_VERSION,
  recipe,
  os: 'debian-13',
  arch: 'amd64',
  epoch: 1,
  repositories: [],
  mirrors: { archive: 'http://a/debian', security: 'http://a/security' },
  base: [],
  essential: [],
  groups: [],
  asked: {},
  tools: { version: 1, suite: 'trixie', wanted: [], packages: [] },
})
const image = (name: string, recipe: string): LockedImage => ({
  name,
  digest: 'd',
  key: 'k',
  resolvedFrom: { template: 't', paths: ['a'], base: 'debian-13', parameters: {} },
  recipeDigest: recipe,
  recipe: parseRecipe({ from: { os: 'debian-13' } }, 'of a test'),
  lock: lockOf(recipe),
})
const content = (...images: LockedImage[]) => ({
  version: 1 as const,
  template: { name: 't', digest: 'd' },
  files: {},
  environments: [],
  images,
})

test('locks read back by recipe; the order of images does not matter', async () => {
  const text = lockText(content(image('b', 'r2'), image('a', 'r1')))
  expect(text).toBe(lockText(content(image('a', 'r1'), image('b', 'r2'))))
  const path = join(folder, 'out.kiln.lock')
  await writeFile(path, text)
  expect([...(await readLocks(path))]).toEqual([
    ['r1', lockOf('r1')],
    ['r2', lockOf('r2')],
  ])
})

test.each([
  '',
  '{',
  '<<<<<<< ours',
  '[]',
  'null',
  '{}',
  '{"version": 1}',
  '{"version": 1, "images": [{"lock": {"version": 2}}]}',
])('%j is refused', async (text) => {
  const path = join(folder, 'lock')
  await writeFile(path, text)
  await expect(readLocks(path)).rejects.toMatchObject({ code: 'KILN_LOCK_INVALID', fault: 'input' })
})

test('a cache that cannot be read is empty', async () => {
  const pending = pendingLocks(folder, '/build/out.yaml')
  await pending.write([lockOf('r1')])
  const [name] = await readdir(folder)
  await writeFile(join(folder, name!), '{')
  expect((await pending.read()).size).toBe(0)
})

test.each(['{"version": 2, "images": []}', '{"version": 1, "images": [{"lock": {"version": -1}}]}'])(
  '%j is of another version, and nothing is locked anew unasked',
  async (text) => {
    const path = join(folder, 'lock')
    await writeFile(path, text)
    await expect(readLocks(path)).rejects.toMatchObject({ code: 'KILN_LOCK_STALE', fault: 'input' })
    // Of our own cache it is as if it were not there.
    await writeFile(join(folder, `${sha256('/build/out.yaml')}.json`), text)
    expect((await pendingLocks(folder, '/build/out.yaml').read()).size).toBe(0)
  },
)

test('locks of a build that was interrupted are found by its output, until it is written', async () => {
  const pending = pendingLocks(join(folder, 'cache'), '/build/out.yaml')
  expect((await pending.read()).size).toBe(0)
  await pending.write([lockOf('r1')])
  expect((await pending.read()).get('r1')).toEqual(lockOf('r1'))
  expect((await pendingLocks(join(folder, 'cache'), '/build/other.yaml').read()).size).toBe(0)
  await pending.remove()
  expect(await readdir(join(folder, 'cache'))).toEqual([])
})
