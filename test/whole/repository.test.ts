import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build, lockRecipe } from '../../src/build/index.ts'
import { readConfig } from '../../src/core/config.ts'
import type { KilnEvent } from '../../src/core/events.ts'
import { allPackages, type Lock } from '../../src/lock/lock.ts'
import { parseRecipe, type Recipe } from '../../src/recipe/recipe.ts'
import { run } from '../../src/tools/run.ts'
import { type AptRepository, aptRepository, hasRepositoryTools } from './apt-repository.ts'
import { suiteSandbox } from './suite.ts'

const SECRET = 'what-only-the-host-may-know'
const able = await hasRepositoryTools()
if (!able) console.warn('Skipped: a signed repository needs gpg (package gnupg) and dpkg-deb.')

describe.skipIf(!able)('a repository of the recipe', () => {
  const events: KilnEvent[] = []
  const context = {
    config: readConfig(process.env),
    events: { emit: (event: KilnEvent) => events.push(event) },
  }
  let folder: string
  let repository: AptRepository
  let lock: Lock
  const recipe = (part: object = {}, packages = ['greeting']): Recipe =>
    parseRecipe(
      {
        name: 'private',
        from: { os: 'debian-13' },
        packages,
        repositories: [{ name: 'ours', uri: repository.uri, suite: 'test', key: repository.key, ...part }],
      },
      'test',
    )
  /** The error of locking with a repository that is described by `part`. */
  const refused = (part: object = {}) =>
    lockRecipe(recipe(part), context).then(
      () => undefined,
      (error: unknown) => error,
    )
  const deb = () => join(repository.folder, 'pool', 'greeting_1.0_all.deb')

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-repository-'))
    repository = await aptRepository(folder)
    const secret = join(folder, 'secret')
    await writeFile(secret, SECRET, { mode: 0o644 })
    const script = await readFile(new URL('mischief.pl', import.meta.url), 'utf8')
    await repository.add('greeting', {}, { files: { 'usr/share/greeting': 'hello\n' } })
    await repository.add(
      'mischief',
      { postinst: `#!/usr/bin/perl\n${script}` },
      {
        files: {
          'usr/share/mischief/secret': `${secret}\n`,
          'usr/share/mischief/port': `${new URL(repository.uri).port}\n`,
        },
      },
    )
    await repository.publish()
  })
  afterAll(async () => {
    await repository?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test('is locked when its key signed it, whichever way', async () => {
    for (const [signature, flat] of [
      ['detached', true],
      ['inline', false],
    ] as const) {
      await repository.publish({ signature, flat })
      lock = await lockRecipe(recipe(flat ? { suite: './' } : {}), context)
      const found = allPackages(lock).find((file) => file.name === 'greeting')
      expect(found).toMatchObject({ version: '1.0', arch: 'all', uri: repository.uri })
      expect(found!.path).toMatch(/^(\.\/)?pool\/greeting_1\.0_all\.deb$/)
    }
  })

  test('is refused with another key, also when the right one was there before', async () => {
    expect(await refused({ key: repository.otherKey })).toMatchObject({
      code: 'KILN_REPOSITORY_REFUSED',
      fault: 'input',
      message: expect.stringContaining(repository.uri),
    })
  })

  test('is refused when it is not signed, has expired, or is none', async () => {
    await repository.publish({ signature: 'none' })
    expect(await refused()).toMatchObject({ code: 'KILN_REPOSITORY_REFUSED', message: /not signed/ })
    await repository.publish({ validUntil: new Date('2020-01-09') })
    expect(await refused()).toMatchObject({ code: 'KILN_REPOSITORY_REFUSED', message: /2020/ })
    await repository.publish()
    expect(await refused({ suite: 'other' })).toMatchObject({
      code: 'KILN_REPOSITORY_MISSING',
      message: `There is no suite other at ${repository.uri}.`,
    })
    expect(await refused({ components: ['contrib'] })).toMatchObject({ code: 'KILN_REPOSITORY_MISSING' })
    await writeFile(join(repository.folder, 'dists', 'test', 'InRelease'), '<html>Please log in</html>')
    expect(await refused()).toMatchObject({ code: 'KILN_REPOSITORY_REFUSED' })
    await repository.publish()
  })

  test('may lose or change a package between lock and build: which, and no image', async () => {
    const path = '/pool/greeting_1.0_all.deb'
    repository.broken.set(path, 404)
    await expect(build(recipe(), lock, context)).rejects.toMatchObject({
      code: 'KILN_FETCH_FAILED',
      message: `${repository.uri}${path} answered 404 Not Found.`,
      hint: expect.stringContaining('--update'),
    })
    repository.broken.clear()
    const right = await readFile(deb())
    const wrong = Buffer.from(right)
    wrong[wrong.length - 1]! ^= 1
    await writeFile(deb(), wrong)
    await expect(build(recipe(), lock, context)).rejects.toMatchObject({ code: 'KILN_FETCH_MISMATCH' })
    await writeFile(deb(), right)
  })

  test('is the guest’s own, too; and a hostile package of it gets nowhere', async () => {
    process.env.MISCHIEF_TOKEN = SECRET
    const asked = recipe({}, ['greeting', 'mischief'])
    events.length = 0
    const version = await build(asked, await lockRecipe(asked, context), context)
    const said = events.flatMap((event) => (event.type === 'log' ? [event.line] : []))
    const report = said.filter((line) => line.startsWith('mischief: '))
    expect(
      report.filter((line) => !/: (held)?$/.test(line) && !line.startsWith('mischief: processes: ')),
    ).toEqual([])
    expect(report.length).toBeGreaterThan(20)
    // Only its own: the package manager and what that started.
    const processes = report.find((line) => line.startsWith('mischief: processes: '))!
    expect(processes).not.toMatch(/unshare|nsenter|node|cat/)
    expect(said.join('\n')).not.toContain(SECRET)
    const { stdout } = await run(['ps', '-eo', 'args'])
    expect(stdout.split('\n').filter((line) => line.trim() === 'sleep 86399')).toEqual([])

    await using sandbox = await suiteSandbox({
      binds: [{ source: version.artifacts[0]!.path, target: '/in/image' }],
    })
    const { stdout: sources } = await sandbox.run([
      'sh',
      '-euc',
      `qemu-img convert -O raw /in/image /build/raw
for path in /etc/apt/sources.list.d/ours.sources /etc/apt/keyrings/ours.asc /usr/share/greeting; do
  debugfs -R "cat $path" '/build/raw?offset=67108864' 2>/dev/null
done`,
    ])
    expect(sources).toBe(
      `Types: deb\nURIs: ${repository.uri}\nSuites: test\nComponents: main\nSigned-By: /etc/apt/keyrings/ours.asc\n${repository.key}hello\n`,
    )
  })
})
