import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { KilnError } from '../../src/core/error.ts'
import { openDisk } from '../../src/disk/index.ts'
import { type Bytes, inside } from '../../src/disk/read/bytes.ts'
import { crc32c } from '../../src/disk/read/ext/crc32c.ts'
import { openFileSystem } from '../../src/disk/read/file-system.ts'
import { readTable } from '../../src/disk/read/table/table.ts'
import type { Sandbox } from '../../src/tools/sandbox/sandbox.ts'
import { suiteSandbox } from './suite.ts'

let sandbox: Sandbox
let folder: string
const sh = (script: string) => sandbox.run(['sh', '-euc', script])

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-fuzz-'))
  sandbox = await suiteSandbox()
  await sh(`cd /build; mkdir -p tree/deep/er/still "tree/a folder"; for n in $(seq 60); do echo $n >"tree/a folder/file $n"; done
    seq 30000 >tree/large; printf x | dd of=tree/sparse bs=1 seek=3000000 status=none; ln -s large tree/link
    ln tree/large tree/again; ln -s "$(head -c 200 /dev/zero | tr '\\0' l)" tree/long; seq 20 >tree/inline; echo 1 >tree/deep/er/still/one`)
})
afterAll(async () => {
  await sandbox?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Reads no more often and no more than this, whatever is in it: then it ends. */
const MOST_READS = 60_000
const MOST_BYTES = 64 << 20

/** Bytes in memory, what is read of them counted. */
class Watched implements Bytes {
  readonly size: number
  readonly read: Bytes['read']
  readonly seen: (readonly [number, number])[] = []
  reads = 0

  constructor(bytes: Buffer) {
    this.size = bytes.length
    this.read = async (offset, length) => {
      expect([offset, length, inside(bytes.length, offset, length)]).toEqual([offset, length, true])
      this.reads++
      if (this.reads > MOST_READS) throw new Error('it does not end')
      if (length <= 4096) this.seen.push([offset, length])
      return bytes.subarray(offset, offset + length)
    }
  }
}

/** Everything that can be asked of a file system; of large files no more than a caller would read. */
async function readAll(bytes: Bytes): Promise<number> {
  const { tree } = await openFileSystem(bytes, 'disk')
  let total = 0
  for await (const entry of tree?.walk() ?? []) {
    total += entry.path.length
    if (entry.kind !== 'file') continue
    for await (const piece of tree!.content(entry)) {
      expect(piece.length).toBeLessThanOrEqual(1 << 20)
      total += piece.length
      if (total > MOST_BYTES) return total
    }
  }
  return total
}

/** A change: at one of the places that are read, so many bytes of it. */
interface Change {
  readonly place: number
  readonly within: number
  readonly width: number
  readonly value: number
}
const change: fc.Arbitrary<Change> = fc.record({
  place: fc.nat(),
  within: fc.nat(),
  width: fc.constantFrom(1, 2, 4),
  value: fc.oneof(
    fc.constantFrom(0, 1, 2, 0xff, 0xffff, 0xffffffff, 0x7fffffff),
    fc.nat(0xffffffff),
    fc.nat(300),
  ),
})

/** Makes changes, has something done with the bytes, and takes them back. */
async function withChanges(
  bytes: Buffer,
  places: readonly (readonly [number, number])[],
  changes: readonly Change[],
  use: () => Promise<unknown>,
): Promise<void> {
  const before: (readonly [number, Buffer])[] = []
  const put = (at: number, width: number, value: number) => {
    before.push([at, Buffer.from(bytes.subarray(at, at + width))])
    bytes.writeUIntLE(value, at, width)
  }
  for (const { place, within, width, value } of changes) {
    const [offset, length] = places[place % places.length]!
    const at = offset + (within % Math.max(1, Math.floor(length / width))) * width
    if (at + width <= bytes.length) put(at, width, value % 2 ** (width * 8))
  }
  // Else nothing behind a changed superblock would ever be reached.
  if (bytes.readUInt16LE(1080) === 0xef53) put(1024 + 0x3fc, 4, crc32c(bytes.subarray(1024, 1024 + 0x3fc)))
  await use()
  for (const [at, old] of before.reverse()) old.copy(bytes, at)
}

const distinct = (ranges: readonly (readonly [number, number])[]) => [
  ...new Map(ranges.map((range) => [String(range), range])).values(),
]

const onlyKilnErrors = (error: unknown) => {
  if (!(error instanceof KilnError)) throw error
  expect(error.fault).toBe('input')
  expect(error.message).toMatch(/^[^\n]+\.$/)
  expect(error.hint).toBeTruthy()
}

const KINDS: Readonly<Record<string, string>> = {
  ext4: 'mke2fs -qF -t ext4 -O inline_data,^has_journal -I 256 -b 1024 -d tree f.img 12M',
  'ext4 with a journal': `mke2fs -qF -t ext4 -b 1024 -d tree f.img 12M
    { echo jo -c; echo jw -b 3000,3001 tree/large; echo jw -r 3000; echo jw -b 3002 tree/large; echo jc; } >cmd; debugfs -wf cmd f.img >/dev/null 2>&1`,
  ext2: 'mke2fs -qF -t ext2 -b 1024 -d tree f.img 12M',
  FAT12:
    'truncate -s 3M f.img; mkfs.fat -F 12 f.img >/dev/null; mcopy -i f.img -s tree/* :: 2>/dev/null || true',
  FAT32:
    'truncate -s 40M f.img; mkfs.fat -F 32 -s 1 f.img >/dev/null; mcopy -i f.img -s "tree/a folder" tree/deep tree/large ::',
}

test.each(Object.entries(KINDS))('%s, changed anywhere, ends and says what is wrong', async (_, script) => {
  await sh(`cd /build; rm -f f.img; ${script}`)
  const bytes = await readFile(sandbox.hostPath('/build/f.img'))
  const whole = new Watched(bytes)
  expect(await readAll(whole)).toBeGreaterThan(100_000)
  const walked = new Watched(bytes)
  for await (const _ of (await openFileSystem(walked, 'disk')).tree!.walk());
  // What names and inodes are read from twice as often as the rest.
  const places = [walked, walked, whole].flatMap(({ seen }) => distinct(seen))
  let damaged = 0
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) =>
      withChanges(bytes, places, changes, () =>
        readAll(new Watched(bytes)).catch((error: unknown) => {
          damaged++
          onlyKilnErrors(error)
        }),
      ),
    ),
    { numRuns: 300, seed: 4 },
  )
  expect(damaged).toBeGreaterThan(20)
})

test('a qcow2 file, changed anywhere in its tables, ends and says what is wrong', async () => {
  const path = join(folder, 'q.img')
  for (const options of [
    '-c',
    '-c -o compression_type=zstd,cluster_size=4k',
    '-S 4k -o extended_l2=on,cluster_size=16k',
    '-o compat=0.10,cluster_size=512',
  ]) {
    await sh(
      `cd /build; mke2fs -qF -t ext4 -d tree r.img 6M; rm -f q.img; qemu-img convert -O qcow2 ${options} r.img q.img`,
    )
    const bytes = await readFile(sandbox.hostPath('/build/q.img'))
    const l1 = Number(bytes.readBigUInt64BE(40))
    const l2 = Number(bytes.readBigUInt64BE(l1) & 0x00fffffffffffe00n)
    const places = [
      [0, 112],
      [l1, 64],
      [l2, 512],
      [l2, 2048],
    ] as const
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) =>
        withChanges(bytes, places, changes, async () => {
          await writeFile(path, bytes)
          await readDisk(path).catch(onlyKilnErrors)
        }),
      ),
      { numRuns: 50, seed: 7 },
    )
  }
})

/** A disk from its start on, as far as a caller would read. */
async function readDisk(path: string): Promise<void> {
  await using disk = await openDisk(path)
  let parts = 0
  for await (const { bytes } of disk.extents()) {
    expect(bytes).toBeGreaterThan(0)
    parts++
  }
  expect(parts).toBeLessThan(1 << 17)
  for (let at = 0; at < Math.min(disk.size, 12 << 20); at += 1 << 20)
    await disk.read(at, Math.min(1 << 20, disk.size - at))
  if (disk.size > 512) await disk.read(disk.size - 512, 512)
}

test('partition tables, changed anywhere, end and say what is wrong', async () => {
  for (const label of ['gpt', 'dos']) {
    await sh(
      `cd /build; rm -f t.img; truncate -s 16M t.img; printf 'label: ${label}\\nsize=1M\\nsize=1M\\ntype=${label === 'dos' ? 5 : 'linux'}\\n${label === 'dos' ? 'size=1M\\nsize=1M\\nsize=1M\\n' : ''}' | sfdisk -q t.img`,
    )
    const bytes = await readFile(sandbox.hostPath('/build/t.img'))
    const whole = new Watched(bytes)
    const { partitions } = await readTable(whole, 'disk')
    expect(partitions).toHaveLength(label === 'dos' ? 5 : 3)
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) =>
        withChanges(bytes, [...whole.seen, [446, 64]], changes, async () => {
          const table = await readTable(new Watched(bytes), 'disk').catch(onlyKilnErrors)
          for (const { offset, bytes: size } of table?.partitions ?? [])
            expect(inside(bytes.length, offset, size)).toBe(true)
        }),
      ),
      { numRuns: 400, seed: 9 },
    )
  }
})
