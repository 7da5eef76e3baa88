import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { readConfig } from '../../src/core/config.ts'
import { run } from '../../src/tools/run.ts'
import { type AptRepository, aptRepository, hasRepositoryTools } from './apt-repository.ts'
import { filesBelow } from './files-below.ts'
import { type PrivateServer, privateServer } from './private-server.ts'
import { type Ended, environment, program } from './program.ts'
import { suiteSandbox } from './suite.ts'

const able =
  (await hasRepositoryTools()) &&
  (await run(['openssl', 'version']).then(
    () => true,
    () => false,
  ))
if (!able) console.warn('Skipped: a private repository needs gpg (package gnupg), dpkg-deb and openssl.')

const PASSWORD = 'nobody-but-the-server-knows'
const PROXY_PASSWORD = 'nobody-but-the-proxy-knows'

/** Key, login, client certificate, proxy and authority, all at once. */
describe.skipIf(!able)('a private repository', () => {
  let folder: string
  let repository: AptRepository
  let server: PrivateServer
  const recipe = () => join(folder, 'recipe.yaml')
  const said: string[] = []
  const kiln = async (auth: readonly string[], verb: string, ...argv: string[]): Promise<Ended> => {
    const file = join(folder, 'auth.conf')
    await writeFile(file, `# who may fetch here\nmachine ${new URL(server.uri).host}\n${auth.join('\n')}\n`)
    const env = environment({ KILN_AUTH_FILE: file })
    const ended = await program(['./kiln', verb, recipe(), ...argv], { env })
    said.push(ended.stdout, ended.stderr)
    return ended
  }
  const entries = () => ({
    login: `login builder password ${PASSWORD}`,
    ca: `ca ${server.ca}`,
    certificate: `certificate ${server.certificate} key ${server.key}`,
    proxy: `proxy ${server.proxy}`,
  })
  const without = (name: keyof ReturnType<typeof entries>) =>
    Object.entries(entries()).flatMap(([each, line]) => (each === name ? [] : [line]))

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-private-'))
    repository = await aptRepository(join(folder, 'repository'))
    await repository.add('ours-alone', {}, { files: { 'usr/share/ours-alone': 'here\n' } })
    await repository.publish()
    server = await privateServer(join(folder, 'certificates'), repository.folder, {
      server: `builder:${PASSWORD}`,
      proxy: `guest:${PROXY_PASSWORD}`,
    })
    await writeFile(
      recipe(),
      stringify({
        name: 'private',
        from: { os: 'debian-13' },
        packages: ['ours-alone'],
        repositories: [{ name: 'ours', uri: server.uri, suite: 'test', key: repository.key }],
      }),
    )
  })
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    await repository?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test.each([
    ['login', /answered 401 Unauthorized.*KILN_AUTH_FILE names.*KILN_FETCH_FAILED/s],
    ['certificate', /cannot be reached: .*certificate FILE key FILE.*KILN_FETCH_FAILED/s],
    ['ca', /cannot be reached: .*machine HOST ca FILE.*KILN_FETCH_FAILED/s],
  ] as const)('is not reached without %s, and what lacks is said', async (name, message) => {
    const { status, stderr } = await kiln(without(name), 'lock')
    expect(status).toBe(1)
    expect(stderr).toMatch(message)
  })

  test('a file that cannot be understood is named by its line, without what stands there', async () => {
    const { status, stderr } = await kiln([`${PASSWORD} login builder`], 'lock')
    expect(status).toBe(2)
    expect(stderr).toMatch(/auth\.conf, line 3: .*KILN_AUTH_INVALID/s)
  })

  test('is locked, archived and built with all of them, through the proxy', async () => {
    expect(await kiln(Object.values(entries()), 'lock')).toMatchObject({ status: 0 })
    const archive = join(folder, 'archive')
    expect(await kiln(Object.values(entries()), 'lock', '--vendor', archive)).toMatchObject({ status: 0 })
    expect(server.tunnels()).toBeGreaterThan(0)
    const image = join(folder, 'private.qcow2')
    expect(await kiln(Object.values(entries()), 'build', '-o', image)).toMatchObject({ status: 0 })

    await using sandbox = await suiteSandbox({
      binds: [{ source: image, target: '/in/image' }],
      work: { bytes: 8e9 },
    })
    await sandbox.run(['qemu-img', 'convert', '-O', 'raw', '/in/image', '/build/raw'])
    const look = async (text: string) =>
      (await sandbox.run(['grep', '-c', '-a', '-F', '-e', text, '/build/raw'], { accept: [0, 1] })).status
    expect(await look(`URIs: ${server.uri}`)).toBe(0)
    for (const secret of await secrets()) expect(await look(secret)).toBe(1)
  })

  test('its secrets are in nothing that was said, locked, archived or stored', async () => {
    const all = await secrets()
    const found: string[] = []
    let looked = 0
    const places = [join(folder, 'kiln.lock'), join(folder, 'archive'), readConfig(process.env).store]
    for (const path of await filesOf(places)) {
      const bytes = await readFile(path).catch(() => undefined)
      if (bytes === undefined) continue
      looked++
      if (all.some((secret) => bytes.includes(secret))) found.push(path)
    }
    expect(looked).toBeGreaterThan(100)
    expect(found).toEqual([])
    for (const secret of all) expect(said.join('\n')).not.toContain(secret)
  })

  /** As they were given, and as they travel; of the key, a line of its own. */
  async function secrets(): Promise<string[]> {
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const key = (await readFile(server.key, 'utf8')).split('\n')[1]!
    return [PASSWORD, PROXY_PASSWORD, base64(`builder:${PASSWORD}`), base64(`guest:${PROXY_PASSWORD}`), key]
  }
})

/** Small files in some places, tools apart: nothing of ours gets there. Images and layers are packed: the image is looked into by itself. */
async function filesOf(places: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    places.map(async (place) =>
      (await stat(place)).isFile() ? [place] : await filesBelow(place, 32 << 20, join(place, 'tools')),
    ),
  )
  return found.flat()
}
