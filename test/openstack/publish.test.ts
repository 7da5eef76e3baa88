import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { type Cloud, type Image, upload } from '../../src/cloud/index.ts'
import type { KilnEvent } from '../../src/core/events.ts'
import { sampleVersion, targetContract } from '../../src/publish/contract.ts'
import { imageId, installationSecret } from '../../src/publish/glance/ids.ts'
import { parseGlance } from '../../src/publish/glance/options.ts'
import { glanceTarget } from '../../src/publish/glance/target.ts'
import type { Target } from '../../src/publish/index.ts'
import { between, cutAfter, type Rules, spoilAt } from './fixture/between.ts'
import { absent, type Desk, facts, freshProject, inspects, tinyQcow2 } from './shared.ts'

/** A version whose file Glance takes for a disk. */
const sample = (folder: string, content: string | Uint8Array) =>
  sampleVersion(
    folder,
    tinyQcow2(typeof content === 'string' ? content : Buffer.from(content).toString('latin1')),
  )

/** A version of about a megabyte. */
const large = (folder: string, word: string) => sample(folder, word.padEnd(1_000_000, '.'))

if (!absent) {
  const desks: Desk[] = []
  targetContract(
    'the Glance target',
    async (folder) => {
      const at = await freshProject()
      desks.push(at)
      return glanceTarget(parseGlance('mine'), { open: () => at.open('mine'), store: join(folder, 'store') })
    },
    sample,
  )
}

describe.skipIf(absent)('publishing to Glance', () => {
  interface Scene extends AsyncDisposable {
    readonly at: Desk
    readonly cloud: Cloud
    readonly target: Target
    readonly events: KilnEvent[]
    readonly publish: (word?: string, target?: Target) => ReturnType<Target['publish']>
    /** All images of the project, hidden ones, too. */
    readonly all: () => Promise<Image[]>
    /** The id of the n-th try. */
    readonly id: (word: string, generation: number) => Promise<string>
  }

  /** An empty project, with a proxy that does harm before its Glance. */
  async function scene(rules: Rules = {}, options = 'mine'): Promise<Scene> {
    const proxy = await between(facts().ports.glance, rules)
    const at = await freshProject({ image_endpoint_override: `http://127.0.0.1:${proxy.port}` })
    const cloud = await at.open('mine')
    const store = join(at.folder, 'store')
    const target = glanceTarget(parseGlance(options), { open: async () => cloud, store, grace: 2000 })
    const events: KilnEvent[] = []
    const version = (word: string) => large(at.folder, word)
    return {
      at,
      cloud,
      target,
      events,
      publish: async (word = 'bytes', to = target) =>
        to.publish(
          { name: `web-${word}`, version: await version(word) },
          { events: { emit: (e) => void events.push(e) } },
        ),
      all: async () =>
        (
          await Promise.all([true, false].map((hidden) => Array.fromAsync(cloud.images.list({ hidden }))))
        ).flat(),
      id: async (word, generation) => {
        const { digest } = (await version(word)).artifacts[0]!
        const { project } = await cloud.session.token()
        const identity = { cloud: facts().authUrl, project: project!.id, digest, name: `web-${word}` }
        return imageId(await installationSecret(store), identity, generation)
      },
      [Symbol.asyncDispose]: async () => {
        await proxy[Symbol.asyncDispose]()
        await at[Symbol.asyncDispose]()
      },
    }
  }

  const isUpload = (request: { method?: string | undefined; url?: string | undefined }) =>
    request.method === 'PUT' && request.url!.endsWith('/file')

  test('what is written on it', async () => {
    await using s = await scene({}, 'mine,tag=one,tag=two,visibility=community')
    const placement = await s.publish()
    const [image] = await s.all()
    expect(image).toMatchObject({
      id: await s.id('bytes', 0),
      name: 'web-bytes',
      status: 'active',
      visibility: 'community',
      os_hidden: false,
      disk_format: 'qcow2',
      min_disk: 1,
      tags: expect.arrayContaining(['one', 'two']),
      os_distro: 'debian',
      os_version: '13',
      architecture: 'x86_64',
      kiln_digest: placement.record.digest,
      kiln_state: 'present',
    })
    expect(image).not.toHaveProperty('hw_firmware_type')
    expect(placement.where).toContain(image!.id)
    const progress = s.events.filter((event) => event.type === 'progress')
    expect(progress.at(-1)).toMatchObject({ unit: 'bytes', done: image!.size, total: image!.size })
    expect(await readdir(join(s.at.folder, 'store/cache/placements'))).toEqual([])
  })

  test('a connection that is cut at each tenth of the way: one image, right in the end', async () => {
    for (let tenth = 1; tenth <= 9; tenth++) {
      let cuts = 2
      await using s = await scene({
        up: (request) => (isUpload(request) && cuts-- > 0 ? cutAfter(tenth * 110_000) : undefined),
      })
      expect(await s.publish()).toMatchObject({ reused: false })
      expect(await s.all()).toMatchObject([{ status: 'active', os_hidden: false }])
      expect(cuts).toBeLessThan(0)
    }
  })

  test('a byte that is changed on the way is found, and never seen by anybody', async () => {
    let spoils = 1
    const names: unknown[] = []
    await using s = await scene({
      up: (request) => (isUpload(request) && spoils-- > 0 ? spoilAt(500_000) : undefined),
      intercept: async ({ request }) => {
        // While the wrong one is there, a list does not have it.
        if (request.method === 'DELETE')
          names.push(...(await Array.fromAsync(s.cloud.images.list({ name: 'web-bytes' }))))
        return false
      },
    })
    await s.publish()
    expect(names).toEqual([])
    expect(await s.all()).toMatchObject([{ id: await s.id('bytes', 1), status: 'active' }])
  })

  test('a cloud that spoils all is given up, and nothing is left', async () => {
    await using s = await scene({
      intercept: ({ request, response }) => {
        if (!isUpload(request)) return false
        response.writeHead(500).end('no')
        return true
      },
    })
    await expect(s.publish()).rejects.toMatchObject({ code: 'KILN_CLOUD_FAILED' })
    expect((await s.all()).filter((image) => !image.os_hidden)).toEqual([])
  })

  test('an image that took harm is deleted and made anew', async () => {
    await using s = await scene()
    const id = await s.id('bytes', 0)
    await s.cloud.images.create({ id, name: 'web-bytes', disk_format: 'qcow2', os_hidden: true })
    const refused = await upload(s.cloud.images, id, Buffer.alloc(1000)).catch((error: unknown) => error)
    if (inspects) expect(refused).toMatchObject({ data: { status: 415 } })
    await s.publish()
    // One that an import left behind for ever.
    const other = await s.id('other', 0)
    await s.cloud.images.create({ id: other, name: 'web-other', disk_format: 'qcow2', os_hidden: true })
    const raw = { 'content-type': 'application/octet-stream' }
    const staged = { method: 'PUT', body: Buffer.alloc(1000), headers: raw } as const
    ;(await s.cloud.session.send('image', `/images/${other}/stage`, staged)).drop()
    const json = { method: { name: 'glance-direct' } }
    ;(await s.cloud.session.send('image', `/images/${other}/import`, { method: 'POST', json })).drop()
    const settled = async () => {
      const image = await s.cloud.images.get(other)
      return inspects ? image?.os_glance_failed_import !== '' : image?.status === 'active'
    }
    await expect.poll(settled, { timeout: 30_000 }).toBe(true)
    await s.publish('other')
    const ids = [await s.id('bytes', 1), await s.id('other', 1)]
    expect((await s.all()).map((image) => image.id).sort()).toEqual(ids.sort())
  })

  test('one that was removed comes back with another id, one that was hidden is shown again', async () => {
    await using s = await scene()
    await s.publish()
    await s.cloud.images.remove(await s.id('bytes', 0))
    expect(await s.target.find('web-bytes')).toBeUndefined()
    expect(await s.publish()).toMatchObject({ reused: false })
    const image = (await s.all())[0]!
    expect(image.id).toBe(await s.id('bytes', 1))
    await s.cloud.images.change(image, { os_hidden: true, name: 'renamed' })
    expect(await s.target.list()).toEqual([])
    expect(await s.publish()).toMatchObject({ reused: true, record: { name: 'web-bytes' } })
    expect(await s.all()).toMatchObject([{ id: image.id, os_hidden: false, name: 'web-bytes' }])
    await s.cloud.images.deactivate(image.id)
    await expect(s.publish()).rejects.toMatchObject({ code: 'KILN_TARGET_UNUSABLE' })
  })

  test('many publishers at once make each image once', async () => {
    await using s = await scene()
    const store = join(s.at.folder, 'store')
    const words = ['a', 'b', 'c', 'd', 'e']
    const targets = [1, 2].map(() =>
      glanceTarget(parseGlance('mine'), { open: () => s.at.open('mine'), store }),
    )
    const made = await Promise.all(
      Array.from({ length: 100 }, (_, i) => s.publish(words[i % 5], targets[i % 2])),
    )
    expect((await s.all()).map(({ name, status }) => `${name} ${status}`).sort()).toEqual(
      words.map((word) => `web-${word} active`),
    )
    expect(made.filter(({ reused }) => !reused)).toHaveLength(5)
  })

  test('another store finds what is there, by name, digest and hash', async () => {
    await using s = await scene()
    const first = await s.publish()
    const elsewhere = glanceTarget(parseGlance('mine'), {
      open: async () => s.cloud,
      store: join(s.at.folder, 'other'),
    })
    expect(await s.publish('bytes', elsewhere)).toEqual({ ...first, reused: true })
    const community = parseGlance('mine,visibility=community')
    const third = glanceTarget(community, { open: async () => s.cloud, store: join(s.at.folder, 'third') })
    expect(await s.publish('bytes', third)).toMatchObject({ reused: true })
    expect(await s.all()).toMatchObject([{ visibility: 'community' }])
  })

  test('a file that is not what it was is said to be, once, and leaves nothing to be seen', async () => {
    await using s = await scene()
    const version = await large(s.at.folder, 'gone')
    const [artifact] = version.artifacts
    const publish = (change: object) =>
      s.target.publish(
        { name: 'web-gone', version: { ...version, artifacts: [{ ...artifact!, ...change }] } },
        { events: { emit: () => {} } },
      )
    for (const change of [{ path: join(s.at.folder, 'nowhere') }, { size: artifact!.size + 1 }])
      await expect(publish(change)).rejects.toMatchObject({ code: 'KILN_ARTIFACT_DAMAGED' })
    expect((await s.all()).filter((image) => !image.os_hidden)).toEqual([])
    expect(await publish({})).toMatchObject({ reused: false })
    expect(await s.all()).toHaveLength(1)
  })

  test('a name that anybody’s image has is refused', async () => {
    await using s = await scene()
    await s.cloud.images.create({ name: 'web-bytes', disk_format: 'raw' })
    await expect(s.publish()).rejects.toMatchObject({ code: 'KILN_TARGET_NAME_TAKEN' })
    expect(await s.all()).toHaveLength(1)
  })

  test('no room in the store, and no right to show it to all', async () => {
    await using s = await scene({}, 'mine,store=small')
    await s.target.ready()
    const name = 'big'
    const version = await sample(s.at.folder, 'x'.repeat(8_000_000))
    const publishing = s.target.publish({ name, version }, { events: { emit: () => {} } })
    await expect(publishing).rejects.toMatchObject({ code: 'KILN_CLOUD_REFUSED', data: { status: 413 } })
    expect(await s.all()).toEqual([])
    await using p = await scene({}, 'mine,visibility=public')
    await expect(p.publish()).rejects.toMatchObject({ data: { status: 403 } })
    expect(await p.all()).toMatchObject([{ os_hidden: true, visibility: 'private' }])
    await using n = await scene({}, 'mine,store=nowhere')
    await expect(n.target.ready()).rejects.toMatchObject({
      code: 'KILN_TARGET_UNUSABLE',
      hint: 'It has main, small.',
    })
    await using f = await scene({}, 'mine,format=vmdk')
    await expect(f.publish()).rejects.toThrow('wants the format vmdk')
  })

  test('a login without a project is refused before anything is built', async () => {
    await using at = await freshProject()
    const file = join(at.folder, 'clouds.yaml')
    const { clouds } = parse(await readFile(file, 'utf8'))
    delete clouds.mine.auth.project_id
    await writeFile(file, stringify({ clouds }))
    const target = glanceTarget(parseGlance('mine'), { open: () => at.open('mine'), store: at.folder })
    await expect(target.ready()).rejects.toMatchObject({ code: 'KILN_TARGET_UNUSABLE', fault: 'input' })
  })
})
