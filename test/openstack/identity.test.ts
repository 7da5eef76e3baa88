import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCloud } from '../../src/cloud/index.ts'
import { silent } from '../../src/core/events.ts'
import { redact } from '../../src/core/redact.ts'
import { run } from '../../src/tools/run.ts'
import { type Between, between } from './fixture/between.ts'
import { absent, type Desk, desk, facts } from './shared.ts'

describe.skipIf(absent)('logging in', () => {
  let at: Desk
  beforeAll(async () => {
    at = await desk()
  })
  afterAll(() => at[Symbol.asyncDispose]())

  test('password and application credential give a token for the project', async () => {
    for (const name of ['devstack', 'ci']) {
      const token = await (await at.open(name)).session.token()
      expect(token.project?.id).toBe(facts().projectId)
      expect(redact(`x ${token.value} y`)).toBe('x *** y')
    }
  })

  test('a token logs in, and one that has ended says so', async () => {
    const { value } = await (await at.open('devstack')).session.token()
    const env = {
      HOME: at.folder,
      OS_AUTH_URL: facts().authUrl,
      OS_AUTH_TYPE: 'v3token',
      OS_PROJECT_ID: facts().projectId,
    }
    const context = { cwd: at.folder, events: silent }
    const cloud = await openCloud(undefined, { ...context, env: { ...env, OS_TOKEN: value } })
    expect((await cloud.session.token()).project?.id).toBe(facts().projectId)
    const ended = await openCloud(undefined, { ...context, env: { ...env, OS_TOKEN: 'gAAAAnever' } })
    await expect(ended.session.token()).rejects.toMatchObject({
      code: 'KILN_CLOUD_LOGIN',
      fault: 'input',
      hint: expect.stringContaining('token'),
    })
  })

  test('the environment is a cloud of its own, secrets in a file of their own', async () => {
    const { member, authUrl } = facts()
    const env = {
      HOME: at.folder,
      // Without its version, and with a slash.
      OS_AUTH_URL: authUrl.replace(/v3$/, ''),
      OS_USERNAME: member.username,
      OS_PASSWORD: member.password,
      OS_PROJECT_NAME: member.project,
      OS_REGION_NAME: 'RegionOne',
    }
    const cloud = await openCloud(undefined, { env, cwd: at.folder, events: silent })
    expect(cloud.settings.name).toBe('envvars')
    expect(await cloud.images.importMethods()).toContain('glance-direct')

    const folder = join(at.folder, 'apart')
    await mkdir(folder)
    const auth = { auth_url: authUrl, username: member.username, project_name: member.project }
    const file = (name: string, tree: unknown) => writeFile(join(folder, name), JSON.stringify(tree))
    await file('clouds-public.yaml', {
      'public-clouds': { house: { auth: { auth_url: authUrl }, region_name: 'RegionOne' } },
    })
    await file('clouds.yaml', {
      clouds: { one: { profile: 'house', auth: { ...auth, auth_url: undefined } } },
    })
    await file('secure.yaml', { clouds: { one: { auth: { password: member.password } } } })
    const one = await openCloud('one', { env: { HOME: folder }, cwd: folder, events: silent })
    expect((await one.session.token()).project?.name).toBe(member.project)
  })

  test('a wrong password is said, never what it was', async () => {
    await using wrong = await desk({ devstack: { auth: { password: 'not-the-password' } } })
    const cloud = await wrong.open('devstack')
    const failure = await cloud.session.token().catch((error: Error) => error)
    expect(failure).toMatchObject({ code: 'KILN_CLOUD_LOGIN', fault: 'input' })
    expect(String(failure)).not.toContain('not-the-password')
    expect(String(failure)).toContain('The request you have made requires authentication')
  })

  test('an address that is no Keystone, and one where nobody is', async () => {
    const { ports } = facts()
    await using wrong = await desk({
      devstack: { auth: { auth_url: `http://127.0.0.1:${ports.glance}` } },
      neighbour: { auth: { auth_url: 'http://127.0.0.1:1' } },
    })
    const [glance, nobody] = await Promise.all([wrong.open('devstack'), wrong.open('neighbour')])
    await expect(glance.session.token()).rejects.toMatchObject({ fault: 'input', code: 'KILN_CLOUD_LOGIN' })
    await expect(nobody.session.token()).rejects.toMatchObject({ code: 'KILN_CLOUD_UNREACHABLE' })
  })

  test('what a region or an interface lacks is said with what there is', async () => {
    await using other = await desk({
      devstack: { region_name: 'Elsewhere' },
      neighbour: { interface: 'admin' },
    })
    for (const name of ['devstack', 'neighbour'])
      await expect((await other.open(name)).images.get('x')).rejects.toMatchObject({
        code: 'KILN_CLOUD_SERVICE_ABSENT',
        fault: 'input',
        hint: expect.stringContaining('image (RegionOne, public)'),
      })
  })

  test('a token that is refused is renewed once; many ask for one token', async () => {
    const { ports } = facts()
    await using keystone = await between(ports.keystone)
    let refuse = 1
    await using glance = await between(ports.glance, {
      intercept: ({ response }) => {
        if (refuse-- <= 0) return false
        response.writeHead(401).end()
        return true
      },
    })
    await using through = await desk({
      devstack: {
        auth: { auth_url: `http://127.0.0.1:${keystone.port}/v3` },
        image_endpoint_override: `http://127.0.0.1:${glance.port}`,
      },
    })
    const { images } = await through.open('devstack')
    await Promise.all(['a', 'b', 'c'].map((id) => images.get(id)))
    // The first three waited for one login; the refused one made the second.
    expect(keystone.seen).toEqual(['POST /v3/auth/tokens', 'POST /v3/auth/tokens'])
    refuse = 100
    await expect(images.get('a')).rejects.toMatchObject({ code: 'KILN_CLOUD_REFUSED', data: { status: 401 } })
  })

  test('a token is renewed before it ends', async () => {
    const { ports } = facts()
    await using keystone = await between(ports.keystone, {
      // Keystone gives an hour; on its way that becomes a second.
      intercept: async ({ request, response }) => {
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk)
        const { host: _, ...headers } = request.headers as Record<string, string>
        const real = await fetch(`${facts().authUrl.replace(/\/v3$/, '')}${request.url}`, {
          method: 'POST',
          headers: { 'content-type': headers['content-type']! },
          body: Buffer.concat(chunks),
        })
        const body = (await real.json()) as { token: { issued_at: string; expires_at: string } }
        body.token.expires_at = new Date(Date.parse(body.token.issued_at) + 1).toISOString()
        response.writeHead(real.status, { 'x-subject-token': real.headers.get('x-subject-token')! })
        response.end(JSON.stringify(body))
        return true
      },
    })
    await using through = await desk({
      devstack: { auth: { auth_url: `http://127.0.0.1:${keystone.port}` } },
    })
    const { session } = await through.open('devstack')
    const first = await session.token()
    await new Promise((done) => setTimeout(done, 5))
    expect((await session.token()).value).not.toBe(first.value)
    expect(keystone.seen).toHaveLength(2)
  })
})

describe.skipIf(absent)('TLS', () => {
  let folder: Desk
  let keystone: Between
  beforeAll(async () => {
    folder = await desk()
    const file = (name: string) => join(folder.folder, name)
    await run([
      ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-keyout', file('key.pem'), '-out', file('ca.pem')],
    ])
    const { readFile } = await import('node:fs/promises')
    const [key, cert] = await Promise.all(['key.pem', 'ca.pem'].map((name) => readFile(file(name), 'utf8')))
    keystone = await between(facts().ports.keystone, {}, { key: key!, cert: cert! })
  })
  afterAll(async () => {
    await keystone[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })
  const at = (change: object) =>
    desk({ devstack: { auth: { auth_url: `https://127.0.0.1:${keystone.port}/v3` }, ...change } })

  test('a certificate of nobody is refused, with one of its own authority taken', async () => {
    await using plain = await at({})
    await expect((await plain.open('devstack')).session.token()).rejects.toMatchObject({
      code: 'KILN_CLOUD_UNREACHABLE',
      fault: 'input',
      hint: expect.stringContaining('cacert'),
    })
    await using known = await at({ cacert: join(folder.folder, 'ca.pem') })
    expect((await (await known.open('devstack')).session.token()).project?.id).toBe(facts().projectId)
    expect(known.events).toEqual([])
  })

  test('not to look is an open word, with a warning', async () => {
    await using open = await at({ verify: false })
    await (await open.open('devstack')).session.token()
    expect(open.events).toEqual([expect.objectContaining({ level: 'warning' })])
    await using quiet = await at({ insecure: true })
    await expect(quiet.open('devstack')).rejects.toMatchObject({ code: 'KILN_CLOUD_INVALID' })
  })

  test('an authority that cannot be read is named', async () => {
    await using lost = await at({ cacert: 'nowhere.pem' })
    await expect(lost.open('devstack')).rejects.toThrow('nowhere.pem')
    await rm(join(lost.folder, 'nowhere.pem'), { force: true })
  })
})
