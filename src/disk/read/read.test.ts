import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gpt, PARTITION_TYPE } from '../gpt.ts'
import { writeQcow2 } from '../qcow2/write.ts'
import type { TreeEntry, TreeReader } from '../tree.ts'
import { inside, part } from './bytes.ts'
import { Cached } from './cached.ts'
import { openDisk } from './disk.ts'
import { aclOfDisk } from './ext/acl.ts'
import { crc32c } from './ext/crc32c.ts'
import { follow } from './follow.ts'
import { Recent } from './recent.ts'

const UUID = '01234567-89ab-cdef-0123-456789abcdef'
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-read-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a table that Kiln wrote is read as it was meant', async () => {
  const disk = Buffer.alloc(8 << 20)
  const partitions = [
    { number: 14, type: PARTITION_TYPE.bios, name: 'bios', offset: 1 << 20, bytes: 1 << 20 },
    { number: 1, type: PARTITION_TYPE.root, name: 'root', offset: 2 << 20, bytes: 3 << 20 },
  ].map((each, n) => ({ ...each, uuid: `01234567-89ab-cdef-0123-456789abcde${n}` }))
  for (const { offset, bytes } of gpt(disk.length, 'fedcba98-7654-3210-fedc-ba9876543210', partitions))
    disk.set(bytes, offset)
  await writeFile(join(folder, 'gpt.raw'), disk)
  await using opened = await openDisk(join(folder, 'gpt.raw'))
  expect(await opened.table()).toEqual({
    kind: 'gpt',
    id: 'fedcba98-7654-3210-fedc-ba9876543210',
    partitions: [
      { ...partitions[1], kind: 'root' },
      { ...partitions[0], kind: 'bios' },
    ],
  })
})

test('a table left at the end of a disk that was given a file system as a whole is none', async () => {
  const disk = Buffer.alloc(8 << 20)
  const partition = {
    number: 1,
    type: PARTITION_TYPE.root,
    name: 'root',
    offset: 2 << 20,
    bytes: 3 << 20,
    uuid: UUID,
  }
  for (const { offset, bytes } of gpt(disk.length, UUID, [partition])) disk.set(bytes, offset)
  disk.fill(0, 0, 4096)
  await writeFile(join(folder, 'left.raw'), disk)
  await using opened = await openDisk(join(folder, 'left.raw'))
  expect(await opened.table()).toMatchObject({
    kind: 'none',
    partitions: [{ number: 0, bytes: disk.length }],
  })
})

test('a qcow2 that Kiln wrote; a cluster that says it is zero is, whatever lies there', async () => {
  const raw = join(folder, 'disk.raw')
  const bytes = Buffer.alloc(5 * 65536 + 512)
  for (let n = 0; n < 100_000; n++) bytes.writeUInt16LE((n * n) & 0xffff, n * 2)
  bytes.write('end', bytes.length - 3)
  await writeFile(raw, bytes)
  for (const compression of ['zlib', 'zstd'] as const) {
    const path = join(folder, `${compression}.qcow2`)
    await writeQcow2(raw, path, { compression })
    await using disk = await openDisk(path)
    expect((await disk.read(0, disk.size)).equals(bytes)).toBe(true)
  }
  // The last cluster as it is: its entry of the table says where it lies, and in its lowest bit that it is zero.
  const path = join(folder, 'zlib.qcow2')
  await using file = await open(path, 'r+')
  const word = async (at: number) =>
    Number((await file.read(Buffer.alloc(8), 0, 8, at)).buffer.readBigUInt64BE(0) & 0x00ffffffffffffffn)
  const entry = (await word(await word(40))) + 5 * 8
  const flagged = Buffer.alloc(8)
  flagged.writeBigUInt64BE(BigInt(4 * 65536 + 1))
  await file.write(flagged, 0, 8, entry)
  await using disk = await openDisk(path)
  expect((await disk.read(5 * 65536, 512)).equals(Buffer.alloc(512))).toBe(true)
})

test('pieces are loaded once while they are in use, and again after an error', async () => {
  const loads: number[] = []
  let fails = true
  const cached = new Cached(
    {
      size: 1000,
      piece: 64,
      load: async (first, count) => {
        loads.push(first, count)
        if (first > 9 && fails) throw new Error('no')
        return Array.from({ length: count }, (_, n) => Buffer.alloc(64, first + n))
      },
    },
    () => new Error('outside'),
  )
  const [one, two] = await Promise.all([cached.read(60, 80), cached.read(100, 10)])
  expect([...new Set(one)]).toEqual([0, 1, 2])
  expect(two.equals(Buffer.alloc(10, 1))).toBe(true)
  expect(loads).toEqual([0, 3])
  await expect(cached.read(640, 64)).rejects.toThrow('no')
  fails = false
  expect((await cached.read(640, 64))[0]).toBe(10)
  await expect(cached.read(990, 11)).rejects.toThrow('outside')
})

test('what was used least lately goes first, the last one stays', () => {
  const recent = new Recent<string, number>(10)
  recent.set('a', 1, 4)
  recent.set('b', 2, 4)
  recent.get('a')
  recent.set('c', 3, 4)
  expect([recent.get('a'), recent.get('b'), recent.get('c')]).toEqual([1, undefined, 3])
  recent.set('d', 4, 100)
  expect([recent.get('a'), recent.get('c'), recent.get('d')]).toEqual([undefined, undefined, 4])
})

test('a part of bytes gives nothing of what is around it', async () => {
  const all = { size: 100, read: async (offset: number, length: number) => Buffer.alloc(length, offset) }
  const beyond = () => new Error('beyond')
  const own = part(all, 10, 20, beyond)
  expect((await own.read(5, 1))[0]).toBe(15)
  for (const [offset, length] of [
    [-1, 1],
    [20, 1],
    [0, 21],
    [Number.NaN, 1],
    [0, -1],
    [1.5, 1],
  ] as const)
    await expect(own.read(offset, length)).rejects.toThrow('beyond')
  expect(() => part(all, 90, 11, beyond)).toThrow('beyond')
  expect(inside(10, 2 ** 53, 1)).toBe(false)
})

test('CRC-32C, and ACLs in the longer form', () => {
  expect((crc32c(Buffer.from('123456789')) ^ 0xffffffff) >>> 0).toBe(0xe3069283)
  const short = Buffer.from('01000000' + '01000600' + '02000400d2040000' + '20000000', 'hex')
  expect(aclOfDisk(short).toString('hex')).toBe(
    '02000000' + '01000600ffffffff' + '02000400d2040000' + '20000000ffffffff',
  )
  const odd = Buffer.from('0100000002000400', 'hex')
  expect(aclOfDisk(odd).equals(odd)).toBe(true)
})

test('links are followed inside the tree alone', async () => {
  const entries: Readonly<Record<string, string | undefined>> = {
    '': undefined,
    usr: undefined,
    'usr/lib': undefined,
    'usr/lib/release': 'file',
    etc: undefined,
    'etc/release': '../usr/lib/release',
    'etc/up': '../../../../usr/lib/release',
    lib: 'usr/lib',
    'usr/loop': 'loop',
    'usr/abs': '/lib/release',
  }
  const tree = {
    find: async (path: string) => {
      if (!(path in entries)) return undefined
      const target = entries[path]
      const kind = target === undefined ? 'folder' : target === 'file' ? 'file' : 'link'
      return { path, kind, ...(kind === 'link' ? { target } : {}) } as TreeEntry
    },
  } as unknown as TreeReader
  for (const path of [
    'etc/release',
    'etc/up',
    '/lib/release',
    'usr/abs',
    'usr/../lib/./release',
    '../usr/abs',
  ])
    expect([path, (await follow(tree, path))?.path]).toEqual([path, 'usr/lib/release'])
  for (const path of ['usr/loop', 'etc/release/x', 'none', 'etc/none/../release'])
    expect([path, await follow(tree, path)]).toEqual([path, undefined])
})
