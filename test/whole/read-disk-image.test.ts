import { mkdtemp, open as openFile, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Disk, openDisk } from '../../src/disk/index.ts'
import type { Sandbox } from '../../src/tools/sandbox/sandbox.ts'
import { suiteSandbox } from './suite.ts'

let sandbox: Sandbox
let folder: string
const sh = async (script: string, ...args: string[]) =>
  (await sandbox.run(['sh', '-euc', script, 'sh', ...args])).stdout
const path = (name: string) => sandbox.hostPath(`/build/${name}`)
const SIZE = 70 * 1024 * 1024 + 512

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-read-'))
  sandbox = await suiteSandbox()
  // Text that compresses, bytes that do not, single sectors, holes, and an end in the middle of a cluster.
  await sh(
    `cd /build; truncate -s "$1" disk.raw
    put() { dd of=disk.raw bs=512 seek="$1" conv=notrunc status=none; }
    seq 100000 | put 0
    perl -e 'srand 5; print pack "L", rand 2**32 for 1 .. 250000' | put 10001
    for n in 20000 20003 43005 60000; do echo sector $n | put $n; done
    seq 100000 | put 100000; echo end | put "$(($1 / 512 - 1))"`,
    String(SIZE),
  )
})
afterAll(async () => {
  await sandbox?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** The bytes of a disk, and those where it says that something may be. */
async function contents(disk: Disk): Promise<Buffer> {
  const all = Buffer.alloc(disk.size)
  for (let at = 0; at < disk.size; at += 3_000_001)
    (await disk.read(at, Math.min(3_000_001, disk.size - at))).copy(all, at)
  const parts = Buffer.alloc(disk.size)
  let behind = 0
  for await (const { offset, bytes } of disk.extents()) {
    expect(offset).toBeGreaterThanOrEqual(behind)
    behind = offset + bytes
    all.copy(parts, offset, offset, behind)
  }
  expect(behind).toBeLessThanOrEqual(disk.size)
  expect(parts.equals(all)).toBe(true)
  return all
}

describe('qcow2 as QEMU makes it', () => {
  test.each([
    ['', '-O qcow2'],
    ['version 2', '-O qcow2 -o compat=0.10'],
    ['version 2, compressed', '-c -O qcow2 -o compat=0.10'],
    ['compressed with zlib', '-c -O qcow2'],
    ['compressed with zstd', '-c -O qcow2 -o compression_type=zstd'],
    ['clusters of 512 bytes', '-O qcow2 -o cluster_size=512'],
    ['clusters of 4 KiB, compressed', '-c -O qcow2 -o cluster_size=4k,compression_type=zstd'],
    ['clusters of 2 MiB', '-O qcow2 -o cluster_size=2M'],
    ['clusters of 2 MiB, compressed', '-c -O qcow2 -o cluster_size=2M,compression_type=zstd'],
    ['subclusters', '-S 4k -O qcow2 -o extended_l2=on'],
    ['subclusters in large clusters', '-S 4k -O qcow2 -o extended_l2=on,cluster_size=1M'],
    ['subclusters, compressed', '-c -O qcow2 -o extended_l2=on'],
    ['space set aside', '-O qcow2 -o preallocation=metadata'],
    ['raw', '-O raw'],
  ])('%s', async (_, options) => {
    await sh(`cd /build; qemu-img convert -f raw ${options} disk.raw made`)
    await using disk = await openDisk(path('made'))
    expect(disk).toMatchObject({ size: SIZE, format: options.includes('qcow2') ? 'qcow2' : 'raw' })
    expect((await contents(disk)).equals(await readFile(path('disk.raw')))).toBe(true)
  })

  test('snapshots in it do not change what it is', async () => {
    await sh('cd /build; qemu-img convert -f raw -O qcow2 disk.raw snap; qemu-img snapshot -c one snap')
    await using disk = await openDisk(path('snap'))
    expect((await contents(disk)).equals(await readFile(path('disk.raw')))).toBe(true)
  })

  test('reads nothing outside', async () => {
    await sh('cd /build; qemu-img convert -f raw -O qcow2 disk.raw outside')
    await using disk = await openDisk(path('outside'))
    for (const [offset, length] of [
      [SIZE, 1],
      [-1, 1],
      [0, -1],
      [0.5, 1],
      [2 ** 60, 1],
      [Number.NaN, 1],
    ] as const)
      await expect(disk.read(offset, length)).rejects.toMatchObject({ code: 'KILN_IMAGE_DAMAGED' })
    expect(await disk.read(SIZE, 0)).toHaveLength(0)
  })
})

describe('what is not read is named', () => {
  test.each([
    ['backing file', 'qemu-img create -q -f qcow2 -b disk.raw -F raw no.img', 'its backing file'],
    ['external data', 'qemu-img create -q -f qcow2 -o data_file=data.raw no.img 1M', 'another file'],
    [
      'encryption',
      'printf "QFI\\373\\0\\0\\0\\002" >no.img; head -c 27 /dev/zero >>no.img; printf "\\001" >>no.img; head -c 90000 /dev/zero >>no.img',
      'encrypted',
    ],
    ['qcow', 'qemu-img convert -f raw -O qcow disk.raw no.img', 'first version of qcow'],
    ['vmdk', 'qemu-img convert -f raw -O vmdk disk.raw no.img', 'vmdk'],
    ['vdi', 'qemu-img convert -f raw -O vdi disk.raw no.img', 'vdi'],
    ['vhd', 'qemu-img convert -f raw -O vpc disk.raw no.img', 'vhd'],
    ['vhd of fixed size', 'qemu-img convert -f raw -O vpc -o subformat=fixed disk.raw no.img', 'vhd'],
    ['vhdx', 'qemu-img convert -f raw -O vhdx disk.raw no.img', 'vhdx'],
    ['qed', 'qemu-img convert -f raw -O qed disk.raw no.img', 'QED'],
    ['luks', 'printf "LUKS\\272\\276" >no.img; head -c 90000 /dev/zero >>no.img', 'LUKS'],
    ['zstd', 'head -c 1M disk.raw | zstd -q >no.img', 'zstd'],
    ['gzip', 'head -c 1M disk.raw | gzip >no.img', 'gzip'],
    ['tar', 'tar -cf no.img disk.raw', 'tar'],
  ])('%s', async (_, script, named) => {
    await sh(`cd /build; rm -f no.img; ${script}`)
    const error = await openDisk(path('no.img')).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'KILN_IMAGE_UNSUPPORTED', fault: 'input' })
    expect(String(error)).toContain(named)
    expect((error as { hint: string }).hint).not.toBe('')
  })

  test('a file that is not there, a folder, a pipe, an empty file', async () => {
    await sh('cd /build; mkfifo pipe; : >empty')
    for (const name of ['none', '', 'pipe'])
      await expect(openDisk(path(name))).rejects.toMatchObject({ code: 'KILN_FILE_MISSING', fault: 'input' })
    await expect(openDisk(path('empty'))).rejects.toMatchObject({ code: 'KILN_IMAGE_DAMAGED' })
  })

  test('a raw disk is what it is said to be, whatever its guest writes to its start', async () => {
    await sh(
      'cd /build; head -c 2M disk.raw >evil.raw; printf "QFI\\373" | dd of=evil.raw conv=notrunc status=none',
    )
    await expect(openDisk(path('evil.raw'))).rejects.toMatchObject({ code: 'KILN_IMAGE_UNSUPPORTED' })
    await using disk = await openDisk(path('evil.raw'), { format: 'raw' })
    expect(disk.size).toBe(2 << 20)
  })

  test.each([
    ['xfs', 'printf XFSB | dd of=no.img conv=notrunc status=none'],
    ['btrfs', 'printf _BHRfS_M | dd of=no.img bs=1 seek=65600 conv=notrunc status=none'],
    [
      'lvm',
      'printf "LABELONE________________LVM2 001" | dd of=no.img bs=512 seek=1 conv=notrunc status=none',
    ],
    ['swap', 'mkswap -q -L swapped -U 01234567-89ab-cdef-0123-456789abcdef no.img'],
    ['squashfs', 'printf hsqs | dd of=no.img conv=notrunc status=none'],
    ['unknown', ':'],
  ])('a file system that is only recognised: %s', async (kind, script) => {
    await sh(`cd /build; rm -f no.img; truncate -s 1M no.img; ${script}`)
    await using disk = await openDisk(path('no.img'))
    const fs = await disk.fileSystem((await disk.partitions())[0]!)
    expect(fs).toMatchObject({ kind, tree: undefined, refusal: { code: 'KILN_FILE_SYSTEM_UNSUPPORTED' } })
    if (kind === 'swap')
      expect(fs).toMatchObject({ label: 'swapped', uuid: '01234567-89ab-cdef-0123-456789abcdef' })
  })
})

describe('partition tables', () => {
  const table = async (script: string) => {
    await sh(
      `cd /build; rm -f table.img; truncate -s 80M table.img; sfdisk -q table.img <<'END'\n${script}\nEND`,
    )
    const { partitiontable: said } = JSON.parse(await sh('sfdisk --json /build/table.img')) as {
      partitiontable: { id: string; partitions: Record<string, string | number>[] }
    }
    const partitions = said.partitions.map(({ node, start, size, type, uuid, name }) => ({
      number: Number(/\d+$/.exec(String(node))![0]),
      offset: Number(start) * 512,
      bytes: Number(size) * 512,
      type: String(type).toLowerCase(),
      uuid: uuid === undefined ? undefined : String(uuid).toLowerCase(),
      name,
    }))
    return { id: said.id.toLowerCase(), partitions }
  }

  test('GPT, and its copy at the end when the first one is damaged', async () => {
    const said = await table(`label: gpt
      size=10M, type=uefi, name="EFI System ö"
      size=1M, type=21686148-6449-6E6F-744E-656564454649
      start=30M, size=10M, type=linux
      size=10M, type=swap
      size=20M, type=lvm`)
    await using disk = await openDisk(path('table.img'))
    const found = await disk.table()
    expect(found).toMatchObject({ kind: 'gpt', id: said.id })
    expect(found.partitions.map(({ kind }) => kind)).toEqual(['esp', 'bios', 'linux', 'swap', 'lvm'])
    expect(
      found.partitions.map(({ kind: _, name, ...rest }) => ({ ...rest, name: name || undefined })),
    ).toEqual(said.partitions)
    for (const [n, damage] of [512 + 60, 1024 + 40, 512].entries()) {
      await sh(
        `cd /build; cp --sparse=always table.img damaged.img; printf x | dd of=damaged.img bs=1 seek=${damage} conv=notrunc status=none`,
      )
      await using damaged = await openDisk(path('damaged.img'))
      expect([n, await damaged.table()]).toEqual([n, found])
    }
    // Both: the first and the last header.
    await sh(
      `cd /build; for at in 572 $((80 * 1024 * 1024 - 512 + 60)); do printf x | dd of=damaged.img bs=1 seek=$at conv=notrunc status=none; done`,
    )
    await using damaged = await openDisk(path('damaged.img'))
    await expect(damaged.table()).rejects.toMatchObject({ code: 'KILN_IMAGE_DAMAGED' })
  })

  test('MBR with logical partitions', async () => {
    const said = await table(`label: dos
      size=20M, type=ef
      size=20M, type=83, bootable
      type=5
      size=10M, type=82
      size=15M, type=8e
      size=1M, type=83`)
    await using disk = await openDisk(path('table.img'))
    const found = await disk.table()
    expect(found).toMatchObject({ kind: 'mbr', id: said.id.replace('0x', '') })
    const wanted = said.partitions.filter(({ type }) => type !== '5')
    expect(
      found.partitions.map(({ number, offset, bytes, type }) => [number, offset, bytes, Number(type)]),
    ).toEqual(
      wanted.map(({ number, offset, bytes, type }) => [number, offset, bytes, Number.parseInt(type, 16)]),
    )
    expect(found.partitions.map(({ kind }) => kind)).toEqual(['esp', 'linux', 'swap', 'lvm', 'linux'])
    expect(found.partitions[3]!.uuid).toBe(`${found.id}-06`)
  })

  test('a disk that is one FAT file system has no table, though its first sector ends like one', async () => {
    await sh('cd /build; rm -f table.img; truncate -s 40M table.img; mkfs.fat table.img >/dev/null')
    await using disk = await openDisk(path('table.img'))
    expect(await disk.table()).toMatchObject({
      kind: 'none',
      partitions: [{ number: 0, offset: 0, bytes: 40 << 20 }],
    })
  })

  test('a chain of logical partitions that leads in a circle ends', async () => {
    await table('label: dos\n type=5\n size=5M, type=83\n size=5M, type=83')
    const circle = join(folder, 'circle.img')
    await writeFile(circle, await readFile(path('table.img')))
    await using file = await openFile(circle, 'r+')
    const { buffer: sector } = await file.read(Buffer.alloc(512), 0, 512, 0)
    const first = sector.readUInt32LE(446 + 8) * 512
    // The second table of the chain leads to the first.
    const { buffer: chain } = await file.read(Buffer.alloc(512), 0, 512, first)
    const second = first + chain.readUInt32LE(446 + 16 + 8) * 512
    const { buffer: last } = await file.read(Buffer.alloc(512), 0, 512, second)
    chain.copy(last, 446 + 16, 446 + 16, 446 + 32)
    last.writeUInt32LE(0, 446 + 16 + 8)
    await file.write(last, 0, 512, second)
    await using disk = await openDisk(circle)
    await expect(disk.table()).rejects.toMatchObject({ code: 'KILN_IMAGE_DAMAGED' })
    const cut = join(folder, 'short.img')
    await writeFile(cut, (await readFile(path('table.img'))).subarray(0, 4 << 20))
    await using short = await openDisk(cut)
    await expect(short.table()).rejects.toMatchObject({ code: 'KILN_IMAGE_DAMAGED' })
  })
})
