import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Disk, type FileSystem, openDisk } from '../../src/disk/index.ts'
import type { Sandbox } from '../../src/tools/sandbox/sandbox.ts'
import { digest, type Listing, listing, truth } from './read-disk.ts'
import { suiteSandbox } from './suite.ts'

/** A tree of everything that an ordinary program can make. */
const TREE = `
mkdir -p "$1" && cd "$1"
mkdir -p empty many deep "with space" "$(printf 'caf\\351')" "ünï"
for n in $(seq 700); do echo "$n" >"many/a name of some length, number $n"; done
path=deep; for n in 1 2 3 4 5 6 7 8 9; do path=$path/$n; mkdir $path; echo $n >$path/file; done
: >nothing; printf x >one; head -c 59 /dev/zero | tr '\\0' 5 >inline59; head -c 130 /dev/zero | tr '\\0' 6 >inline130
seq 60000 >large
printf begin >sparse; printf middle | dd of=sparse bs=1 seek=20000123 conv=notrunc status=none
printf end | dd of=sparse bs=1 seek=90000000 conv=notrunc status=none
truncate -s 5000000 hole
touch "$(head -c 255 /dev/zero | tr '\\0' n)" "$(printf 'bad\\377\\376name')"
ln -s one short; ln -s "$(head -c 59 /dev/zero | tr '\\0' l)" link59; ln -s "$(head -c 60 /dev/zero | tr '\\0' m)" link60
ln -s "$(head -c 900 /dev/zero | tr '\\0' t)" link900
ln one second; ln one "with space/third"; mkfifo fifo
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "socket", Listen => 1) or die'
chmod 4755 one; chmod 2750 many; chmod 1777 empty; chmod 000 nothing
chown 65534:65533 large; chown -h 12:34 short
find . -exec touch -h -d @1234567890 {} +; touch -h -d @-5 link59
`

/** What mke2fs is told, and what is done to the result: `f` is the file system. */
const KINDS: Readonly<
  Record<string, { readonly args: string; readonly after?: string; readonly kind?: string }>
> = {
  'ext4 as it is made': { args: '-t ext4' },
  'ext2, blocks of 1 KiB': { args: '-t ext2 -b 1024', kind: 'ext2' },
  'ext3, inodes of 128 bytes': { args: '-t ext3 -I 128', kind: 'ext3' },
  'ext4, hashed folders': { args: '-t ext4 -b 1024', after: 'e2fsck -fyD "$f" >/dev/null || [ $? -le 1 ]' },
  'content in inodes': { args: '-t ext4 -O inline_data -I 256' },
  'descriptors in their groups': { args: '-t ext4 -O meta_bg,^resize_inode -b 1024 -g 1024' },
  'clusters of blocks': { args: '-t ext4 -O bigalloc -C 16384' },
  'old checksums, 32 bits': { args: '-t ext4 -O uninit_bg,^metadata_csum,^64bit' },
  'blocks of 64 KiB': { args: '-t ext4 -b 65536' },
  'two copies of the superblock, all else new': {
    args: '-t ext4 -O sparse_super2,large_dir,orphan_file,metadata_csum_seed,ea_inode,casefold,^resize_inode,^flex_bg',
  },
  'inodes of 1 KiB, project, quota': { args: '-t ext4 -I 1024 -O project,quota' },
  'many extents': {
    args: '-t ext4 -b 1024',
    after: `{ for n in $(seq 11 3 5000); do echo "punch /large2 $n $n"; done; } >/build/punch
      debugfs -wf /build/punch "$f" >/dev/null 2>&1`,
  },
}

let sandbox: Sandbox
let source: Listing
const sh = async (script: string, ...args: string[]) =>
  (await sandbox.run(['sh', '-euc', script, 'sh', ...args])).stdout

beforeAll(async () => {
  sandbox = await suiteSandbox()
  await sh(TREE, '/build/tree')
  source = await truth(sandbox, '/build/tree')
})
afterAll(() => sandbox?.[Symbol.asyncDispose]())

const open = (path: string) => openDisk(sandbox.hostPath(path))
async function only(disk: Disk): Promise<FileSystem> {
  return disk.fileSystem((await disk.partitions())[0]!)
}

describe('ext2, ext3 and ext4 as their own tools make them', () => {
  test.each(Object.entries(KINDS))('%s', async (name, { args, after = '', kind = 'ext4' }) => {
    const more = name === 'many extents'
    await sh(
      `f=/build/ext.img; rm -f $f; truncate -s 180M $f; rm -f /build/tree/large2
      ${more ? 'head -c 5000000 /dev/zero | tr "\\\\0" L >/build/tree/large2' : ''}
      E2FSPROGS_FAKE_TIME=1700000000 mke2fs -qF ${args} -L "a label" -E root_owner=0:0,no_copy_xattrs -d /build/tree $f
      ${after}
      rm -f /build/tree/large2`,
    )
    await using disk = await open('/build/ext.img')
    const fs = await only(disk)
    expect(fs).toMatchObject({ kind, label: 'a label', refusal: undefined, journaled: 0 })
    const found = await listing(fs.tree!)
    const { large2, ...rest } = found
    expect(rest).toEqual(source)
    if (more) {
      const lines = await sh(
        'debugfs -R "dump /large2 /build/dumped" /build/ext.img 2>/dev/null; sha256sum /build/dumped',
      )
      expect(large2!.sha256).toBe(lines.slice(0, 64))
      // Deep enough that the root leads to nodes that lead to nodes.
      expect(await sh('debugfs -R "dump_extents -n /large2" /build/ext.img 2>/dev/null')).toMatch(
        /^ *0\/ *2/m,
      )
    }
  })

  test('what the superblock says', async () => {
    await sh(`f=/build/facts.img; rm -f $f; truncate -s 64M $f
      E2FSPROGS_FAKE_TIME=1700000000 mke2fs -qF -t ext4 -O ^metadata_csum_seed,^orphan_file -L root -U 01234567-89ab-cdef-0123-456789abcdef \\
        -E hash_seed=fedcba98-7654-3210-fedc-ba9876543210 -m 3 -N 5000 -e remount-ro $f
      tune2fs -o acl,discard,journal_data_writeback -E mount_opts=noauto_da_alloc $f >/dev/null`)
    await using disk = await open('/build/facts.img')
    const { ext } = await only(disk)
    const said = Object.fromEntries(
      (await sh('dumpe2fs -h /build/facts.img 2>/dev/null')).split('\n').map((line) => line.split(/: +/, 2)),
    ) as Record<string, string>
    expect([...ext!.all].sort()).toEqual(said['Filesystem features']!.split(' ').sort())
    expect(ext).toMatchObject({
      label: 'root',
      uuid: '01234567-89ab-cdef-0123-456789abcdef',
      blockSize: Number(said['Block size']),
      blocks: Number(said['Block count']),
      reservedBlocks: Number(said['Reserved block count']),
      freeBlocks: Number(said['Free blocks']),
      inodes: Number(said['Inode count']),
      inodeSize: Number(said['Inode size']),
      hash: { seed: 'fedcba98-7654-3210-fedc-ba9876543210' },
      made: 1_700_000_000,
      onError: 'remount-ro',
      extraMountOptions: 'noauto_da_alloc',
      journalInode: 8,
    })
    expect([...ext!.mountOptions].sort()).toEqual(said['Default mount options']!.split(' ').sort())
  })

  test('devices, attributes, owners of many bits, times to the nanosecond', async () => {
    await sh(`f=/build/odd.img; rm -f $f; truncate -s 32M $f; mkdir -p /build/odd; echo x >/build/odd/file; mkdir -p /build/odd/d
      head -c 3000 /dev/zero | tr '\\0' A >/build/value; head -c 4096 /dev/zero | tr '\\0' B >/build/huge
      perl -e 'print pack("L(SSL)*", 2, 1,6,-1, 2,4,1234, 4,4,-1, 16,4,-1, 32,0,-1)' >/build/seen
      mke2fs -qF -t ext4 -b 4096 -O ea_inode -E no_copy_xattrs -d /build/odd $f
      cat >/build/commands <<'END'
mknod disk b 259 4000
mknod tty c 4 64
ea_set -f /build/one file security.capability
ea_set file user.small little
ea_set -f /build/value file user.large
ea_set -f /build/huge file user.huge
ea_set -f /build/seen file system.posix_acl_access
sif file uid 70001
sif file gid 131073
sif file mtime @0x7fffffff
sif file mtime_extra 0x00000fa5
END
      printf cap >/build/one; debugfs -wf /build/commands $f >/dev/null 2>&1`)
    await using disk = await open('/build/odd.img')
    const tree = (await only(disk)).tree!
    expect(await tree.find('disk')).toMatchObject({ kind: 'block', device: [259, 4000] })
    expect(await tree.find('tty')).toMatchObject({ kind: 'character', device: [4, 64] })
    const file = (await tree.find('file'))!
    expect(file).toMatchObject({
      uid: 70001,
      gid: 131073,
      mtime: (0x7fffffffn + 2n ** 32n) * 1_000_000_000n + 1001n,
    })
    const attributes = Object.fromEntries([...file.attributes].map(([name, value]) => [name, value.length]))
    expect(attributes).toEqual({
      'security.capability': 3,
      'user.small': 6,
      'user.large': 3000,
      'user.huge': 4096,
      'system.posix_acl_access': 4 + 5 * 8,
    })
    expect(file.attributes.get('user.huge')!.equals(Buffer.alloc(4096, 'B'))).toBe(true)
    const acl = file.attributes.get('system.posix_acl_access')!.toString('hex')
    expect(acl).toBe(await sh('od -An -v -tx1 /build/seen | tr -d " \\n"'))
  })

  test('one thing by its path, and pieces of files', async () => {
    await sh('f=/build/find.img; rm -f $f; truncate -s 180M $f; mke2fs -qF -t ext4 -d /build/tree $f')
    await using disk = await open('/build/find.img')
    const tree = (await only(disk)).tree!
    expect(await tree.find('deep/1/2/3/file')).toMatchObject({ path: 'deep/1/2/3/file', kind: 'file' })
    expect(await tree.find('')).toMatchObject({ path: '', kind: 'folder' })
    expect(await tree.find('bad\udcff\udcfename')).toMatchObject({ size: 0 })
    for (const none of ['no', 'one/file', 'deep//1', '/one', 'deep/..', '.', 'short/x'])
      expect(await tree.find(none)).toBeUndefined()
    const sparse = (await tree.find('sparse'))!
    const text = async (start: number, length: number) => {
      const pieces: Buffer[] = []
      for await (const piece of tree.content(sparse, start, length)) pieces.push(piece)
      return Buffer.concat(pieces).toString('latin1')
    }
    expect(await text(20000120, 12)).toBe('\0\0\0middle\0\0\0')
    expect(await text(3, 4)).toBe('in\0\0')
    expect(await text(89999999, 100)).toBe('\0end')
    expect(await text(90000003, 100)).toBe('')
    expect(await text(0, 0)).toBe('')
    const inOrder: string[] = []
    for await (const { path } of tree.walk()) inOrder.push(path)
    const sorted = inOrder.toSorted((a, b) => Buffer.compare(key(a), key(b)))
    expect(inOrder).toEqual(sorted)
  })

  test('a feature that is not known is named', async () => {
    await sh(`f=/build/encrypt.img; rm -f $f; truncate -s 16M $f; mke2fs -qF -t ext4 -O encrypt $f`)
    await using disk = await open('/build/encrypt.img')
    const fs = await only(disk)
    expect(fs).toMatchObject({
      kind: 'ext4',
      tree: undefined,
      refusal: { code: 'KILN_FILE_SYSTEM_UNSUPPORTED' },
    })
    expect(fs.refusal!.message).toContain('encrypt')
  })
})

/** A folder's names come before what is behind the folder: as if slashes were the lowest byte. */
const key = (path: string) => Buffer.from(path.replaceAll('/', '\0'), 'latin1')

describe('FAT', () => {
  test.each([
    [12, '2M', ''],
    [16, '40M', ''],
    [32, '80M', '-s 1'],
    [32, '300M', '-s 16'],
  ])('FAT%i of %s %s', async (bits, size, more) => {
    await sh(
      `f=/build/fat.img; rm -rf $f /build/fat; truncate -s $2 $f; mkfs.fat -F $1 $3 -n "MY LABEL" -i 1234abcd $f >/dev/null
      mkdir -p "/build/fat/EFI/A long name of a folder" /build/fat/EMPTY; cd /build/fat
      seq 20000 >"EFI/A long name of a folder/größe 大きい.text"; echo x >lower.txt; echo y >UPPER.TXT; : >nothing
      for n in $(seq 300); do echo $n >"EFI/number $n of three hundred"; done; echo z >Mixed.Txt
      mcopy -i $f -smp EFI EMPTY lower.txt UPPER.TXT nothing Mixed.Txt ::`,
      String(bits),
      size,
      more,
    )
    await using disk = await open('/build/fat.img')
    const fs = await only(disk)
    expect(fs).toMatchObject({ kind: 'vfat', label: 'MY LABEL', uuid: '1234-ABCD' })
    const found = await listing(fs.tree!)
    const wanted = await truth(sandbox, '/build/fat')
    expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort())
    for (const [path, { sha256, size: length, kind }] of Object.entries(wanted))
      expect([path, found[path]]).toMatchObject([path, { kind, size: length, ...(sha256 ? { sha256 } : {}) }])
    const deep = await fs.tree!.find('EFI/A long name of a folder/größe 大きい.text')
    expect(await digest(fs.tree!.content(deep!))).toBe(found[deep!.path]!.sha256)
    expect(await fs.tree!.find('EFI/none')).toBeUndefined()
  })
})
