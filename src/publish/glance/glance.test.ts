import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Image } from '../../cloud/index.ts'
import { sampleVersion } from '../contract.ts'
import { imageId, installationSecret } from './ids.ts'
import { parseGlance } from './options.ts'
import { MARK, minDisk, propertiesOf, recordOf } from './properties.ts'
import { standingOf } from './state.ts'
import { Source } from './verify.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-glance-'))
})
afterEach(() => rm(folder, { recursive: true }))

const SECRET = 'a'.repeat(64)
const IDENTITY = { cloud: 'https://k.test/v3', project: 'p', digest: 'd', name: 'web' }

/** An image as Glance describes it. */
const image = (change: object = {}): Image => ({
  id: 'i',
  name: 'web',
  status: 'active',
  visibility: 'private',
  os_hidden: false,
  protected: false,
  disk_format: 'qcow2',
  min_disk: 0,
  min_ram: 0,
  tags: [],
  created_at: '',
  updated_at: '',
  ...change,
})

describe('ids', () => {
  test('are UUIDs of version 5, the same for the same, another for anything else', () => {
    const id = imageId(SECRET, IDENTITY, 0)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(imageId(SECRET, { ...IDENTITY }, 0)).toBe(id)
    const others = Object.keys(IDENTITY).map((key) => imageId(SECRET, { ...IDENTITY, [key]: 'else' }, 0))
    const all = [id, ...others, imageId(SECRET, IDENTITY, 1), imageId('b'.repeat(64), IDENTITY, 0)]
    expect(new Set(all).size).toBe(all.length)
  })

  test('come from a secret that a store has once, and nobody else reads', async () => {
    const store = join(folder, 'store')
    const all = await Promise.all(Array.from({ length: 20 }, () => installationSecret(store)))
    expect(new Set(all).size).toBe(1)
    expect((await stat(join(store, 'installation'))).mode & 0o777).toBe(0o600)
    expect(await readdir(store)).toEqual(['installation'])
    await writeFile(join(store, 'installation'), 'x')
    await expect(installationSecret(store)).rejects.toMatchObject({ code: 'KILN_TARGET_UNUSABLE' })
  })
})

describe('where an image stands', () => {
  const of = async (change: object | undefined) => {
    const [artifact] = (await sampleVersion(folder, 'bytes')).artifacts
    return standingOf(change && image(change), new Source(artifact!))
  }
  const right = { size: 5, checksum: '4b3a6218bb3e3a7303e8a171a60fcf92' }

  test.each([
    [undefined, { state: 'absent' }],
    [{ status: 'queued' }, { state: 'uploading' }],
    [{ status: 'queued', checksum: 'stale' }, { state: 'broken' }],
    [{ status: 'saving' }, { state: 'uploading', busy: true }],
    [{ status: 'importing' }, { state: 'uploading', busy: true }],
    [{ status: 'importing', os_glance_failed_import: 'main' }, { state: 'broken' }],
    [{ ...right, os_hidden: true }, { state: 'verifying' }],
    [{ ...right, os_hidden: true, [MARK]: 'present' }, { state: 'hidden' }],
    [right, { state: 'present' }],
    [
      { ...right, size: 4 },
      { state: 'broken', why: expect.stringContaining('4 bytes') },
    ],
    [
      { ...right, checksum: 'other' },
      { state: 'broken', why: expect.stringContaining('md5') },
    ],
    [{ ...right, os_hash_algo: 'sha512', os_hash_value: 'other' }, { state: 'broken' }],
    [{ status: 'pending_delete' }, { state: 'removed' }],
    [{ status: 'killed' }, { state: 'broken' }],
    [{ status: 'of a later Glance' }, { state: 'broken' }],
  ])('%j', async (change, standing) => {
    expect(await of(change)).toMatchObject(standing)
  })
})

describe('properties', () => {
  const resolvedFrom = {
    template: 't.yaml',
    paths: ['a/b'],
    base: 'debian-13',
    parameters: { n: 1, list: ['x'] },
  }

  test('say what a list shows again', async () => {
    const version = await sampleVersion(folder, 'bytes')
    const [artifact] = version.artifacts
    const written = propertiesOf({ name: 'web', version, resolvedFrom }, artifact!, '2026-01-01T00:00:00Z')
    expect(recordOf(image({ ...written, size: 5 }))).toEqual({
      version: 1,
      name: 'web',
      digest: version.digest,
      os: 'debian-13',
      arch: 'amd64',
      firmware: ['bios', 'uefi'],
      virtualSize: 1 << 30,
      file: { name: 'web.qcow2', format: 'qcow2', digest: artifact!.digest, size: 5 },
      key: version.key,
      made: '2026-01-01T00:00:00Z',
      resolvedFrom,
    })
    const uefi = propertiesOf({ name: 'web', version: { ...version, firmware: ['uefi'] } }, artifact!, '')
    expect(uefi).toMatchObject({ hw_firmware_type: 'uefi', hw_machine_type: 'q35' })
    expect([1, 1 << 30, (1 << 30) + 1].map(minDisk)).toEqual([1, 1, 2])
  })

  test('that somebody else wrote are not believed', async () => {
    const version = await sampleVersion(folder, 'bytes')
    const written = propertiesOf({ name: 'web', version, resolvedFrom }, version.artifacts[0]!, '2026')
    const whole = image({ ...written, size: 5 })
    expect(recordOf(whole)).toBeDefined()
    const odd = [
      { kiln_version: '2' },
      { kiln_digest: '../x' },
      { name: 'a\u001b[2J' },
      { kiln_virtual_size: '-1' },
    ]
    for (const change of [...odd, { size: null }]) expect(recordOf({ ...whole, ...change })).toBeUndefined()
    for (const change of [{ kiln_paths: '{"a": 1}' }, { kiln_parameters: 'x' }, { kiln_parameters: '[]' }])
      expect(recordOf({ ...whole, ...change })).not.toHaveProperty('resolvedFrom')
  })
})

test('what stands behind glance: is said once, or refused', () => {
  expect(parseGlance('c')).toEqual({ cloud: 'c', visibility: 'private', tags: [] })
  expect(parseGlance('c,visibility=public,store=s,format=raw,tag=a=b')).toEqual({
    cloud: 'c',
    visibility: 'public',
    store: 's',
    format: 'raw',
    tags: ['a=b'],
  })
})
