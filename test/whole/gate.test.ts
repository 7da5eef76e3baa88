import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { SECRETS, type Secret } from '../../src/check/secrets/planting/index.ts'
import { environment, program, ROOT } from './program.ts'

/** A real image with secrets in it, through the whole program: it must not get out, and once allowed be what is said of it. */

const KILN = join(ROOT, 'kiln')
/** What every image is freed of before it is finished, and files that a base has already. */
const SEALED =
  /^(etc\/(shadow|machine-id|ssh\/)|var\/lib\/(systemd|dbus|cloud)\/|root\/\.bash_history|tmp\/|var\/cache\/debconf\/)/

let folder: string
let planted: Secret[]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-gate-'))
  const able = SECRETS.filter(
    ({ path, content }) => !SEALED.test(path) && (typeof content === 'string' || Buffer.isBuffer(content)),
  )
  planted = [...new Map(able.map((secret) => [secret.path, secret])).values()]
  await writeFile(join(folder, 'bad.yaml'), recipe())
  const allow_secrets = planted.map(({ kind, path }) => ({ kind, path: `/${path}` }))
  await mkdir(join(folder, 'allowed'))
  await writeFile(join(folder, 'allowed', 'recipe.yaml'), recipe({ allow_secrets }))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function recipe(more: object = {}): string {
  const custom_files = planted.map(({ path, content }) => ({
    path: `/${path}`,
    content_base64: Buffer.from(content as string | Buffer).toString('base64'),
  }))
  return stringify({ name: 'gate', from: { os: 'debian-13' }, custom_files, ...more })
}

const kiln = (...args: string[]) => program([KILN, ...args], { cwd: folder, env: environment() })

describe('an image with secrets', () => {
  test('is not published, and each of them is named without being told', async () => {
    expect(planted.length).toBeGreaterThanOrEqual(40)
    const ended = await kiln('build', 'bad.yaml', '--target', 'dir:out', '-o', 'out.qcow2', '--json')
    expect(ended.status).toBe(1)
    const { error } = JSON.parse(ended.stdout)
    expect(error.code).toBe('KILN_SECRETS_FOUND')
    const found = error.data.secrets.map(
      ({ path, kind }: { path: string; kind: string }) => `${path} ${kind}`,
    )
    expect([...new Set(found)].sort()).toEqual(planted.map(({ path, kind }) => `/${path} ${kind}`).sort())
    for (const { hidden } of planted) if (hidden) expect(ended.stdout + ended.stderr).not.toContain(hidden)
    expect((await readdir(folder)).sort()).toEqual(['allowed', 'bad.yaml', 'kiln.lock'])
  })
})

describe('an image whose secrets are allowed', () => {
  let image: string
  let key: string
  const beside = (ending: string) => readFile(image.replace('.qcow2', ending), 'utf8')
  beforeAll(async () => {
    await copyFile(join(folder, 'kiln.lock'), join(folder, 'allowed', 'kiln.lock'))
    const ended = await kiln('build', 'allowed/recipe.yaml', '--target', 'dir:out', '--json')
    expect({ status: ended.status, said: ended.status === 0 ? '' : ended.stderr }).toEqual({
      status: 0,
      said: '',
    })
    const document = JSON.parse(ended.stdout)
    // What may be published is no part of what is built.
    expect(document.reused).toBe(true)
    image = document.path
    await copyFile(image, join(folder, 'strange.qcow2'))
    key = document.key
  })
  test('is verified', async () => {
    const ended = await kiln('verify', image)
    expect(ended.status).toBe(0)
    for (const point of ['signature', 'file', 'disk', 'lock', 'companion'])
      expect(ended.stdout).toMatch(new RegExp(`^ok +${point} `, 'm'))
  })
  test('is published again without being looked into, with the same bytes beside it', async () => {
    const before = [await beside('.cdx.json'), await beside('.intoto.jsonl')]
    const ended = await kiln('build', 'allowed/recipe.yaml', '--target', 'dir:out', '--target', 'dir:other')
    expect(ended.stderr).not.toContain('secret scan')
    expect([await beside('.cdx.json'), await beside('.intoto.jsonl')]).toEqual(before)
    const other = (ending: string) =>
      readFile(image.replace('/out/', '/other/').replace('.qcow2', ending), 'utf8')
    expect([await other('.cdx.json'), await other('.intoto.jsonl')]).toEqual(before)
    const { stdout } = await kiln('images', '--target', 'dir:out', '--json')
    expect(JSON.parse(stdout)).toHaveLength(1)
  })
  test('has the same bill of materials however it is asked for', async () => {
    expect((await kiln('sbom', image)).stdout).toBe(await beside('.cdx.json'))
    expect((await kiln('sbom', key)).stdout).toBe(await beside('.cdx.json'))
    const spdx = JSON.parse((await kiln('sbom', key, '--format', 'spdx')).stdout)
    expect(spdx.packages.length).toBeGreaterThan(100)
    // A file of unknown origin has the same packages, and no digests of their files.
    const strange = JSON.parse((await kiln('sbom', 'strange.qcow2')).stdout)
    const names = (list: { name: string; version: string }[]) =>
      list.map(({ name, version }) => `${name} ${version}`)
    expect(names(strange.components)).toEqual(names(JSON.parse(await beside('.cdx.json')).components))
    expect(JSON.stringify(strange.components)).not.toContain('hashes')
  })
  test('does not keep a policy that it does not keep, one sentence a point', async () => {
    await writeFile(
      join(folder, 'policy.yaml'),
      'checks: [secrets, boot]\nforbidden_packages: [sudo, telnetd]\nmax_age: 9999d\n',
    )
    const ended = await kiln('verify', image, '--policy', 'policy.yaml', '--json')
    expect(ended.status).toBe(1)
    const { error } = JSON.parse(ended.stdout)
    expect(error.data.failed.map(({ point }: { point: string }) => point)).toEqual(['check', 'package'])
    expect(error.message).toMatch(/check boot/)
    expect(error.hint).toMatch(/^sudo \S+ is in it, and the policy forbids sudo\.$/m)
  })
  test('is not itself any more when a bit of it has changed', async () => {
    const changed = join(folder, 'changed.qcow2')
    await copyFile(image, changed)
    for (const ending of ['.json', '.cdx.json', '.intoto.jsonl'])
      await copyFile(image.replace('.qcow2', ending), changed.replace('.qcow2', ending))
    const file = await open(changed, 'r+')
    try {
      await file.write(Buffer.from('x'), 0, 1, 50_000_000)
    } finally {
      await file.close()
    }
    const ended = await kiln('verify', 'changed.qcow2')
    expect([ended.status, ended.stderr]).toEqual([
      1,
      expect.stringContaining('not the image that was signed'),
    ])
  })
  test.each([
    [['verify', 'none.qcow2'], 'KILN_FILE_MISSING'],
    [['verify', 'strange.qcow2', '--policy', 'none.yaml'], 'KILN_FILE_MISSING'],
    [['verify', 'strange.qcow2', '--policy', 'bad.yaml'], 'KILN_POLICY_INVALID'],
    [['verify', 'strange.qcow2', '--key', 'bad.yaml'], 'KILN_KEY_INVALID'],
    [['sbom', 'none.qcow2'], 'KILN_FILE_MISSING'],
    [['sbom', '0'.repeat(64)], 'KILN_VERSION_UNKNOWN'],
    [['sbom', 'kiln.lock'], 'KILN_FILE_SYSTEM_UNSUPPORTED'],
  ])('%j is the fault of the input', async (args, code) => {
    const ended = await kiln(...args)
    expect([ended.status, ended.stderr]).toEqual([2, expect.stringContaining(code)])
  })
})
