import { crc32 as zlibCrc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc32, type GptPartition, gpt, PARTITION_TYPE, SECTOR } from './gpt.ts'

const MIB = 1024 * 1024
const DISK = '00112233-4455-6677-8899-aabbccddeeff'
const ROOT: GptPartition = {
  number: 1,
  type: PARTITION_TYPE.root,
  uuid: '4f6de4d8-438f-4a13-97f7-35bca9b68f68',
  name: 'root',
  offset: 64 * MIB,
  bytes: 100 * MIB,
}
const BIOS: GptPartition = {
  number: 14,
  type: PARTITION_TYPE.bios,
  uuid: '734e9433-6383-4f0b-8678-7e2b432fb854',
  name: 'bios',
  offset: MIB,
  bytes: 3 * MIB,
}

/** Lays the pieces on an empty disk. */
function written(total: number, partitions: readonly GptPartition[]): Buffer {
  const disk = Buffer.alloc(total)
  for (const { offset, bytes } of gpt(total, DISK, partitions)) disk.set(bytes, offset)
  return disk
}

/** Reads a table as firmware does: signature, both checksums, then the entries in use. */
function parse(disk: Buffer, sector: number) {
  const header = disk.subarray(sector * SECTOR, (sector + 1) * SECTOR)
  const number = (at: number) => Number(header.readBigUInt64LE(at))
  expect(header.toString('latin1', 0, 8)).toBe('EFI PART')
  const size = header.readUInt32LE(12)
  const bare = Buffer.from(header.subarray(0, size))
  bare.writeUInt32LE(0, 16)
  expect(header.readUInt32LE(16)).toBe(zlibCrc32(bare))
  const start = number(72) * SECTOR
  const [count, each] = [header.readUInt32LE(80), header.readUInt32LE(84)]
  const table = disk.subarray(start, start + count * each)
  expect(header.readUInt32LE(88)).toBe(zlibCrc32(table))
  const partitions = Array.from({ length: count }, (_, i) => table.subarray(i * each, (i + 1) * each))
    .map((entry, i) => ({
      number: i + 1,
      type: entry.toString('hex', 0, 16),
      first: Number(entry.readBigUInt64LE(32)),
      last: Number(entry.readBigUInt64LE(40)),
      name: entry.toString('utf16le', 56).replace(/\0+$/, ''),
    }))
    .filter(({ type }) => !/^0+$/.test(type))
  return {
    self: number(24),
    other: number(32),
    usable: [number(40), number(48)],
    start: number(72),
    disk: header.toString('hex', 56, 72),
    partitions,
  }
}

describe('gpt', () => {
  const total = 200 * MIB
  const last = total / SECTOR - 1
  const disk = written(total, [ROOT, BIOS])

  test('has a table at the start that names the one at the end', () => {
    const table = parse(disk, 1)
    expect(table).toMatchObject({ self: 1, other: last, start: 2, usable: [34, last - 33] })
    expect(table.partitions).toEqual([
      // Types as they lie on disk: the first three groups little-endian.
      {
        number: 1,
        type: 'e3bc684fcde8b14d96e7fbcaf984b709',
        first: 131072,
        last: 131072 + 204800 - 1,
        name: 'root',
      },
      { number: 14, type: '4861682149646f6e744e656564454649', first: 2048, last: 8191, name: 'bios' },
    ])
    expect(table.disk).toBe('33221100554477668899aabbccddeeff')
  })

  test('has the same table at the end', () => {
    const backup = parse(disk, last)
    expect(backup).toMatchObject({ self: last, other: 1, start: last - 32 })
    expect(backup.partitions).toEqual(parse(disk, 1).partitions)
  })

  test('has a protective MBR over the whole disk and no boot code', () => {
    expect(disk.subarray(0, 446).every((byte) => byte === 0)).toBe(true)
    expect(disk[450]).toBe(0xee)
    expect(disk.readUInt32LE(454)).toBe(1)
    expect(disk.readUInt32LE(458)).toBe(last)
    expect(disk.readUInt16LE(510)).toBe(0xaa55)
  })

  test('says 0xffffffff in the MBR of a disk that its 32 bits cannot count', () => {
    const [mbr] = gpt(4096 * 1024 * MIB, DISK, [])
    expect(Buffer.from(mbr!.bytes).readUInt32LE(18)).toBe(0xffffffff)
  })

  test.each([
    ['over the first table', { ...ROOT, offset: 33 * SECTOR }],
    ['over the last table', { ...ROOT, bytes: total - ROOT.offset }],
    ['within a sector', { ...ROOT, offset: 64 * MIB + 1 }],
  ])('refuses a partition %s', (_, partition) => {
    expect(() => gpt(total, DISK, [partition])).toThrow(RangeError)
  })

  test('counts checksums as zlib does', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => crc32(bytes) === zlibCrc32(bytes)))
  })
})
