import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type AptRepository, aptRepository, hasRepositoryTools } from './apt-repository.ts'
import { program } from './program.ts'

const able = await hasRepositoryTools()
if (!able) console.warn('Skipped: a signed repository needs gpg (package gnupg) and dpkg-deb.')

/** The verb as a user calls it, on a repository that changes from test to test. */
describe.skipIf(!able)('kiln lock', () => {
  let folder: string
  let repository: AptRepository
  const path = () => join(folder, 'recipe.yaml')
  const lockPath = () => join(folder, 'kiln.lock')
  const text = () => readFile(lockPath(), 'utf8')
  const recipe = (packages: readonly string[]) =>
    writeFile(
      path(),
      stringify({
        name: 'small',
        from: { os: 'debian-13' },
        packages,
        repositories: ['test', 'test-security'].map((suite) => ({
          name: suite,
          uri: repository.uri,
          suite,
          key: repository.key,
        })),
      }),
    )
  const kiln = (...argv: string[]) => program(['./kiln', 'lock', path(), ...argv])
  const document = async (...argv: string[]) => {
    const ended = await kiln('--json', ...argv)
    expect(ended.stderr).toMatch(/^(\{.*\}\n)*$/)
    return JSON.parse(ended.stdout)
  }
  const publish = async () => {
    await repository.publish()
    await repository.publish({ suite: 'test-security' })
  }
  const brief = (changes: readonly Record<string, unknown>[]) =>
    changes.map(({ kind, name, from, to, suite, security, neededBy }) =>
      [kind, name, from, to, suite, security ? 'security' : '', neededBy].filter(Boolean).join(' '),
    )

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-lock-'))
    repository = await aptRepository(join(folder, 'repository'))
    await repository.add('tool', {}, { fields: { Depends: 'helper-a' } })
    await repository.add('helper-a', {})
    await repository.add('other', {})
    await repository.add('server', {})
    await publish()
  })
  afterAll(async () => {
    await repository?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test('writes what every input is, where it came from, and who signed that', async () => {
    await recipe(['tool', 'other', 'server'])
    const { stdout } = await kiln()
    expect(stdout).toMatch(/kiln\.lock written: \d+ packages of debian-13/)
    const lock = JSON.parse(await text())
    const ours = lock.repositories.filter((each: { uri: string }) => each.uri === repository.uri)
    expect(ours.map((each: { suite: string }) => each.suite)).toEqual(['test', 'test-security'])
    for (const each of lock.repositories)
      expect(each.releases).toEqual([
        {
          date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
          signers: expect.arrayContaining([expect.stringMatching(/^[0-9A-F]{40}$/)]),
          ...(each.releases[0].validUntil ? { validUntil: expect.any(String) } : {}),
        },
      ])
    const packages = lock.groups.flatMap((group: { packages: unknown[] }) => group.packages)
    expect(
      packages.map((file: { name: string; suite: string }) => `${file.name} ${file.suite}`).sort(),
    ).toEqual(['helper-a test', 'other test', 'server test', 'tool test'])
    expect(lock.tools.packages.length).toBeGreaterThan(100)
  })

  test('a lock that fits is left alone; asked again, the same bytes', async () => {
    const before = await text()
    expect((await kiln()).stdout).toContain('fits already')
    expect((await kiln('--check')).status).toBe(0)
    await rm(lockPath())
    await kiln()
    expect(await text()).toBe(before)
    // Another Release with the same packages is no reason to build anything anew.
    await repository.publish()
    expect(await document('--update')).toMatchObject({ state: 'current', written: false, changes: [] })
    expect(await text()).toBe(before)
  })

  test('--update says what is newer, security fixes first, and what comes and goes with it', async () => {
    await repository.add('tool', {}, { version: '1.1', fields: { Depends: 'helper-b' } })
    await repository.add('helper-b', {})
    await repository.add('server', {}, { version: '1.0+security1', suite: 'test-security' })
    await publish()
    const before = await text()
    const shown = await document('--update', '--dry-run')
    expect(brief(shown.changes)).toEqual([
      'newer server 1.0 1.0+security1 test-security security',
      'newer tool 1.0 1.1 test',
      'added helper-b 1.0 test tool',
      'removed helper-a 1.0 test',
    ])
    expect(shown).toMatchObject({ state: 'updated', written: false })
    expect(await text()).toBe(before)
    const { stdout } = await kiln('--update', '--dry-run')
    expect(stdout).toMatch(/would be updated: .*; 1 security fix, 1 newer, 1 added, 1 removed\./)
    expect(stdout).toMatch(/^server +1\.0 +1\.0\+security1 +security fix in test-security$/m)
    expect(stdout).toMatch(/^helper-b +1\.0 +needed by tool, in test$/m)
  })

  test('--update with names changes these, and what they bring along, alone', async () => {
    // Nobody has them any more: what is not updated stays all the same.
    const before = await text()
    expect(brief((await document('--update', 'server')).changes)).toEqual([
      'newer server 1.0 1.0+security1 test-security security',
    ])
    expect((await text()).split('\n').filter((line) => !before.includes(line))).toContainEqual(
      expect.stringContaining('"server"'),
    )
    expect(brief((await document('--update', 'tool')).changes)).toEqual([
      'newer tool 1.0 1.1 test',
      'added helper-b 1.0 test tool',
      'removed helper-a 1.0 test',
    ])
    expect(await document('--update')).toMatchObject({ state: 'current' })
  })

  test('what was withdrawn stays in a lock of which other parts are updated', async () => {
    await repository.add('server', {}, { version: '2.0' })
    const withdrawn = await readFile(join(repository.folder, 'pool', 'other_1.0_all.deb'))
    await repository.withdraw('other', '1.0')
    await repository.add('other', {}, { version: '1.5' })
    await publish()
    // Its file is nowhere: without its relations nobody can say what fits it.
    const refused = await kiln('--update', 'server')
    expect(refused.status).toBe(1)
    expect(refused.stderr).toMatch(/other_1\.0_all\.deb answered 404.*--update/s)
    expect(refused.stderr).toContain('other 1.0 shall stay as it is')
    // In the store it is known, and stays.
    const digest = createHash('sha256').update(withdrawn).digest('hex')
    const object = join(process.env.KILN_HOME!, 'store', 'objects', digest.slice(0, 2), digest)
    await mkdir(dirname(object), { recursive: true })
    await writeFile(object, withdrawn)
    expect(brief((await document('--update', 'server', '--dry-run')).changes)).toEqual([
      'newer server 1.0+security1 2.0 test',
    ])
    await rm(object)
    // When it is updated itself, what it needed is of no interest.
    expect(brief((await document('--update', 'server', 'other')).changes)).toEqual([
      'newer other 1.0 1.5 test',
      'newer server 1.0+security1 2.0 test',
    ])
  })

  test('names that the lock does not have, or no lock at all, are told', async () => {
    const stranger = await program(['./kiln', 'lock', '--update', 'serve', path()])
    expect(stranger.status).toBe(2)
    expect(stranger.stderr).toMatch(/no package serve to update.*did you mean server\?.*KILN_LOCK_LACKS/s)
    const without = await kiln('server')
    expect(without.status).toBe(2)
    expect(without.stderr).toMatch(/no use for 'server' without --update/)
  })

  test('a changed recipe makes it stale: what changed is said, and what that changes', async () => {
    await recipe(['tool', 'server'])
    const checked = await kiln('--check')
    expect(checked.status).toBe(2)
    expect(checked.stderr).toMatch(/does not fit the recipe: packages: -other\..*KILN_LOCK_STALE/s)
    const single = await kiln('--update', 'tool')
    expect(single.status).toBe(2)
    expect(single.stderr).toContain('packages: -other')
    const shown = await document()
    expect(shown).toMatchObject({
      state: 'written',
      stale: { recipe: [{ member: 'packages', added: [], removed: ['other'], changed: [] }], tools: false },
    })
    expect(brief(shown.changes)).toEqual(['removed other 1.5 test'])
  })

  test('a lock of another version has to be made anew', async () => {
    const lock = JSON.parse(await text())
    await writeFile(lockPath(), JSON.stringify({ ...lock, version: 1 }))
    const refused = await kiln()
    expect(refused.status).toBe(2)
    expect(refused.stderr).toMatch(/has format 1.*--update.*KILN_LOCK_STALE/s)
    expect((await kiln('--update')).status).toBe(0)
    expect(JSON.parse(await text())).toEqual(lock)
  })
})
