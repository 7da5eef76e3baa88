import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Image } from '../../src/cloud/index.ts'
import { silent } from '../../src/core/events.ts'
import { sampleVersion } from '../../src/publish/contract.ts'
import { parseGlance } from '../../src/publish/glance/options.ts'
import { glanceTarget } from '../../src/publish/glance/target.ts'
import { killGroup, lines, start } from '../../src/tools/run.ts'
import { type Between, between } from './fixture/between.ts'
import { Cloud, unable } from './fixture/cloud.ts'
import { serviceRoot } from './fixture/root.ts'
import { type Desk, freshProject, tinyQcow2 } from './shared.ts'

const AT = import.meta.dirname

/** Lets nothing more through after `count` bytes, and keeps the connection. */
function haltAfter(count: number, halted: () => void): Transform {
  let left = count
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length
      if (left >= 0) done(null, chunk)
      else halted()
    },
  })
}

describe.skipIf(unable() !== undefined)('ends by force', () => {
  test('all that runs in the fixture ends with whoever started it', async () => {
    const root = await serviceRoot('trixie')
    const script = `
      import { Inside } from ${JSON.stringify(join(AT, 'fixture/inside.ts'))}
      const inside = await Inside.enter(${JSON.stringify(root)})
      await inside.start('sleeper', ['sleep', '987654'])
      console.log('there')`
    const { child, ended } = start([process.execPath, '--input-type=module-typescript', '-e', script])
    await new Promise<void>((there) => lines(child.stdout!, () => there()))
    // Of this machine's processes, not only of that root's.
    const alive = async () => {
      const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
      const words = await Promise.all(
        all.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
      )
      return words.filter((each) => each === 'sleep\x00987654\x00').length
    }
    expect(await alive()).toBe(1)
    child.kill('SIGKILL')
    await ended
    await expect.poll(alive, { timeout: 20_000 }).toBe(0)
  })

  describe('while an image is sent', () => {
    let cloud: Cloud
    beforeAll(async () => {
      cloud = await Cloud.start({ upTo: 'glance' })
    })
    afterAll(() => cloud?.[Symbol.asyncDispose]())

    async function scene(up?: () => Transform | undefined): Promise<{ at: Desk; proxy: Between }> {
      const isUpload = (request: { method?: string; url?: string }) =>
        request.method === 'PUT' && request.url!.endsWith('/file')
      const proxy = await between(cloud.facts.ports.glance, {
        up: (request) => (isUpload(request as { method: string; url: string }) ? up?.() : undefined),
      })
      const override = { image_endpoint_override: `http://127.0.0.1:${proxy.port}` }
      return { at: await freshProject(override, cloud.facts), proxy }
    }

    const version = (at: Desk) => sampleVersion(at.folder, tinyQcow2('content '.repeat(200_000)))

    async function all(at: Desk): Promise<Image[]> {
      const { images } = await at.open('mine')
      const lists = [true, false].map((hidden) => Array.fromAsync(images.list({ hidden })))
      return (await Promise.all(lists)).flat()
    }

    test('a publisher that is killed with -9 is taken over from', async () => {
      for (const place of [1000, 800_000]) {
        const halted = Promise.withResolvers<void>()
        let first = true
        const { at, proxy } = await scene(() => {
          if (!first) return undefined
          first = false
          return haltAfter(place, halted.resolve)
        })
        const made = await version(at)
        const [store, file] = [join(at.folder, 'store'), join(at.folder, 'version.json')]
        await writeFile(file, JSON.stringify(made))
        const { child, ended } = start([
          process.execPath,
          join(AT, 'publisher.ts'),
          at.folder,
          store,
          file,
          'web',
        ])
        await halted.promise
        expect((await all(at)).filter((image) => !image.os_hidden)).toEqual([])
        killGroup(child, 'SIGKILL')
        await ended
        const target = glanceTarget(parseGlance('mine'), { open: () => at.open('mine'), store, grace: 3000 })
        await target.publish({ name: 'web', version: made }, { events: silent })
        expect(await all(at)).toMatchObject([{ name: 'web', status: 'active', os_hidden: false }])
        await proxy[Symbol.asyncDispose]()
        await at[Symbol.asyncDispose]()
      }
    })

    test('Glance itself is killed, and comes back', async () => {
      const halted = Promise.withResolvers<void>()
      let first = true
      const { at, proxy } = await scene(() => {
        if (!first) return undefined
        first = false
        return haltAfter(500_000, halted.resolve)
      })
      const store = join(at.folder, 'store')
      const target = glanceTarget(parseGlance('mine'), { open: () => at.open('mine'), store, grace: 2000 })
      const publishing = target.publish({ name: 'web', version: await version(at) }, { events: silent })
      publishing.catch(() => {})
      await halted.promise
      await expect.poll(async () => (await all(at))[0]?.status, { timeout: 20_000 }).toBe('saving')
      await cloud.kill('glance')
      await cloud.restart('glance')
      await publishing.catch(() => undefined)
      // It stays so for ever, in Glance's eyes: whoever publishes next sees to it.
      await target.publish({ name: 'web', version: await version(at) }, { events: silent })
      expect(await all(at)).toMatchObject([{ name: 'web', status: 'active', os_hidden: false }])
      await proxy[Symbol.asyncDispose]()
      await at[Symbol.asyncDispose]()
    })
  })
})
