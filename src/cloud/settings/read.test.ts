import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { readCloud } from './read.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-clouds-'))
})
afterEach(() => rm(folder, { recursive: true }))

const auth = {
  auth_url: 'https://keystone.test/identity/',
  username: 'u',
  password: 'a-password',
  project_name: 'p',
}
const write = (tree: unknown, name = 'clouds.yaml') => writeFile(join(folder, name), stringify(tree))
const read = (name?: string, env: Record<string, string> = {}) =>
  readCloud(name, { env, cwd: folder, home: join(folder, 'home') })
const only = (entry: object) => write({ clouds: { one: entry } })

describe('a cloud', () => {
  test('of clouds.yaml', async () => {
    await only({
      auth,
      region_name: 'r',
      interface: 'internalURL',
      cacert: 'ca.pem',
      image_endpoint_override: 'http://i/',
    })
    const domain = { id: 'default' }
    expect(await read('one')).toEqual({
      name: 'one',
      origin: join(folder, 'clouds.yaml'),
      authUrl: 'https://keystone.test/identity/v3',
      login: {
        kind: 'password',
        user: { name: 'u', domain },
        password: 'a-password',
        scope: { project: { name: 'p', domain } },
      },
      region: 'r',
      interface: 'internal',
      tls: { verify: true, ca: join(folder, 'ca.pem'), certificate: undefined, key: undefined },
      endpoints: { image: 'http://i/' },
    })
  })

  test('is the only one, the one of OS_CLOUD, or the one that is named, in this order backwards', async () => {
    await only({ auth })
    expect((await read()).name).toBe('one')
    await write({ clouds: { one: { auth }, two: { auth } } })
    await expect(read()).rejects.toMatchObject({ code: 'KILN_CLOUD_UNKNOWN', fault: 'input' })
    expect((await read(undefined, { OS_CLOUD: 'two' })).name).toBe('two')
    expect((await read('one', { OS_CLOUD: 'two' })).name).toBe('one')
    await expect(read('three')).rejects.toThrow('one, two')
    await write({ clouds: { one: { auth }, odd: 3 } })
    await expect(read('odd')).rejects.toThrow(/names one\.$/)
    await expect(read('constructor')).rejects.toMatchObject({ code: 'KILN_CLOUD_UNKNOWN' })
    await expect(read('__proto__')).rejects.toMatchObject({ code: 'KILN_CLOUD_UNKNOWN' })
  })

  test('of the environment', async () => {
    const env = { OS_AUTH_URL: 'https://k.test:5000/v3/', OS_USERNAME: 'u', OS_PASSWORD: 'from-environment' }
    const more = { OS_PROJECT_ID: 'pid', OS_USER_DOMAIN_NAME: 'ldap', OS_IDENTITY_API_VERSION: '3' }
    const cloud = await read(undefined, { ...env, ...more, OS_IMAGE_ENDPOINT_OVERRIDE: 'http://here/' })
    expect(cloud).toMatchObject({
      name: 'envvars',
      authUrl: 'https://k.test:5000/v3',
      login: { user: { name: 'u', domain: { name: 'ldap' } }, scope: { project: { id: 'pid' } } },
      endpoints: { image: 'http://here/' },
    })
    // A name is a name: what else is set is of another cloud.
    await only({ auth })
    expect((await read('one', env)).authUrl).toBe('https://keystone.test/identity/v3')
  })

  test('of a file that is named, with its secrets and a profile elsewhere', async () => {
    const files = { OS_CLIENT_CONFIG_FILE: 'mine.yaml', OS_CLIENT_SECURE_FILE: 'hidden.yaml' }
    await write(
      { clouds: { one: { profile: 'house', auth: { ...auth, auth_url: undefined, password: undefined } } } },
      'mine.yaml',
    )
    await write({ clouds: { one: { auth: { password: 20261121 } } } }, 'hidden.yaml')
    const house = { auth: { auth_url: 'https://house.test' }, regions: [{ name: 'east' }, 'west'] }
    await write({ 'public-clouds': { house } }, 'clouds-public.yaml')
    const cloud = await read('one', files)
    expect(cloud).toMatchObject({ authUrl: 'https://house.test/v3', region: 'east' })
    expect(cloud.login).toMatchObject({ password: '20261121' })
    await rm(join(folder, 'clouds-public.yaml'))
    await expect(read('one', files)).rejects.toThrow('profile "house"')
  })

  test.each([
    [
      { application_credential_id: 'i', application_credential_secret: 'a-secret' },
      { credential: { id: 'i' } },
    ],
    [
      { application_credential_name: 'n', application_credential_secret: 'a-secret', username: 'u' },
      { credential: { name: 'n', user: { name: 'u', domain: { id: 'default' } } } },
    ],
    [
      { token: 'a-token', project_id: 'p' },
      { kind: 'token', scope: { project: { id: 'p' } } },
    ],
    [{ ...auth, project_name: undefined, domain_name: 'd' }, { scope: { domain: { name: 'd' } } }],
    [{ ...auth, project_name: undefined, system_scope: 'all' }, { scope: { system: true } }],
  ])('logs in by %j', async (given, login) => {
    await only({ auth: { auth_url: 'https://k.test', ...given } })
    expect((await read()).login).toMatchObject(login)
  })
})

describe('what is no cloud', () => {
  test.each([
    [{ auth: { ...auth, password: undefined } }, 'password is missing'],
    [{ auth: { ...auth, username: undefined } }, 'username is missing'],
    [{ auth: { ...auth, auth_url: undefined } }, 'auth_url is missing'],
    [{ auth: { ...auth, auth_url: 'keystone' } }, 'no address'],
    [{ auth: { ...auth, auth_url: 'file:///etc/passwd' } }, 'no address'],
    [{ auth: { ...auth, auth_url: 'https://u:w@k.test/' } }, 'holds a login'],
    [{ auth: { ...auth, auth_url: 'https://k.test/v2.0' } }, 'version 2'],
    [{ auth, auth_type: 'v3oidcpassword' }, 'v3oidcpassword'],
    [{ auth, interface: 'outside' }, '"outside"'],
    [{ auth, verify: 'perhaps' }, 'verify'],
    [{ auth, insecure: true }, 'not taken'],
    [{ auth: [] }, 'auth'],
    [
      { auth: { application_credential_secret: 'a-secret', auth_url: 'https://k.test' } },
      'application_credential_id',
    ],
  ])('%j', async (entry, message) => {
    await only(entry)
    const failure: Error = await read().then(
      () => new Error('it was taken'),
      (error: Error) => error,
    )
    expect(failure).toMatchObject({ code: 'KILN_CLOUD_INVALID', fault: 'input' })
    expect(failure.message).toContain(message)
    expect(failure.message).not.toMatch(/a-password|a-secret/)
  })

  test.each([
    ['a: [', 'not YAML at line'],
    ['- one', 'no map'],
    ['&a [*a, *b]', 'not name clouds'],
  ])('the file %j', async (text, message) => {
    await writeFile(join(folder, 'clouds.yaml'), text)
    await expect(read('one')).rejects.toThrow(message)
  })

  test('a file that cannot be read, and none at all', async () => {
    await expect(read('one', { OS_CLIENT_CONFIG_FILE: '.' })).rejects.toMatchObject({
      code: 'KILN_CLOUD_INVALID',
    })
    await expect(read('one')).rejects.toThrow('there is no clouds.yaml')
    await write(null)
    await expect(read('one')).rejects.toThrow('names none')
  })
})
