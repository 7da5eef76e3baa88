import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { demandWritable, writeFiles } from './output.ts'

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

test('another name of the file that is replaced keeps the old bytes', async () => {
  const [one, two] = [join(folder, 'one'), join(folder, 'two')]
  await writeFile(one, 'old')
  await link(one, two)
  await writeFiles(new Map([[two, 'new']]))
  expect(await readFile(one, 'utf8')).toBe('old')
  expect(await readFile(two, 'utf8')).toBe('new')
})

test.each(['folder', 'link to a folder', 'link to a device'])(
  'a %s is refused, before any file is written',
  async (what) => {
    const path = join(folder, 'out')
    if (what === 'folder') await mkdir(path)
    else await symlink(what === 'link to a device' ? '/dev/null' : '.', path)
    const before = await lstat(path)
    const files = new Map([
      [join(folder, 'first'), 'text'],
      [path, 'text'],
    ])
    await expect(writeFiles(files)).rejects.toMatchObject({ code: 'KILN_OUTPUT_NOT_FILE' })
    expect(await readdir(folder)).toEqual(['out'])
    expect((await lstat(path)).ino).toBe(before.ino)
  },
)

// The superuser may write anywhere.
test.skipIf(process.getuid?.() === 0)('a folder that may not be written is told of beforehand', async () => {
  await chmod(folder, 0o555)
  for (const path of [join(folder, 'out'), join(folder, 'a', 'b', 'out')])
    await expect(demandWritable([path])).rejects.toMatchObject({ code: 'KILN_OUTPUT_FOLDER', fault: 'input' })
})

test('folders that can be made are none to tell of', async () => {
  await demandWritable([join(folder, 'a', 'b', 'out'), join(folder, 'out')])
})
