import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lookInto, openBase, rewriteDisk, type TreeEntry } from '../../src/disk/index.ts'
import { distribution } from '../../src/distro/index.ts'
import { imageStage } from '../../src/stages/image/stage.ts'
import { type StageContext, TREE } from '../../src/stages/stage.ts'
import type { Sandbox } from '../../src/tools/sandbox/sandbox.ts'
import { suiteSandbox } from './suite.ts'

const EPOCH = 1_700_000_000
const MIB = 1 << 20

/** A system without programs: what a file system can hold, in its root and in what is mounted at /boot. */
const SYSTEM = `
mkdir -p "$1/root" "$1/boot" && cd "$1/root"
mkdir -p etc/apt/sources.list.d usr/bin usr/sbin var/lib/dpkg boot dev proc sys run tmp home/u "opt/a b"
printf 'ID=debian\\nVERSION_ID="13"\\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\\n' >etc/os-release
printf '%b' "$2" >etc/fstab
printf 'Package: dpkg\\nStatus: install ok installed\\nArchitecture: amd64\\nVersion: 1\\n\\n' >var/lib/dpkg/status
echo own >usr/sbin/policy-rc.d
printf x >opt/ping; ln opt/ping opt/same; ln -s ../opt/ping etc/link; mkfifo opt/fifo
printf y >"opt/a b/it's"; printf z >"$(printf 'opt/caf\\351')"; printf l >"opt/$(printf 'n%.0s' $(seq 200))"
head -c 300000 /dev/urandom >opt/noise; truncate -s 5M opt/hole
chown 1000:1001 opt/ping home/u; chmod 4755 opt/ping; chmod 1777 tmp; chmod 700 home/u
find . -exec touch -h -d @1600000000.123456789 {} +
echo kernel >../boot/vmlinuz; mkdir ../boot/grub; echo menu >../boot/grub/grub.cfg
find ../boot -exec touch -h -d @1500000000 {} +
`
/** What only the program that writes a file system can put there. */
const PLANTED = `cd /dev
mknod null c 1 3
sif null mode 020666
sif null mtime @1600000000
cd /
ea_set /opt/noise user.note "kept aside"
ea_set /opt/ping security.selinux system_u:object_r:bin_t:s0
`

interface Layout {
  readonly name: string
  readonly fstab: string
  /** For sfdisk; '' is a disk without a table. */
  readonly table: string
  readonly mebibytes: number
  /** MiB from, MiB size, mke2fs' arguments. */
  readonly root: readonly [from: number, size: number, make: string]
  readonly boot?: readonly [from: number, size: number, make: string]
  readonly esp?: readonly [from: number, size: number]
}

const UUID = '11111111-2222-4333-8444-555555555555'
const LAYOUTS: readonly Layout[] = [
  {
    name: 'GPT as on cloud images of Ubuntu: the root lies last, /boot and the boot loaders before it',
    fstab:
      'LABEL=cloudimg-rootfs\\t/ ext4 discard,commit=30 0 1\\nLABEL=BOOT /boot ext4 defaults 0 2\\nLABEL=UEFI /boot/efi vfat umask=0077 0 1\\n',
    table: `label: gpt
label-id: AAAAAAAA-2222-4333-8444-555555555555
start=1MiB, size=4MiB, type=21686148-6449-6E6F-744E-656564454649, uuid=AAAAAAAA-2222-4333-8444-00000000000E
start=5MiB, size=40MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=AAAAAAAA-2222-4333-8444-00000000000F
start=45MiB, size=30MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=AAAAAAAA-2222-4333-8444-000000000010
start=75MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=AAAAAAAA-2222-4333-8444-000000000001, name=root`,
    mebibytes: 200,
    root: [
      75,
      124,
      `-t ext4 -L cloudimg-rootfs -U ${UUID} -O metadata_csum_seed,orphan_file,^huge_file -m 2 -e remount-ro`,
    ],
    boot: [45, 30, '-t ext4 -L BOOT -b 1024 -O ^64bit,^metadata_csum'],
    esp: [5, 40],
  },
  {
    name: 'MBR with one ext3',
    fstab: `UUID=${UUID} / ext3 errors=remount-ro 0 1\\nproc /proc proc defaults 0 0\\n`,
    table: 'label: dos\nlabel-id: 0xdeadbeef\nstart=2048, type=83, bootable',
    mebibytes: 100,
    root: [1, 99, `-t ext3 -U ${UUID} -I 128`],
  },
  {
    name: 'a file system without a table',
    fstab: '/dev/vda / ext4 defaults 0 1\\n',
    table: '',
    mebibytes: 90,
    root: [0, 90, `-t ext4 -U ${UUID} -O ^has_journal -L root`],
  },
]

describe.each(LAYOUTS)('$name', (layout) => {
  let sandbox: Sandbox
  const sh = async (script: string, ...args: string[]) =>
    (await sandbox.run(['sh', '-euc', script, 'sh', ...args], { what: script })).stdout
  const image = () => sandbox.hostPath('/build/image')
  const extents = () =>
    [layout.root, layout.boot].flatMap((e) => (e ? [[e[0] * MIB, e[1] * MIB] as const] : []))
  const context = (): StageContext => ({
    sandbox,
    os: distribution('debian-13')!,
    epoch: EPOCH,
    object: image,
    step: { id: 'x', progress: () => {}, log: () => {} },
  })
  /** Everything in an image, by path in its tree; content as its first bytes and its length. */
  const listing = async (path: string) => {
    await using base = await openBase(path)
    const all = new Map<string, unknown>()
    for (const { at, reader } of base.mounts)
      for await (const entry of reader.walk()) {
        if (entry.path === 'lost+found') continue
        all.set(
          `${at === '/' ? '' : at}/${entry.path}`,
          await described(entry, reader.content(entry, 0, 1 << 16)),
        )
      }
    return all
  }
  const described = async (
    { path: _, inode: _i, attributes, ...entry }: TreeEntry,
    content: AsyncIterable<Buffer>,
  ) => {
    const pieces: Buffer[] = []
    if (entry.kind === 'file') for await (const piece of content) pieces.push(piece)
    return {
      ...entry,
      attributes: Object.fromEntries(
        [...attributes].map(([name, value]) => [name, value.toString('latin1')]),
      ),
      content: Buffer.concat(pieces).toString('latin1'),
    }
  }
  const superblock = async (path: string, [from]: readonly [number, ...unknown[]]) =>
    (await sh('debugfs -R "stats -h" "$1?offset=$2" 2>/dev/null', path, String(from * MIB)))
      .split('\n')
      .filter((line) =>
        /^(Filesystem (volume name|UUID|features)|Default mount|Errors|Inode (size|count)|Reserved block count|Block (size|count)|Directory Hash (Seed)|Journal size)/.test(
          line,
        ),
      )
      // What mke2fs left over from making it.
      .map((line) => line.replace(/ (needs_recovery|orphan_present)/g, '').replace(/\s+/g, ' '))
  /** Restores the tree, changes it, and writes the disk again. */
  const rewritten = async (change: string, size?: number, work = '/build/work') => {
    await sh('rm -rf "$1" "$2"; mkdir -p "$1" "$2"', TREE, work)
    await imageStage.run({ sha256: '' }, context())
    await sh(
      `cd "$1"; rm usr/sbin/policy-rc.d; mv usr/sbin/policy-rc.d.kiln-kept usr/sbin/policy-rc.d; ${change}`,
      TREE,
    )
    return rewriteDisk({ sandbox, tree: TREE, work, epoch: EPOCH, image: image(), size })
  }

  beforeAll(async () => {
    sandbox = await suiteSandbox()
    await sh(SYSTEM, '/build/system', layout.fstab)
    await sh('truncate -s "$1M" /build/image', String(layout.mebibytes))
    if (layout.table)
      await sandbox.run(['sfdisk', '-q', '--no-reread', '--no-tell-kernel', '/build/image'], {
        input: layout.table,
      })
    const make = (tree: string, [from, size, options]: readonly [number, number, string]) =>
      sh(
        `export SOURCE_DATE_EPOCH=1600000000; mke2fs -q -F ${options} -E "offset=$2,root_owner=0:0" -d "$1" /build/image "$3k"; tune2fs -o acl,user_xattr "/build/image?offset=$2" >/dev/null`,
        tree,
        String(from * MIB),
        String(size * 1024),
      )
    await make('/build/system/root', layout.root)
    if (layout.boot) await make('/build/system/boot', layout.boot)
    await sandbox.run(['debugfs', '-w', '-f', '-', `/build/image?offset=${layout.root[0] * MIB}`], {
      input: PLANTED,
    })
    if (layout.esp) {
      const [from, size] = layout.esp
      await sh(
        'truncate -s "$2M" /build/esp; mkfs.vfat -F 32 -n UEFI /build/esp >/dev/null; mmd -i /build/esp ::/EFI ::/EFI/BOOT; echo loader | mcopy -i /build/esp - ::/EFI/BOOT/BOOTX64.EFI; dd if=/build/esp of=/build/image bs=1M seek="$1" conv=notrunc status=none',
        String(from),
        String(size),
      )
    }
    if (layout.table)
      await sh(
        'printf BOOTCODE | dd of=/build/image conv=notrunc status=none; printf CORE | dd of=/build/image bs=1 seek=2000 conv=notrunc status=none',
      )
  })
  afterAll(() => sandbox?.[Symbol.asyncDispose]())

  test('what changes in its tree changes on the disk, and nothing else', async () => {
    const before = await listing(image())
    const { raw, bytes } = await rewritten(
      'rm opt/fifo; rm -r "opt/a b"; mkdir srv; echo new >srv/file; if [ -e boot/vmlinuz ]; then echo more >>boot/vmlinuz; fi',
    )
    expect(bytes).toBe(layout.mebibytes * MIB)
    for (const [from] of extents()) await sh('e2fsck -fn "$1?offset=$2" 2>&1', raw, String(from))
    // Byte for byte around the file systems: tables, boot loaders, the EFI system partition.
    let at = 0
    for (const [from, size] of [...extents().toSorted((a, b) => a[0] - b[0]), [bytes, 0]] as const) {
      if (from > at) await sh('cmp -n "$3" -i "$2" /build/image "$1"', raw, String(at), String(from - at))
      at = from + size
    }
    for (const part of [layout.root, layout.boot])
      if (part) expect(await superblock(raw, part)).toEqual(await superblock('/build/image', part))
    const after = await listing(sandbox.hostPath(raw))
    const gone = [...before.keys()].filter((path) => !after.has(path))
    expect(gone.sort()).toEqual(['/opt/a b', "/opt/a b/it's", '/opt/fifo'])
    expect([...after.keys()].filter((path) => !before.has(path)).sort()).toEqual(['/srv', '/srv/file'])
    const changed = [...after.keys()].filter(
      (path) =>
        before.has(path) &&
        JSON.stringify(after.get(path), plain) !== JSON.stringify(before.get(path), plain),
    )
    // Folders whose names changed have another time.
    expect(changed.sort()).toEqual(['/', ...(layout.boot ? ['/boot/vmlinuz'] : []), '/opt', '/usr/sbin'])
    expect(after.get('/dev/null')).toMatchObject({ kind: 'character', device: [1, 3], mode: 0o666 })
    expect(after.get('/opt/same')).toMatchObject({
      names: 2,
      attributes: { 'security.selinux': expect.stringContaining('bin_t') },
    })
    expect(after.get('/opt/noise')).toMatchObject({ attributes: { 'user.note': 'kept aside' } })
  })

  test('twice the same bytes', async () => {
    const first = await rewritten('echo new >etc/new')
    await sh('mv "$1" /build/first', first.raw)
    const second = await rewritten('echo new >etc/new')
    await sh('cmp /build/first "$1"', second.raw)
  })

  test('grows where the content needs it, and its table with it', async () => {
    const { raw, bytes } = await rewritten('head -c 150000000 /dev/urandom >srv-big')
    expect(bytes).toBeGreaterThan(layout.mebibytes * MIB + 50 * MIB)
    await sh('e2fsck -fn "$1?offset=$2" 2>&1', raw, String(layout.root[0] * MIB))
    if (layout.table) {
      expect(await sh('sfdisk --verify "$1" 2>&1', raw)).toContain('No errors detected')
      const table = async (path: string) =>
        (
          JSON.parse(await sh('sfdisk --json "$1"', path)) as {
            partitiontable: { id: string; partitions: { size: number }[] }
          }
        ).partitiontable
      const [is, was] = [await table(raw), await table('/build/image')]
      expect(is.id).toBe(was.id)
      expect(is.partitions.map(({ size: _, ...rest }) => JSON.stringify(rest).replaceAll(raw, ''))).toEqual(
        was.partitions.map(({ size: _, ...rest }) => JSON.stringify(rest).replaceAll('/build/image', '')),
      )
    }
    expect((await listing(sandbox.hostPath(raw))).get('/srv-big')).toMatchObject({ size: 150_000_000 })
  })

  test('has the size that was asked for, if that is not less than it had', async () => {
    const { bytes, raw } = await rewritten('true', 300 * MIB)
    expect(bytes).toBe(300 * MIB)
    await sh('e2fsck -fn "$1?offset=$2" 2>&1', raw, String(layout.root[0] * MIB))
    await expect(rewritten('true', 50 * MIB)).rejects.toMatchObject({
      code: 'KILN_DISK_SIZE',
      fault: 'input',
    })
  })

  test('is known by what lies on it', async () => {
    const looked = lookInto(image(), 'it')
    if (!layout.table) {
      await expect(looked).rejects.toMatchObject({
        code: 'KILN_BASE_UNSUPPORTED',
        message: expect.stringContaining('no boot loader'),
      })
      return
    }
    expect(await looked).toMatchObject({
      release: { id: 'debian', version: '13' },
      arch: 'amd64',
      firmware: layout.esp ? ['bios', 'uefi'] : ['bios'],
      mounts: layout.boot ? [{ at: '/' }, { at: '/boot', label: 'BOOT' }] : [{ at: '/', uuid: UUID }],
    })
  })
})

const plain = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
