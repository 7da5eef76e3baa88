import { createHash } from 'node:crypto'
import { chmod, mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeQcow2 } from '../../src/disk/index.ts'
import type { Sandbox } from '../../src/tools/sandbox/sandbox.ts'
import { suiteSandbox } from './suite.ts'

const CLUSTER = 65536

let folder: string
let sandbox: Sandbox
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-qcow2-'))
  // The sandbox's root is somebody else outside.
  await chmod(folder, 0o755)
  sandbox = await suiteSandbox({ binds: [{ source: folder, target: '/in/files' }] })
})
afterAll(async () => {
  await sandbox?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Bytes that do not get smaller, the same each time. */
function noise(length: number, seed: string): Buffer {
  const parts: Buffer[] = []
  for (let n = 0; n * 32 < length; n++) parts.push(createHash('sha256').update(`${seed} ${n}`).digest())
  return Buffer.concat(parts).subarray(0, length)
}

/** A disk of `size` bytes with the pieces at their places and holes between them. */
async function disk(name: string, size: number, pieces: Readonly<Record<number, Buffer>>): Promise<string> {
  const path = join(folder, name)
  await using file = await open(path, 'w')
  for (const [offset, bytes] of Object.entries(pieces))
    await file.write(bytes, 0, bytes.length, Number(offset))
  await file.truncate(size)
  return path
}

const text = (length: number) => Buffer.alloc(length, 'what a machine must be\n')
const DISKS: Readonly<Record<string, readonly [number, Readonly<Record<number, Buffer>>]>> = {
  'empty.raw': [1 << 20, {}],
  'sector.raw': [512, { 0: text(512) }],
  'odd-end.raw': [CLUSTER * 3 + 512, { 0: text(100), [CLUSTER * 3]: noise(512, 'end') }],
  'noise.raw': [CLUSTER * 70, { 0: noise(CLUSTER * 70, 'noise') }],
  'mixed.raw': [
    CLUSTER * 100,
    {
      0: text(CLUSTER * 3),
      [CLUSTER * 5]: noise(CLUSTER * 2 + 17, 'a'),
      [CLUSTER * 40 + 1000]: text(CLUSTER * 33),
      [CLUSTER * 99]: noise(CLUSTER, 'b'),
    },
  ],
  // Over several L2 tables, each of which spans 512 MiB, with data at the edges.
  'large.raw': [
    (5 << 30) / 2,
    {
      [(512 << 20) - CLUSTER]: text(CLUSTER * 2),
      [(1 << 30) + 4096]: noise(300_000, 'c'),
      [(5 << 30) / 2 - 4096]: text(4096),
    },
  ],
}

test.each(Object.entries(DISKS))('%s is what it was, by QEMU’s own word', async (name, [size, pieces]) => {
  const raw = await disk(name, size, pieces)
  for (const compression of ['zstd', 'zlib'] as const) {
    const image = `${name}.${compression}.qcow2`
    await writeQcow2(raw, join(folder, image), { compression })
    await sandbox.run([
      'qemu-img',
      'compare',
      '-f',
      'raw',
      '-F',
      'qcow2',
      `/in/files/${name}`,
      `/in/files/${image}`,
    ])
    const check = await sandbox.run([
      'qemu-img',
      'check',
      '-f',
      'qcow2',
      '--output=json',
      `/in/files/${image}`,
    ])
    const { 'check-errors': errors, leaks = 0, corruptions = 0 } = JSON.parse(check.stdout)
    expect({ errors, leaks, corruptions }).toEqual({ errors: 0, leaks: 0, corruptions: 0 })
    const info = await sandbox.run(['qemu-img', 'info', '--output=json', `/in/files/${image}`])
    expect(JSON.parse(info.stdout)).toMatchObject({
      'virtual-size': size,
      'cluster-size': CLUSTER,
      'format-specific': {
        data: { 'compression-type': compression, corrupt: false, 'lazy-refcounts': false },
      },
    })
  }
})

test('holes and zeros give the same bytes, and the same twice', async () => {
  const raw = await disk('holes.raw', CLUSTER * 100, { [CLUSTER * 7]: text(CLUSTER * 9) })
  const full = await disk('zeros.raw', CLUSTER * 100, {
    0: Buffer.alloc(CLUSTER * 100),
    [CLUSTER * 7]: text(CLUSTER * 9),
  })
  const images = [raw, raw, full].map(async (source, n) => {
    const target = join(folder, `same-${n}.qcow2`)
    await writeQcow2(source, target)
    return readFile(target)
  })
  const [one, two, three] = await Promise.all(images)
  expect(one!.equals(two!) && one!.equals(three!)).toBe(true)
})

test('a disk that cannot be read, a signal and a target that is there end it', async () => {
  const raw = await disk('other.raw', CLUSTER * 400, { 0: noise(CLUSTER * 10, 'd') })
  await expect(writeQcow2(raw, raw)).rejects.toMatchObject({ code: 'EEXIST' })
  // Opened it can be, so it is the reading beside the main thread that fails.
  await expect(writeQcow2(folder, join(folder, 'of-folder.qcow2'))).rejects.toThrow(/EISDIR/)
  const stop = new AbortController()
  const stopped = writeQcow2(raw, join(folder, 'stopped.qcow2'), { signal: stop.signal })
  stop.abort()
  await expect(stopped).rejects.toThrow('interrupted')
})
