import { chmod, mkdir, mkdtemp, rename, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../core/digest.ts'
import { isFresh, type Made, namesIn, stampOf } from './fresh.ts'

let root: string
const path = (name: string) => join(root, name)
const fresh = () => isFresh(root, path('made.json'))

/** Writes down what there is. */
async function make(before?: number): Promise<void> {
  const made: Made = {
    files: [['verbs/a.ts', sha256('one'), stampOf(path('verbs/a.ts'), before)]],
    folders: [['verbs', namesIn(path('verbs'))]],
  }
  await writeFile(path('made.json'), JSON.stringify(made))
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kiln-fresh-'))
  await mkdir(path('verbs'))
  await writeFile(path('verbs/a.ts'), 'one')
  await make()
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('what was not touched is fresh', () => expect(fresh()).toBe(true))

test('other content of the same length and time is a change', async () => {
  const { atime, mtime } = await stat(path('verbs/a.ts'))
  await writeFile(path('verbs/a.ts'), 'two')
  await utimes(path('verbs/a.ts'), atime, mtime)
  expect(fresh()).toBe(false)
  await writeFile(path('verbs/a.ts'), 'one')
  expect(fresh()).toBe(true)
})

test('another file in its place is a change, though older', async () => {
  await writeFile(path('other.ts'), 'two')
  await utimes(path('other.ts'), 1, 1)
  await rename(path('other.ts'), path('verbs/a.ts'))
  expect(fresh()).toBe(false)
})

test('other times alone are none: a copy of a checkout keeps its bundle', async () => {
  await utimes(path('verbs/a.ts'), 1, 1)
  await chmod(path('verbs/a.ts'), 0o600)
  expect(fresh()).toBe(true)
})

test('one file more or less is a change', async () => {
  await writeFile(path('verbs/b.ts'), '')
  expect(fresh()).toBe(false)
  await unlink(path('verbs/b.ts'))
  expect(fresh()).toBe(true)
  await unlink(path('verbs/a.ts'))
  expect(fresh()).toBe(false)
})

test('what was young is compared by its content', async () => {
  const { ctimeMs } = await stat(path('verbs/a.ts'))
  expect(stampOf(path('verbs/a.ts'), ctimeMs - 1)).toBe('')
  expect(stampOf(path('verbs/a.ts'), ctimeMs)).not.toBe('')
  await make(ctimeMs - 1)
  expect(fresh()).toBe(true)
})

test.each(['', '{}', '[]', 'null', '{"folders":[],"files":[null]}', '{"files":'])(
  'a record that says %j is no record',
  async (text) => {
    await writeFile(path('made.json'), text)
    expect(fresh()).toBe(false)
    await unlink(path('made.json'))
    expect(fresh()).toBe(false)
  },
)
