import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DiskRequest, type WrittenDisk, writeDisk } from '../../src/disk/index.ts'
import type { Sandbox } from '../../src/tools/sandbox/sandbox.ts'
import { suiteSandbox } from './suite.ts'

/** A tree with all that a disk is written from, but no programs: two ways of making it, the same tree. */
const TREE = `
mkdir -p "$1" && cd "$1"
mkdir -p usr/lib/shim usr/lib/grub/x86_64-efi-signed boot/grub/i386-pc etc "opt/a b" var/empty
for file in shimx64.efi.signed mmx64.efi.signed fbx64.efi.signed BOOTX64.CSV; do echo "$file" >usr/lib/shim/$file; done
echo grub >usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed
head -c 512 /dev/zero | tr '\\0' B >boot/grub/i386-pc/boot.img
head -c 30001 /dev/zero | tr '\\0' C >boot/grub/i386-pc/core.img
for n in $2; do echo "$n" >etc/$n; done
printf x >opt/ping; printf y >"opt/a b/it's \\"so\\""; printf z >"$(printf 'opt/caf\\351')"
ln opt/ping opt/same; ln -s ../opt/ping etc/link; mkfifo opt/fifo; head -c 3000000 /dev/zero >opt/zeros
chown 1000:1001 opt/ping; chmod 4755 opt/ping; chown 65534:65534 var/empty; chmod 1777 var/empty
touch -d @1000000000 etc/one; touch -d @5 opt/zeros
`
/** setxattr, by number: security.capability with cap_net_raw, version 2. */
const CAPABILITY = `
my ($file, $name, $value) = ($ARGV[0], 'security.capability', pack 'H*', '0100000200200000' . '00' x 12);
syscall(188, $file, $name, $value, 20, 0) == 0 or die "setxattr: $!"`
const EPOCH = 1_700_000_000

describe('writeDisk', () => {
  let sandbox: Sandbox
  let disk: WrittenDisk
  const sh = async (script: string, ...args: string[]) =>
    (await sandbox.run(['sh', '-euc', script, 'sh', ...args])).stdout
  const request = (tree: string, work: string): DiskRequest => ({
    sandbox,
    tree,
    work,
    epoch: EPOCH,
    seed: '5'.repeat(64),
    firmware: ['bios', 'uefi'],
    vendor: 'debian',
    ext4Without: ['metadata_csum_seed', 'orphan_file'],
  })
  const debugfs = (command: string) =>
    sh('debugfs -R "$2" "$1?offset=67108864" 2>/dev/null', disk.raw, command)

  beforeAll(async () => {
    sandbox = await suiteSandbox()
    await sh('mkdir /build/1 /build/2')
    await sh(TREE, '/build/tree', 'one two three four')
    await sandbox.run(['perl', '-e', CAPABILITY, '/build/tree/opt/same'])
    disk = await writeDisk(request('/build/tree', '/build/1'))
  })
  afterAll(() => sandbox[Symbol.asyncDispose]())

  test('writes a table that sfdisk finds no fault with', async () => {
    const { partitiontable: table } = JSON.parse(await sh('sfdisk --json "$1"', disk.raw)) as {
      partitiontable: { partitions: { node: string; start: number; size: number; uuid: string }[] }
    }
    expect(await sh('sfdisk --verify "$1"', disk.raw)).toContain('No errors detected')
    expect(
      table.partitions.map(({ node, start, size, uuid }) => ({
        number: Number(/\d+$/.exec(node)![0]),
        offset: start * 512,
        bytes: size * 512,
        uuid: uuid.toLowerCase(),
      })),
    ).toEqual(disk.partitions.map(({ kind: _, ...partition }) => partition))
  })

  test('writes file systems without a fault', async () => {
    await sh('dd if="$1" of=/build/root.img bs=1M skip=64 conv=sparse status=none', disk.raw)
    await sh('dd if="$1" of=/build/esp.img bs=1M skip=4 count=60 conv=sparse status=none', disk.raw)
    await sh('e2fsck -fn /build/root.img 2>&1')
    await sh('fsck.fat -n /build/esp.img')
    expect(await sh('blkid -p -o value -s UUID /build/root.img /build/esp.img')).toBe(
      `${disk.rootUuid}\n${disk.espId}\n`,
    )
  })

  test('keeps owners, modes, links, times, names and capabilities', async () => {
    expect(await debugfs('stat /opt/same')).toMatch(
      /Mode: {2}04755[\s\S]*User: {2}1000 {3}Group: {2}1001[\s\S]*Links: 2/,
    )
    expect(await debugfs('ea_list /opt/ping')).toContain('security.capability (20) = 01 00 00 02 00 20')
    expect(await debugfs('stat /var/empty')).toMatch(/Mode: {2}01777[\s\S]*User: 65534/)
    expect(await debugfs('stat /etc/link')).toContain('Fast link dest: "../opt/ping"')
    expect(await debugfs('stat /etc/one')).toMatch(/mtime: 0x3b9aca00/)
    // Made just now: limited to the epoch.
    expect(await debugfs('stat /etc/two')).toMatch(/mtime: 0x6553f100/)
    // Read and changed before the epoch only as far as the machine says that made it.
    expect(await debugfs('stat /opt/zeros')).toMatch(/ctime: 0x6553f100[\s\S]*atime: 0x6553f100/)
    expect(await debugfs('ls -p /opt')).toMatch(/\/caf/)
    expect(await debugfs('cat "/opt/a b/it\'s ""so"""')).toBe('y')
  })

  test('puts the boot loaders where the firmware looks', async () => {
    const bytes = (offset: number, count: number) =>
      sh('od -An -v -tx1 -j "$2" -N "$3" "$1" | tr -d " \\n"', disk.raw, String(offset), String(count))
    expect(await bytes(0, 8)).toBe('42'.repeat(8))
    expect(await bytes(440, 4)).toBe('00'.repeat(4))
    expect(await bytes(1024 * 1024 + 512, 4)).toBe('43'.repeat(4))
    // 30001 bytes are 59 sectors, the first of which lists the other 58.
    expect(await bytes(1024 * 1024 + 500, 12)).toBe(`0108000000000000${'3a00'}${'2008'}`)
    expect(await bytes(1024 * 1024 + 30001, 4)).toBe('00'.repeat(4))
    const read = (path: string) => sh('mtype -i "$1@@4194304" "::/$2"', disk.raw, path)
    expect(await read('EFI/BOOT/BOOTX64.EFI')).toBe('shimx64.efi.signed\n')
    expect(await read('EFI/BOOT/grubx64.efi')).toBe('grub\n')
    expect(await read('EFI/debian/grub.cfg')).toContain(`search.fs_uuid ${disk.rootUuid} root`)
  })

  test('gives the same bytes for the same tree made in another order', async () => {
    await sh(TREE, '/build/again', 'four three two one')
    await sandbox.run(['perl', '-e', CAPABILITY, '/build/again/opt/ping'])
    const again = await writeDisk(request('/build/again', '/build/2'))
    await sh('cmp "$1" "$2"', disk.raw, again.raw)
  })

  test('follows no link of the guest to the outside', async () => {
    await sh(
      'cp -a /build/tree /build/evil; rm /build/evil/usr/lib/shim/shimx64.efi.signed; ln -s /etc/passwd /build/evil/usr/lib/shim/shimx64.efi.signed',
    )
    await expect(writeDisk(request('/build/evil', '/build/2'))).rejects.toMatchObject({
      code: 'KILN_DISK_LOADER',
      fault: 'input',
    })
  })
})
