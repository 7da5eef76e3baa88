import { createHash, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Cloud, download, findBase, type Image, upload } from '../../src/cloud/index.ts'
import { sha256 } from '../../src/core/digest.ts'
import { between, cutAfter, spoilAt } from './fixture/between.ts'
import { absent, type Desk, desk, facts, fresh, inspects } from './shared.ts'

const bytes = (size: number) => createHash('shake256', { outputLength: size }).update('any').digest()

describe.skipIf(absent)('images', () => {
  let at: Desk
  let cloud: Cloud
  beforeAll(async () => {
    at = await desk()
    cloud = await at.open('devstack')
  })
  afterAll(() => at[Symbol.asyncDispose]())

  /** An image of `content`, ready. */
  async function made(name: string, content: Uint8Array, more: object = {}): Promise<Image> {
    const image = (await cloud.images.create({ name, disk_format: 'raw', ...more }))!
    await upload(cloud.images, image.id, content)
    return (await cloud.images.get(image.id))!
  }

  test('an id of ours makes an image once, and never again', async () => {
    const id = randomUUID()
    const first = await cloud.images.create({
      id,
      name: 'once',
      disk_format: 'raw',
      properties: { kiln_x: 'y' },
    })
    expect(first).toMatchObject({ id, status: 'queued', kiln_x: 'y', visibility: 'shared', size: null })
    expect(await cloud.images.create({ id, name: 'twice', disk_format: 'raw' })).toBeUndefined()
    expect(await cloud.images.remove(id)).toBe(true)
    expect(await cloud.images.remove(id)).toBe(false)
    expect(await cloud.images.get(id)).toBeUndefined()
    expect(await cloud.images.create({ id, name: 'again', disk_format: 'raw' })).toBeUndefined()
  })

  test('a stream goes up and comes down, with the hash of both sides', async () => {
    const content = bytes(3_000_001)
    const image = (await cloud.images.create({ name: 'stream', disk_format: 'raw' }))!
    const open = async function* () {
      for (let from = 0; from < content.length; from += 65536) yield content.subarray(from, from + 65536)
    }
    await upload(cloud.images, image.id, { size: content.length, open })
    const active = (await cloud.images.get(image.id))!
    const hash = createHash('sha512').update(content).digest('hex')
    expect(active).toMatchObject({
      status: 'active',
      size: content.length,
      os_hash_algo: 'sha512',
      os_hash_value: hash,
    })
    const path = join(at.folder, 'down')
    let seen = 0
    const got = await download(cloud.images, active, path, {
      onBytes: (count) => {
        seen += count
      },
    })
    expect(got).toEqual({ digest: sha256(content), size: content.length, verified: true })
    expect(seen).toBe(content.length)
    expect((await readFile(path)).equals(content)).toBe(true)
  })

  test('a source that fails, is too short or too long leaves nothing that looks whole', async () => {
    for (const [what, open] of Object.entries({
      fails: async function* () {
        yield bytes(100_000)
        throw new Error('the disk is gone')
      },
      short: async function* () {
        yield bytes(100_000)
      },
      long: async function* () {
        for (let i = 0; i < 4; i++) yield bytes(100_000)
      },
    })) {
      const { id } = (await cloud.images.create({ name: what, disk_format: 'raw' }))!
      await expect(upload(cloud.images, id, { size: 200_000, open })).rejects.toThrow(
        what === 'fails' ? 'the disk is gone' : 'bytes to send',
      )
      // The same image takes the right bytes, as soon as Glance has seen the end of the first.
      await vi.waitFor(() => upload(cloud.images, id, bytes(200_000)), { timeout: 60_000, interval: 200 })
      expect(await cloud.images.get(id)).toMatchObject({ status: 'active', size: 200_000 })
    }
  })

  test('what Glance refuses is said in its words', async () => {
    const image = await made('whole', bytes(10))
    await expect(upload(cloud.images, image.id, bytes(10))).rejects.toMatchObject({
      code: 'KILN_CLOUD_REFUSED',
      data: { status: 409 },
    })
    const { id } = (await cloud.images.create({ name: 'odd', disk_format: 'qcow2' }))!
    const failure = await upload(cloud.images, id, bytes(1000)).catch((error: Error) => error)
    if (inspects) expect(failure).toMatchObject({ code: 'KILN_CLOUD_REFUSED', data: { status: 415 } })
    expect(String(failure)).not.toMatch(/[<>]/)
    await expect(
      cloud.images.create({ name: 'p', disk_format: 'raw', visibility: 'public' }),
    ).rejects.toMatchObject({ data: { status: 403 }, hint: expect.stringContaining('role') })
    await expect(cloud.images.create({ name: 'p', disk_format: 'floppy' })).rejects.toMatchObject({
      data: { status: 400 },
    })
  })

  test('properties, tags, hiding, protection', async () => {
    let image = await made('changes', bytes(10))
    image = await cloud.images.change(image, {
      kiln_a: '1',
      'kiln_b/c': '2',
      os_hidden: true,
      protected: true,
    })
    expect(image).toMatchObject({ kiln_a: '1', 'kiln_b/c': '2', os_hidden: true, protected: true })
    await expect(cloud.images.remove(image.id)).rejects.toMatchObject({ data: { status: 403 } })
    image = await cloud.images.change(image, {
      kiln_a: '3',
      'kiln_b/c': undefined,
      protected: false,
      never: undefined,
    })
    expect(image.kiln_a).toBe('3')
    expect(image).not.toHaveProperty('kiln_b/c')
    await cloud.images.addTag(image.id, 'a tag')
    expect((await cloud.images.get(image.id))?.tags).toEqual(['a tag'])
    await cloud.images.removeTag(image.id, 'a tag')
    await cloud.images.deactivate(image.id)
    expect((await cloud.images.get(image.id))?.status).toBe('deactivated')
    await cloud.images.reactivate(image.id)
    expect(await cloud.images.stores()).toEqual(['main', 'small'])
    expect(await cloud.images.tasks(image.id)).toEqual([])
  })

  test('lists go through all pages and take any name as it is', async () => {
    const tag = fresh('list')
    const names = ['a,b', 'in:x', '"quoted"', 'plain', 'ünï', 'a&b=c', 'in:"x"']
    for (const name of names) await cloud.images.create({ name, disk_format: 'raw', tags: [tag] })
    const all = await Array.fromAsync(cloud.images.list({ tag, limit: 2 }))
    expect(all.map(({ name }) => name).sort()).toEqual([...names].sort())
    for (const name of names) {
      const found = await Array.fromAsync(cloud.images.list({ tag, name }))
      expect(found.map((image) => image.name)).toEqual([name])
    }
  })

  test('a shared image is offered to a project, which takes it', async () => {
    const image = await made(fresh('offer'), bytes(10), { visibility: 'shared' })
    const neighbour = await at.open('neighbour')
    expect(await neighbour.images.get(image.id)).toBeUndefined()
    const { project } = await neighbour.session.token()
    await cloud.images.addMember(image.id, project!.id)
    await cloud.images.addMember(image.id, project!.id)
    await neighbour.images.answerOffer(image.id, project!.id, 'accepted')
    expect(await cloud.images.members(image.id)).toEqual([{ member_id: project!.id, status: 'accepted' }])
    expect((await findBase(neighbour.images, image.name!)).id).toBe(image.id)
    await cloud.images.removeMember(image.id, project!.id)
  })

  test('a base is exactly one active image, by name or id', async () => {
    const name = fresh('base')
    await expect(findBase(cloud.images, name)).rejects.toMatchObject({
      code: 'KILN_IMAGE_ABSENT',
      fault: 'input',
    })
    await cloud.images.create({ name, disk_format: 'raw' })
    await expect(findBase(cloud.images, name)).rejects.toThrow('is queued')
    const one = await made(name, bytes(10))
    expect((await findBase(cloud.images, name)).id).toBe(one.id)
    const two = await made(name, bytes(11))
    const failure: Error = await findBase(cloud.images, name).catch((error) => error)
    expect(failure).toMatchObject({ code: 'KILN_IMAGE_AMBIGUOUS', fault: 'input' })
    for (const { id } of [one, two]) expect(failure.message).toContain(id)
    await cloud.images.change(two, { os_hidden: true })
    expect((await findBase(cloud.images, name)).id).toBe(one.id)
    expect((await findBase(cloud.images, two.id)).id).toBe(two.id)
  })

  test('a download is taken up where it was cut, and a wrong byte is found', async () => {
    const content = bytes(500_000)
    const image = await made('cut', content)
    let ends = 5
    await using cutting = await between(facts().ports.glance, {
      down: (request) => (request.url!.endsWith('/file') && ends-- > 0 ? cutAfter(100_000) : undefined),
    })
    await using spoiling = await between(facts().ports.glance, {
      down: (request) => (request.url!.endsWith('/file') ? spoilAt(1234) : undefined),
    })
    await using through = await desk({
      devstack: { image_endpoint_override: `http://127.0.0.1:${cutting.port}` },
      neighbour: {
        auth: { ...facts().member, project_name: facts().member.project },
        image_endpoint_override: `http://127.0.0.1:${spoiling.port}`,
      },
    })
    const path = join(through.folder, 'image')
    const got = await download((await through.open('devstack')).images, image, path)
    expect(got).toMatchObject({ digest: sha256(content), verified: true })
    expect(cutting.seen.length).toBeGreaterThan(3)
    await expect(download((await through.open('neighbour')).images, image, path)).rejects.toMatchObject({
      code: 'KILN_IMAGE_MISMATCH',
    })
  })

  test('what can pass is asked for again, what makes something is not', async () => {
    let fail = 2
    await using busy = await between(facts().ports.glance, {
      intercept: ({ response }) => {
        if (fail-- <= 0) return false
        response.writeHead(503, { 'retry-after': '0' }).end('busy')
        return true
      },
    })
    await using through = await desk({
      devstack: { image_endpoint_override: `http://127.0.0.1:${busy.port}` },
    })
    const { images } = await through.open('devstack')
    expect(await images.get(randomUUID())).toBeUndefined()
    fail = 1
    await expect(images.create({ name: 'x', disk_format: 'raw' })).rejects.toMatchObject({
      code: 'KILN_CLOUD_FAILED',
      data: { status: 503 },
    })
    fail = 1
    expect(await images.create({ id: randomUUID(), name: 'x', disk_format: 'raw' })).toBeDefined()
  })
})
