import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../../src/core/config.ts'
import { environment, program, ROOT } from './program.ts'

const KILN = join(ROOT, 'kiln')
const RECIPE = join(ROOT, 'examples/web/recipe.yaml')

let folder: string
let shared: string
let server: Server
let address: string
/** Requests of the web server. */
const asked: string[] = []

/** What a web server with WebDAV does with GET, HEAD and PUT, behind a login. */
async function serve(): Promise<void> {
  server = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const path = join(shared, decodeURIComponent(request.url!))
    const end = (status: number) => response.writeHead(status, { 'content-length': 0 }).end()
    if (request.headers.authorization !== `Basic ${Buffer.from('ci:word').toString('base64')}`)
      return end(401)
    if (request.method === 'PUT') {
      await mkdir(dirname(path), { recursive: true })
      await pipeline(request, createWriteStream(`${path}.part`))
      await rename(`${path}.part`, path)
      return end(201)
    }
    const found = await stat(path).catch(() => undefined)
    if (!found?.isFile()) return end(404)
    response.writeHead(200, { 'content-length': found.size })
    if (request.method === 'HEAD') return response.end()
    await pipeline(createReadStream(path), response).catch(() => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A machine of its own: an empty store beside the suite's tools tree. */
async function machine(name: string): Promise<string> {
  const home = join(folder, name)
  await mkdir(join(home, 'store'), { recursive: true })
  await symlink(join(readConfig(process.env).store, 'tools'), join(home, 'store', 'tools'))
  return home
}
async function build(recipe: string, env: Record<string, string | undefined>) {
  const { status, stdout, stderr } = await program([KILN, 'build', recipe, '--json'], {
    env: environment(env),
  })
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  const document = JSON.parse(stdout) as {
    digest: string
    key: string
    reused: boolean
    stages: { stage: string; outcome: string }[]
  }
  return { ...document, stderr }
}
const auth = () => ({ KILN_AUTH: `machine ${address} login ci password word` })

let first: { digest: string; key: string }
let recipe: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-shared-'))
  shared = join(folder, 'shared')
  await mkdir(shared)
  await serve()
  await mkdir(join(folder, 'recipe'))
  recipe = join(folder, 'recipe', 'recipe.yaml')
  // An image that no other test uses, for its own is removed below.
  await writeFile(recipe, (await readFile(RECIPE, 'utf8')).replace('<title>Kiln', '<title>Shared'))
  // The suite's own store has most of it: that is given, too.
  first = await build(recipe, { KILN_CACHE_URL: shared, KILN_CACHE_PUSH: '1' })
})
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

test('what one machine built another takes, without building, fetching or a mirror', async () => {
  const home = await machine('second')
  const taken = await build(recipe, {
    ...auth(),
    KILN_HOME: home,
    KILN_CACHE_URL: address,
    KILN_MIRROR_DEBIAN: 'http://127.0.0.1:9/debian',
  })
  expect(taken).toMatchObject({ digest: first.digest, reused: true })
  expect(asked.filter((request) => !request.startsWith('GET '))).toEqual([])
  expect(await readdir(join(home, 'store', 'tmp'))).toEqual([])
})

test('layers are taken where the image is another one; who is not asked to gives nothing', async () => {
  const home = await machine('third')
  const other = join(folder, 'other')
  await mkdir(other)
  await writeFile(
    join(other, 'recipe.yaml'),
    (await readFile(recipe, 'utf8')).replace('<title>Shared', '<title>Others'),
  )
  const before = (await readdir(join(shared, 'versions'))).length
  const built = await build(join(other, 'recipe.yaml'), {
    ...auth(),
    KILN_HOME: home,
    KILN_CACHE_URL: address,
  })
  const outcomes = new Map(built.stages.map(({ stage, outcome }) => [stage, outcome]))
  expect(Object.fromEntries(outcomes)).toMatchObject({ base: 'reused', packages: 'reused', files: 'done' })
  expect(await readdir(join(shared, 'versions'))).toHaveLength(before)
  const given = await build(join(other, 'recipe.yaml'), {
    ...auth(),
    KILN_HOME: home,
    KILN_CACHE_URL: address,
    KILN_CACHE_PUSH: 'yes',
  })
  expect(given.reused).toBe(true)
  expect(await readdir(join(shared, 'versions'))).toHaveLength(before + 1)
  expect(asked.some((request) => request.startsWith('PUT /versions/'))).toBe(true)
})

test('what is damaged there is not taken, and a cache that fails is no reason to fail', async () => {
  const version = JSON.parse(await readFile(join(shared, 'versions', `${first.key}.json`), 'utf8'))
  for (const { digest } of version.artifacts) {
    const path = join(shared, 'objects', digest.slice(0, 2), digest)
    const bytes = await readFile(path)
    bytes[bytes.length >> 1]! ^= 1
    await writeFile(path, bytes)
  }
  // The suite's own store has the layers: only the image is made again.
  const versions = join(readConfig(process.env).store, 'versions')
  for (const [name, env, says] of [
    [
      'damaged',
      { KILN_CACHE_URL: shared },
      /The shared cache \S+ is left alone: \S+ is not the file that it should be/,
    ],
    ['a login missing', { KILN_CACHE_URL: address }, /The shared cache \S+ is left alone: \S+ answered 401/],
  ] as const) {
    for (const { digest } of version.artifacts)
      await rm(join(dirname(versions), 'objects', digest.slice(0, 2), digest), { force: true })
    await rm(join(versions, `${first.key}.json`), { force: true })
    const built = await build(recipe, env)
    expect({ name, digest: built.digest, reused: built.reused }).toEqual({
      name,
      digest: first.digest,
      reused: false,
    })
    expect(built.stderr).toMatch(says)
    expect(built.stderr.match(/is left alone/g)).toHaveLength(1)
  }
})

test.each(['ftp://127.0.0.1/x', 'nonsense', 'http://ci:word@127.0.0.1/'])('%s is no cache', async (url) => {
  const { status, stderr } = await program([KILN, 'build', recipe], {
    env: environment({ KILN_CACHE_URL: url }),
  })
  expect(status).toBe(2)
  expect(stderr).toMatch(/KILN_CACHE_URL is not the address of a shared cache[\s\S]*KILN_CACHE_INVALID/)
  expect(stderr).not.toContain('word')
})
