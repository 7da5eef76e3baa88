import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Version } from '../build/types.ts'
import { sha256 } from '../core/digest.ts'
import { silent } from '../core/events.ts'
import { LOCK_VERSION } from '../lock/lock.ts'
import { parseRecipe } from '../recipe/recipe.ts'
import type { Target } from './target.ts'

/** A version whose image holds `content`, its file below `folder`. For tests of targets: nothing here boots. */
export async function sampleVersion(folder: string, content: string | Uint8Array): Promise<Version> {
  const path = join(folder, sha256(content))
  await writeFile(path, content, { mode: 0o444 })
  return {
    key: sha256(`key of ${sha256(content)}`),
    digest: sha256(`disk of ${sha256(content)}`),
    virtualSize: 1 << 30,
    os: 'debian-13',
    arch: 'amd64',
    firmware: ['bios', 'uefi'],
    artifacts: [{ format: 'qcow2', digest: sha256(content), size: content.length, path }],
    recipe: parseRecipe({ name: 'web', from: { os: 'debian-13' }, packages: ['nginx'] }, 'of a test'),
    lock: {
      version: LOCK_VERSION,
      recipe: 'r',
      os: 'debian-13',
      arch: 'amd64',
      epoch: 1,
      repositories: [],
      mirrors: { archive: 'file:/archive', security: 'file:/security' },
      base: [],
      essential: [],
      groups: [],
      asked: {},
      tools: { version: 1, suite: 'trixie', wanted: [], packages: [] },
    },
    seconds: 1,
    stages: [],
    reused: false,
  }
}

/**
 * What every target does. `make` gives an empty one; called once a test.
 * @param sample makes versions of images that the target takes.
 */
export function targetContract(
  name: string,
  make: (folder: string) => Promise<Target>,
  sample: typeof sampleVersion = sampleVersion,
): void {
  describe(`${name} keeps the contract of targets`, () => {
    let folder: string
    let target: Target
    const context = { events: silent }
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kiln-target-'))
      target = await make(folder)
    })
    afterEach(() => rm(folder, { recursive: true, force: true }))

    test('an empty one lists nothing and finds nothing', async () => {
      expect(await target.list()).toEqual([])
      expect(await target.find('web')).toBeUndefined()
    })

    test('being ready changes nothing', async () => {
      await target.ready()
      await target.ready()
      expect(await target.list()).toEqual([])
    })

    test('what was published is found, listed by name, and described', async () => {
      const version = await sample(folder, 'bytes')
      const resolvedFrom = {
        template: 't.yaml',
        paths: ['a'],
        base: 'debian-13',
        parameters: { image: 'debian-13' },
      }
      const other = await target.publish({ name: 'web-2', version: await sample(folder, 'else') }, context)
      const first = await target.publish({ name: 'web-1', version, resolvedFrom }, context)
      expect(first).toMatchObject({
        reused: false,
        record: { name: 'web-1', digest: version.digest, resolvedFrom },
      })
      expect((await target.find('web-1'))?.record).toEqual(first.record)
      expect((await target.list()).map((image) => image.record)).toEqual([first.record, other.record])
      expect(first.record).toMatchObject({
        key: version.key,
        virtualSize: 1 << 30,
        file: { format: 'qcow2', size: version.artifacts[0]!.size, digest: version.artifacts[0]!.digest },
      })
    })

    test('publishing again changes nothing', async () => {
      const version = await sample(folder, 'bytes')
      const first = await target.publish({ name: 'web', version }, context)
      const again = await target.publish({ name: 'web', version }, context)
      expect(again).toEqual({ ...first, reused: true })
    })

    test('a name that other bytes have is refused', async () => {
      await target.publish({ name: 'web', version: await sample(folder, 'bytes') }, context)
      const other = sample(folder, 'else')
      await expect(target.publish({ name: 'web', version: await other }, context)).rejects.toMatchObject({
        code: 'KILN_TARGET_NAME_TAKEN',
      })
    })

    test('a name that could be a path is refused', async () => {
      const version = await sample(folder, 'bytes')
      await expect(target.publish({ name: '../web', version }, context)).rejects.toThrow(
        'not the name of an image',
      )
      expect(await target.find('../web')).toBeUndefined()
    })
  })
}
