import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { readConfig } from '../../src/core/config.ts'
import { debianMirrors } from '../../src/tools/apt/mirrors.ts'
import { type AptRepository, aptRepository, hasRepositoryTools } from './apt-repository.ts'
import { environment, program } from './program.ts'

const able = await hasRepositoryTools()
if (!able) console.warn('Skipped: a signed repository needs gpg (package gnupg) and dpkg-deb.')

const LONG_AGO = new Date('2020-01-09T00:00:00Z')

describe.skipIf(!able)('what may be locked', () => {
  let folder: string
  let repository: AptRepository
  const lockPath = () => join(folder, 'kiln.lock')
  /** Locks with a repository that the recipe describes so. */
  const lock = async (part: object = {}, ...argv: string[]) => {
    const path = join(folder, 'recipe.yaml')
    const ours = { name: 'ours', uri: repository.uri, suite: 'test', key: repository.key, ...part }
    await writeFile(
      path,
      stringify({ name: 'small', from: { os: 'debian-13' }, packages: ['thing'], repositories: [ours] }),
    )
    return program(['./kiln', 'lock', path, ...argv])
  }
  const ours = async () =>
    JSON.parse(await readFile(lockPath(), 'utf8')).repositories.find(
      (each: { uri: string }) => each.uri === repository.uri,
    )

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-trust-'))
    repository = await aptRepository(join(folder, 'repository'))
    await repository.add('thing', {})
  })
  afterEach(() => rm(lockPath(), { force: true }))
  afterAll(async () => {
    await repository?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test('an expired Release is refused, with its date and what would allow it', async () => {
    await repository.publish({ validUntil: LONG_AGO })
    const { status, stderr } = await lock()
    expect(status).toBe(2)
    expect(stderr).toContain(
      `The Release of the suite test at ${repository.uri} expired on 2020-01-09T00:00:00Z.`,
    )
    expect(stderr).toMatch(/allow_expired: true.*--allow-expired.*KILN_REPOSITORY_REFUSED/s)
  })

  test('it is taken where the recipe or the caller allows it, and the lock says so', async () => {
    await repository.publish({ validUntil: LONG_AGO })
    for (const [part, argv] of [
      [{ allow_expired: true }, []],
      [{}, ['--allow-expired']],
    ] as const) {
      expect(await lock(part, ...argv, '--update')).toMatchObject({ status: 0 })
      expect(await ours()).toMatchObject({
        allowExpired: true,
        releases: [{ validUntil: '2020-01-09T00:00:00Z' }],
      })
    }
    // Allowed once is not allowed for ever.
    expect(await lock({}, '--update')).toMatchObject({ status: 2 })
  })

  test.each([
    ['unsigned', () => repository.publish({ signature: 'none' }), /is not signed/],
    [
      'changed after it was signed',
      async () => {
        await repository.publish({ validUntil: LONG_AGO })
        await change('InRelease', (text) => text.replace('Date: Thu, 02 Jan 2020', 'Date: Fri, 03 Jan 2020'))
      },
      /was refused/,
    ],
    [
      'beside a signature of something else',
      async () => {
        await repository.publish({ signature: 'detached', validUntil: LONG_AGO })
        await change('Release', (text) => text.replace('Date: Thu, 02 Jan 2020', 'Date: Fri, 03 Jan 2020'))
      },
      /was refused/,
    ],
    [
      'of an index with other packages',
      async () => {
        // One that nobody has seen: what was verified once is not fetched again.
        await repository.add('newcomer', {})
        await repository.publish()
        await change('main/binary-amd64/Packages', (text) => text.replace('thing', 'thong'))
      },
      /has the SHA-256 .* instead of/,
    ],
  ])('a Release %s is never taken, whatever is allowed', async (_what, publish, message) => {
    await publish()
    const { status, stderr } = await lock({ allow_expired: true }, '--allow-expired')
    expect(status).not.toBe(0)
    expect(stderr).toMatch(message)
    expect(await readFile(lockPath()).catch(() => undefined)).toBeUndefined()
  })

  test('nor is one with the signature of somebody else', async () => {
    await repository.publish()
    const { status, stderr } = await lock(
      { key: repository.otherKey, allow_expired: true },
      '--allow-expired',
    )
    expect(status).toBe(2)
    expect(stderr).toMatch(/was refused.*KILN_REPOSITORY_REFUSED/s)
  })

  test('a mirror that is out of reach is stepped over, for indexes and for packages', async () => {
    await repository.publish()
    const { archive, security } = await debianMirrors(readConfig(process.env).mirrors.debian)
    // The port of "discard": nobody listens there.
    const env = environment({
      KILN_MIRROR_DEBIAN: `http://127.0.0.1:9/debian, ${archive} ${security}`,
    })
    const path = join(folder, 'recipe.yaml')
    expect(await lock()).toMatchObject({ status: 0 })
    await rm(lockPath())
    const vendor = join(folder, 'archive')
    const ended = await program(['./kiln', 'lock', path, '--vendor', vendor], { env })
    expect(ended).toMatchObject({ status: 0 })
    expect(JSON.parse(await readFile(lockPath(), 'utf8')).mirrors.archive).toBe('http://127.0.0.1:9/debian')
    const manifest = JSON.parse(await readFile(join(vendor, 'manifest.json'), 'utf8'))
    expect(manifest.files.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['thing', 'dpkg', 'qemu-utils']),
    )
  })

  async function change(name: string, how: (text: string) => string): Promise<void> {
    const path = join(repository.folder, 'dists', 'test', name)
    const before = await readFile(path, 'utf8')
    const after = how(before)
    expect(after).not.toBe(before)
    await writeFile(path, after)
  }
})
