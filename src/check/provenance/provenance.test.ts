import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Version } from '../../build/index.ts'
import { clock } from '../../core/clock.ts'
import { sha256 } from '../../core/digest.ts'
import { LOCK_VERSION, type Lock } from '../../lock/lock.ts'
import { parseRecipe } from '../../recipe/recipe.ts'
import { signedStatements } from './beside.ts'
import { envelopesOf, keyIdOf, sealed } from './dsse.ts'
import { importKey, ownPublicKey, publicKeyOf, type SigningKey, signingKey } from './key.ts'
import { isForbidden, isFrom, noPolicy, readPolicy } from './policy.ts'
import { provenanceOf, testResult } from './statement.ts'
import { type Evidence, verifyImage } from './verify.ts'

/** Less than two hours ago. */
const EPOCH = Math.floor(clock.now() / 1000) - 3600

let folder: string
let key: SigningKey
let image: string
let version: Version
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-provenance-'))
  key = await signingKey({ images: join(folder, 'images') })
  image = join(folder, 'web.raw')
  const bytes = Buffer.alloc(1 << 20, 'a disk ')
  await writeFile(image, bytes)
  version = versionOf(bytes)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const file = (name: string, wanted: string, uri = 'http://deb.example.org/debian') =>
  ({
    name,
    version: wanted,
    arch: 'amd64',
    path: `pool/${name}.deb`,
    uri,
    size: 1,
    sha256: sha256(name),
  }) as const

function versionOf(bytes: Buffer, secret = 'the content of a file'): Version {
  const lock: Lock = {
    version: LOCK_VERSION,
    recipe: 'r',
    os: 'debian-13',
    arch: 'amd64',
    epoch: EPOCH,
    repositories: [],
    mirrors: { archive: 'http://deb.example.org/debian', security: 'http://deb.example.org/s' },
    base: [file('base-files', '13')],
    essential: [],
    groups: [{ wanted: ['nginx'], packages: [file('nginx', '1.26-1')] }],
    asked: {},
    tools: { version: 1, suite: 'trixie', wanted: [], packages: [] },
  }
  const given = {
    name: 'web',
    from: { os: 'debian-13' },
    custom_files: [{ path: '/etc/x', content: secret }],
  }
  const digest = sha256(bytes)
  return {
    key: sha256('key'),
    digest,
    virtualSize: bytes.length,
    os: 'debian-13',
    arch: 'amd64',
    firmware: ['bios'],
    artifacts: [{ format: 'qcow2', digest, size: bytes.length, path: image }],
    recipe: parseRecipe(given, 'of a test'),
    lock,
    seconds: 0,
    stages: [],
    reused: false,
  }
}

const BILL = new Map([['web.cdx.json', '{}\n']])
const passed = { allowed: [], booted: false }
const signed = (by: SigningKey = key, there?: string) =>
  signedStatements(version, 'web', BILL, passed, by, there)
const evidence = (text = signed(), more: Partial<Evidence> = {}): Evidence => ({
  image,
  envelopes: envelopesOf(text),
  lock: version.lock,
  companions: BILL,
  ...more,
})
const failures = async (of: Evidence, policy = noPolicy, keys: KeyObject[] = [key.publicKey]) =>
  (await verifyImage(of, keys, policy)).points.filter(({ ok }) => !ok).map(({ point }) => point)
const another = async () => signingKey({ images: join(folder, `other-${Math.random()}`, 'images') })

describe('the key', () => {
  test('is made once, and only its owner can read it', async () => {
    const again = await Promise.all([1, 2, 3].map(() => signingKey({ images: join(folder, 'images') })))
    expect(again.map(({ id }) => id)).toEqual([key.id, key.id, key.id])
    expect((await stat(join(folder, 'keys', 'signing.pem'))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(folder, 'keys', 'signing.pub'), 'utf8')).toBe(key.publicPem)
    expect(await readdir(join(folder, 'keys'))).toEqual(['signing.pem', 'signing.pub'])
  })
  test('is not made by who only verifies', async () => {
    expect(await ownPublicKey({ images: join(folder, 'none', 'images') })).toBeUndefined()
    expect(await readdir(folder)).not.toContain('none')
    expect(keyIdOf((await ownPublicKey({ images: join(folder, 'images') }))!)).toBe(key.id)
  })
  test('several that make it at once get the same', async () => {
    const images = join(folder, 'race', 'images')
    const made = await Promise.all(Array.from({ length: 8 }, () => signingKey({ images })))
    expect(new Set(made.map(({ id }) => id)).size).toBe(1)
  })
  test('can be brought along, and replaces no other', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const path = join(folder, 'own.pem')
    await writeFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const images = join(folder, 'ci', 'images')
    expect((await importKey({ images }, path)).id).toBe(keyIdOf(createPublicKey(privateKey)))
    await importKey({ images }, path)
    await expect(importKey({ images: join(folder, 'images') }, path)).rejects.toMatchObject({
      code: 'KILN_KEY_INVALID',
    })
  })
  test('of another kind is refused', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    for (const pem of ['nothing', String(publicKey.export({ type: 'spki', format: 'pem' }))])
      expect(() => publicKeyOf(pem, 'x')).toThrow(/^x is no/)
  })
})

describe('statements', () => {
  test('are the same each time, and hold nothing of the files of the recipe', () => {
    expect(signed()).toBe(signed())
    expect(provenanceOf(version, 'web', BILL)).toBe(
      provenanceOf(versionOf(Buffer.alloc(1 << 20, 'a disk ')), 'web', BILL),
    )
    for (const { payload } of envelopesOf(signed()))
      expect(Buffer.from(payload, 'base64').toString()).not.toContain('content of a file')
  })
  test('name the image, its disk, and every input by digest', () => {
    const statement = JSON.parse(provenanceOf(version, 'web', BILL))
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: 'https://slsa.dev/provenance/v1',
      subject: [{ name: 'web.qcow2' }, { name: 'disk.raw', digest: { sha256: version.digest } }],
    })
    const inputs = statement.predicate.buildDefinition.resolvedDependencies
    expect(inputs.map((one: { name: string }) => one.name)).toEqual(['tools', 'base-files', 'nginx'])
    for (const { digest } of inputs) expect(digest.sha256).toMatch(/^[0-9a-f]{64}$/)
  })
  test('of others stay, of other images go, and doing it again changes nothing', async () => {
    const both = signed(await another(), signed())
    expect(envelopesOf(both)).toHaveLength(4)
    expect(signed(key, both)).toBe(both)
    const strange = JSON.stringify(sealed('{"subject": []}', key.privateKey, key.id))
    expect(signed(key, `${strange}\nrubbish\n`)).toBe(signed())
  })
})

describe('verifying', () => {
  test('holds for what was signed', async () => expect(await failures(evidence())).toEqual([]))
  test('an image that was changed', async () => {
    const path = join(folder, 'changed.raw')
    await writeFile(path, Buffer.alloc(1 << 20, 'another'))
    expect(await failures(evidence(signed(), { image: path }))).toEqual(['file'])
  })
  test('a disk that is not the one that was built, in a file that was signed', async () => {
    const wrong = { ...version, digest: sha256('else') }
    const text = JSON.stringify(sealed(provenanceOf(wrong, 'web', BILL), key.privateKey, key.id))
    expect(await failures(evidence(text))).toEqual(['disk'])
    const larger = { ...version, virtualSize: 2 ** 50 }
    const size = JSON.stringify(sealed(provenanceOf(larger, 'web', BILL), key.privateKey, key.id))
    expect(await failures(evidence(size))).toEqual(['disk'])
  })
  test('another lock, another bill', async () => {
    expect(await failures(evidence(signed(), { lock: { ...version.lock, epoch: 1 } }))).toEqual(['lock'])
    expect(await failures(evidence(signed(), { companions: new Map([['web.cdx.json', '{ }']]) }))).toEqual([
      'companion',
    ])
  })
  test('nothing signed, signed by a stranger, a signature that was moved to another text', async () => {
    expect(await failures(evidence(''))).toEqual(['signature'])
    expect(await failures(evidence(signed(await another())))).toEqual(['signature'])
    const [first] = envelopesOf(signed())
    const forged = {
      ...first!,
      payload: Buffer.from(provenanceOf({ ...version, key: 'x' }, 'web', BILL)).toString('base64'),
    }
    expect(await failures(evidence(JSON.stringify(forged)))).toEqual(['signature'])
    // Who calls himself by the trusted key's id is not it.
    const named = {
      ...envelopesOf(signed(await another()))[0]!,
      signatures: [{ keyid: key.id, sig: 'AAAA' }],
    }
    expect(await failures(evidence(JSON.stringify(named)))).toEqual(['signature'])
  })
  test.each(['null', '[]', '{"subject": 1}', '{"_type": "x"}', '"'])('signed rubbish: %s', async (text) => {
    const line = JSON.stringify(sealed(text, key.privateKey, key.id))
    expect(await failures(evidence(line))).toEqual(['signature'])
  })
})

describe('a policy', () => {
  const policyOf = async (text: string) => {
    const path = join(folder, 'policy.yaml')
    await writeFile(path, text)
    return readPolicy(path)
  }
  test('that an image keeps', async () => {
    await writeFile(join(folder, 'kiln.pub'), key.publicPem)
    const policy = await policyOf(
      'keys: [kiln.pub]\nchecks: [secrets]\nforbidden_packages: [telnetd, "nginx<1.26", "nginx>=2"]\nmax_age: 2h\nrepositories: [http://deb.example.org/debian]\n',
    )
    expect(await failures(evidence(), policy, [])).toEqual([])
  })
  test.each([
    ['checks: [boot]', 'check'],
    ['forbidden_packages: [nginx]', 'package'],
    ['forbidden_packages: ["nginx <= 1.26-1"]', 'package'],
    ['max_age: 0d', 'age'],
    ['repositories: []', 'repository'],
    ['repositories: [http://deb.example.org/deb]', 'repository'],
  ])('that it does not keep: %s', async (text, point) => {
    expect(await failures(evidence(), await policyOf(text))).toEqual([point])
  })
  test('a check counts when a trusted key says so of this very image', async () => {
    const policy = await policyOf('checks: [boot]')
    const line = (statement: string, by: SigningKey) =>
      `${JSON.stringify(sealed(statement, by.privateKey, by.id))}\n`
    expect(
      await failures(evidence(signed() + line(testResult(version, 'web', 'boot'), key)), policy),
    ).toEqual([])
    const stranger = line(testResult(version, 'web', 'boot'), await another())
    expect(await failures(evidence(signed() + stranger), policy)).toEqual(['check'])
    const other = {
      ...version,
      digest: sha256('o'),
      artifacts: [{ ...version.artifacts[0]!, digest: sha256('o') }],
    }
    expect(await failures(evidence(signed() + line(testResult(other, 'web', 'boot'), key)), policy)).toEqual([
      'check',
    ])
  })
  test.each([
    'x: 1',
    'checks: [all]',
    'max_age: long',
    'forbidden_packages: ["a b"]',
    '- 1',
    'keys: 1',
    '{',
    'repositories: [1]',
  ])('that is none: %s', async (text) =>
    expect(policyOf(text)).rejects.toMatchObject({ code: 'KILN_POLICY_INVALID', fault: 'input' }),
  )
  test('packages and repositories are compared as what they are', () => {
    const of = (wanted: string) => ({ name: 'a', annotations: { version: wanted } })
    expect(isForbidden({ text: '', name: 'a', operator: '<', version: '1.10' }, of('1.9'))).toBe(true)
    expect(isForbidden({ text: '', name: 'a', operator: '<', version: '1.0' }, of('1.0~rc1'))).toBe(true)
    expect(isForbidden({ text: '', name: 'b' }, of('1'))).toBe(false)
    expect(isFrom(['http://a.example/debian'], 'http://a.example/debian-evil/x.deb')).toBe(false)
  })
})
