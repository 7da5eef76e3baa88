import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silent } from '../core/events.ts'
import { sampleVersion, targetContract } from './contract.ts'
import { directoryTarget } from './directory.ts'
import { parseTarget } from './index.ts'

targetContract('the directory target', async (folder) => directoryTarget(join(folder, 'images')))

let folder: string
let images: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-images-'))
  images = join(folder, 'images')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('the image and its description lie side by side, and nothing else', async () => {
  const target = directoryTarget(images)
  await target.publish({ name: 'web', version: await sampleVersion(folder, 'bytes') }, { events: silent })
  expect((await readdir(images)).sort()).toEqual(['web.json', 'web.qcow2'])
  expect(await readFile(join(images, 'web.qcow2'), 'utf8')).toBe('bytes')
  expect(JSON.parse(await readFile(join(images, 'web.json'), 'utf8'))).toMatchObject({
    name: 'web',
    recipe: { packages: [{ name: 'nginx' }] },
  })
})

test('a cut-off image does not count and is put there again', async () => {
  const target = directoryTarget(images)
  const version = await sampleVersion(folder, 'bytes')
  const { where } = await target.publish({ name: 'web', version }, { events: silent })
  // A hard link would cut the store's file, too: take the name away first.
  await rm(where)
  await writeFile(where, 'byt')
  await truncate(where, 3)
  expect(await target.list()).toEqual([])
  expect(await target.publish({ name: 'web', version }, { events: silent })).toMatchObject({ reused: false })
  expect(await readFile(where, 'utf8')).toBe('bytes')
})

test('other people’s files are left alone', async () => {
  const target = directoryTarget(folder)
  await writeFile(join(folder, 'notes.json'), '{"version": 1, "name": "../x"}')
  await writeFile(join(folder, 'broken.json'), '{')
  await writeFile(join(folder, '.kiln-00ff.part'), 'of another process that is still running')
  await utimes(join(folder, '.kiln-00ff.part'), 1, 1)
  expect(await target.list()).toEqual([])
  await target.publish({ name: 'web', version: await sampleVersion(folder, 'b') }, { events: silent })
  expect(await readdir(folder)).toEqual(
    expect.arrayContaining(['notes.json', 'broken.json', '.kiln-00ff.part']),
  )
})

test('a folder that cannot be written to is said in one sentence', async () => {
  await writeFile(images, 'a file')
  const target = directoryTarget(images)
  const version = await sampleVersion(folder, 'b')
  await expect(target.publish({ name: 'web', version }, { events: silent })).rejects.toMatchObject({
    code: 'KILN_TARGET_UNUSABLE',
  })
  for (const path of [images, join(images, 'below')])
    await expect(directoryTarget(path).ready()).rejects.toMatchObject({
      code: 'KILN_TARGET_UNUSABLE',
      fault: 'input',
    })
})

test('a folder that is still to be made is ready, and is not made by asking', async () => {
  await directoryTarget(join(images, 'deep', 'er')).ready()
  expect(await readdir(folder)).toEqual([])
})

test('targets are named on the command line', () => {
  const surroundings = { cwd: '/build', env: {}, config: { store: folder }, events: silent }
  expect(parseTarget('dir:out', surroundings).id).toBe('dir:/build/out')
  expect(parseTarget('glance:prod,visibility=shared,tag=a,tag=b', surroundings).id).toBe('glance:prod')
  const odd = ['glance:', 'glance:,x=y', 'glance:c,visibility=all', 'glance:c,colour=red', 'glance:c,tag']
  for (const wrong of ['out', 'dir:', 'tape:x', 'constructor:x', ...odd])
    expect(() => parseTarget(wrong, surroundings)).toThrow('is not a target that Kiln knows')
})

test('texts that go with an image lie beside it, and are put right where they are not', async () => {
  const target = directoryTarget(images)
  const version = await sampleVersion(folder, 'bytes')
  const seen: (string | undefined)[] = []
  const companions = {
    endings: ['.a.json', '.cdx.json'],
    texts: async (there: ReadonlyMap<string, string>) => {
      seen.push(there.get('.a.json'))
      return new Map([
        ['.a.json', 'a'],
        ['.cdx.json', '{}'],
      ])
    },
  }
  const publication = { name: 'web', version, companions }
  await target.publish(publication, { events: silent })
  expect((await readdir(images)).sort()).toEqual(['web.a.json', 'web.cdx.json', 'web.json', 'web.qcow2'])
  expect((await target.list()).map(({ record }) => record.name)).toEqual(['web'])
  await writeFile(join(images, 'web.a.json'), 'changed')
  await rm(join(images, 'web.cdx.json'))
  expect(await target.publish(publication, { events: silent })).toMatchObject({ reused: true })
  expect(await readFile(join(images, 'web.a.json'), 'utf8')).toBe('a')
  expect(await readFile(join(images, 'web.cdx.json'), 'utf8')).toBe('{}')
  expect(seen).toEqual([undefined, 'changed'])
})

test('an image whose texts cannot be made is not there', async () => {
  const target = directoryTarget(images)
  const version = await sampleVersion(folder, 'bytes')
  const companions = { endings: ['.x'], texts: () => Promise.reject(new Error('no')) }
  await expect(target.publish({ name: 'web', version, companions }, { events: silent })).rejects.toThrow('no')
  expect(await target.find('web')).toBeUndefined()
})
