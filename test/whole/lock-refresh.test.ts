import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { readConfig } from '../../src/core/config.ts'
import { listRoots } from '../../src/store/roots.ts'
import { vendoredPath } from '../../src/tools/archive.ts'
import { type AptRepository, aptRepository, hasRepositoryTools } from './apt-repository.ts'
import { environment, program } from './program.ts'

const able = await hasRepositoryTools()
if (!able) console.warn('Skipped: a signed repository needs gpg (package gnupg) and dpkg-deb.')
const isRoot = process.getuid?.() === 0
if (!isRoot)
  console.warn('Skipped: only root may take the network away from a program that is to be root in its own.')

describe.skipIf(!able)('a recipe whose packages change', () => {
  let folder: string
  let repository: AptRepository
  const recipe = () => join(folder, 'recipe.yaml')
  const lockPath = () => join(folder, 'kiln.lock')
  const kiln = (verb: string, ...argv: string[]) => program(['./kiln', verb, recipe(), ...argv])

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-refresh-'))
    repository = await aptRepository(join(folder, 'repository'))
    await repository.add('thing', {})
    await repository.publish()
    await writeFile(
      recipe(),
      stringify({
        name: 'small',
        from: { os: 'debian-13' },
        packages: ['thing'],
        repositories: [{ name: 'ours', uri: repository.uri, suite: 'test', key: repository.key }],
      }),
    )
    expect(await kiln('lock')).toMatchObject({ status: 0 })
  })
  afterAll(async () => {
    await repository?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test('refresh says and does nothing where nothing is different', async () => {
    const before = await readFile(lockPath())
    expect(await kiln('refresh', '--quiet')).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(await readFile(lockPath())).toEqual(before)
  })

  test('a package that breaks the image does not get into the lock', async () => {
    await repository.add('thing', { postinst: '#!/bin/sh\nexit 3\n' }, { version: '1.1' })
    await repository.publish()
    const before = await readFile(lockPath())
    const absent = join(folder, 'absent.yaml')
    const both = await program(['./kiln', 'refresh', '--no-check', absent, recipe()])
    expect(both.status).toBe(1)
    expect(both.stderr).toMatch(
      /2 of 2 recipes could not be refreshed.*KILN_FILE_MISSING.*KILN_PACKAGES_FAILED/s,
    )
    expect(await readFile(lockPath())).toEqual(before)
  })

  test('one that works does, and it is said what changed', async () => {
    await repository.withdraw('thing', '1.1')
    await repository.add('thing', {}, { version: '1.2' })
    await repository.publish()
    const { status, stdout } = await kiln('refresh', '--no-check', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      changed: true,
      recipes: [
        {
          outcome: 'refreshed',
          name: 'small',
          changes: [{ name: 'thing', kind: 'newer', from: '1.0', to: '1.2' }],
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      ],
    })
    expect(JSON.parse((await kiln('refresh', '--json')).stdout)).toMatchObject({ changed: false })
  })

  test('what a lock names is a root of the store: packages of the image and of its tools', async () => {
    const { store } = readConfig(process.env)
    const lock = JSON.parse(await readFile(lockPath(), 'utf8'))
    const root = (await listRoots(store)).find(({ path }) => path === lockPath())!
    const named = [...lock.base, ...lock.tools.packages].map(({ sha256 }: { sha256: string }) => sha256)
    expect(root.digests).toEqual(expect.arrayContaining(named))
  })

  describe('an archive of all inputs', () => {
    const archive = () => join(folder, 'archive')
    let thing: string
    beforeAll(async () => {
      expect(await kiln('lock', '--vendor', archive())).toMatchObject({ status: 0 })
      const { files } = JSON.parse(await readFile(join(archive(), 'manifest.json'), 'utf8'))
      thing = files.find(({ name }: { name: string }) => name === 'thing').sha256
    })

    test('is complete at once: written again, nothing is new', async () => {
      const again = JSON.parse((await kiln('lock', '--vendor', archive(), '--json')).stdout)
      expect(again.archive).toMatchObject({ added: 0 })
    })

    test('is no place for another lock', async () => {
      const { status, stderr } = await kiln('build', '--update', '--vendor', archive())
      expect(status).toBe(2)
      expect(stderr).toMatch(/cannot be locked from an archive.*KILN_VENDOR_LACKS/s)
      const other = join(folder, 'other')
      await mkdir(other)
      await writeFile(join(other, 'manifest.json'), '{"of": "somebody else"}')
      const refused = await kiln('lock', '--vendor', other)
      expect(refused.status).toBe(2)
      expect(refused.stderr).toContain('KILN_VENDOR_INVALID')
    })

    test.skipIf(!isRoot)('builds the same image in an empty store without any network', async () => {
      const here = JSON.parse((await kiln('build', '--json')).stdout)
      const env = environment({ KILN_HOME: join(folder, 'elsewhere') })
      const path = vendoredPath(archive(), thing)
      const right = await readFile(path)
      const build = () =>
        program(['unshare', '--net', './kiln', 'build', recipe(), '--vendor', archive(), '--json'], { env })
      await writeFile(path, 'something else')
      const damaged = await build()
      expect(damaged.status).toBe(2)
      expect(damaged.stdout).toMatch(/KILN_VENDOR_LACKS/)
      expect(damaged.stdout).toMatch(/has a damaged file: .*thing_1\.2_all\.deb/)
      await writeFile(path, right)
      const { status, stdout } = await build()
      expect(status).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ digest: here.digest, key: here.key, reused: false })
    })
  })
})
