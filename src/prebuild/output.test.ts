import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeFiles } from './output.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-output-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('writes all, leaves what is as it should be alone', async () => {
  const same = join(folder, 'same')
  await writeFile(same, 'old')
  await utimes(same, 1, 1)
  const written = await writeFiles(
    new Map([
      [same, 'old'],
      [join(folder, 'sub', 'new'), 'text'],
    ]),
  )
  expect(written).toEqual([join(folder, 'sub', 'new')])
  expect(await readFile(join(folder, 'sub', 'new'), 'utf8')).toBe('text')
  expect((await stat(same)).mtimeMs).toBe(1000)
})

test('a new file has the mode that is asked for, an old one keeps its own', async () => {
  const [fresh, old] = [join(folder, 'fresh'), join(folder, 'old')]
  await writeFile(old, 'x', { mode: 0o640 })
  const files = new Map([
    [fresh, 'a'],
    [old, 'b'],
  ])
  await writeFiles(files, 0o600)
  expect((await stat(fresh)).mode & 0o777).toBe(0o600)
  expect((await stat(old)).mode & 0o777).toBe(0o640)
})

test('when one cannot be written, none is, and nothing is left', async () => {
  await writeFile(join(folder, 'file'), 'old')
  await mkdir(join(folder, 'a'))
  const files = new Map([
    [join(folder, 'file'), 'new'],
    [join(folder, 'file', 'below'), 'impossible'],
  ])
  await expect(writeFiles(files)).rejects.toThrow('ENOTDIR')
  expect(await readFile(join(folder, 'file'), 'utf8')).toBe('old')
  expect((await readdir(folder)).sort()).toEqual(['a', 'file'])
})
