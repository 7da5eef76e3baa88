import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { run } from '../../src/tools/run.ts'
import { type PrivateServer, privateServer } from './private-server.ts'
import { environment, program } from './program.ts'
import { pythonIndex } from './python-index.ts'

const able = await run(['openssl', 'version']).then(
  () => true,
  () => false,
)
if (!able) console.warn('Skipped: a private index needs openssl.')

const PASSWORD = 'nobody-but-the-index-knows'
const PROXY_PASSWORD = 'nobody-but-its-proxy-knows'

/** Login, client certificate, proxy and authority, all at once. */
describe.skipIf(!able)('a private index of Python', () => {
  let folder: string
  let server: PrivateServer
  const lock = async (index: string, login: string) => {
    const auth = join(folder, 'auth.conf')
    const { ca, certificate, key, proxy } = server
    const entry = `machine ${new URL(server.uri).host}\n${login}\nca ${ca}\ncertificate ${certificate} key ${key}\nproxy ${proxy}\n`
    await writeFile(auth, entry)
    await rm(join(folder, 'kiln.lock'), { force: true })
    return program(['./kiln', 'lock', join(folder, 'recipe.yaml')], {
      env: environment({ KILN_AUTH_FILE: auth, KILN_PIP_INDEX: index }),
    })
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-private-index-'))
    const served = join(folder, 'served')
    await using index = await pythonIndex(join(served, 'files'))
    const name = await index.wheel('ours-alone', '1.0', { files: { 'ours.py': '' } })
    const bytes = await readFile(join(served, 'files', name))
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    await mkdir(join(served, 'simple', 'ours-alone'), { recursive: true })
    await writeFile(
      join(served, 'simple', 'ours-alone', 'index.html'),
      `<a href="../../files/${name}#sha256=${sha256}">${name}</a>`,
    )
    server = await privateServer(join(folder, 'certificates'), served, {
      server: `builder:${PASSWORD}`,
      proxy: `guest:${PROXY_PASSWORD}`,
    })
    await writeFile(
      join(folder, 'recipe.yaml'),
      stringify({ name: 'private', from: { os: 'debian-13' }, pip_packages: ['ours-alone'] }),
    )
  })
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test('is not asked without a login', async () => {
    expect(await lock(`${server.uri}/simple/`, '')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/answered 401.*KILN_AUTH_FILE.*KILN_FETCH_FAILED/s),
    })
  })

  test.each(['in the file', 'in the address'])(
    'is locked with a login %s, which nothing shows',
    async (where) => {
      const inFile = where === 'in the file'
      const { host } = new URL(server.uri)
      const index = inFile ? `${server.uri}/simple` : `https://builder:${PASSWORD}@${host}/simple`
      const { status, stdout, stderr } = await lock(index, inFile ? `login builder password ${PASSWORD}` : '')
      expect(status, stderr).toBe(0)
      expect(server.tunnels()).toBeGreaterThan(0)
      const written = await readFile(join(folder, 'kiln.lock'), 'utf8')
      expect(JSON.parse(written).python).toMatchObject({
        indexes: [`${server.uri}/simple/`],
        files: [{ name: 'ours-alone', uri: server.uri }],
      })
      for (const secret of [PASSWORD, PROXY_PASSWORD, Buffer.from(`builder:${PASSWORD}`).toString('base64')])
        expect(`${stdout}${stderr}${written}`).not.toContain(secret)
    },
  )
})
