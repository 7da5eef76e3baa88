import { chmod, copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inspectImage } from '../../src/check/inspect/index.ts'
import { openDisk } from '../../src/disk/index.ts'
import { openStore } from '../../src/store/store.ts'
import type { Sandbox } from '../../src/tools/sandbox/sandbox.ts'
import { begin, type Ended, ROOT } from './program.ts'
import { digest } from './read-disk.ts'
import { suite, suiteSandbox } from './suite.ts'

let sandbox: Sandbox
let folder: string
const sh = async (script: string, ...args: string[]) =>
  (await sandbox.run(['sh', '-euc', script, 'sh', ...args])).stdout

/** A system as far as files go: the second one is a little newer. */
const SYSTEM = `
mkdir -p "$1" && cd "$1"
mkdir -p etc/systemd/system/multi-user.target.wants usr/lib/systemd/system usr/bin usr/lib/x boot/efi var/lib/dpkg/info home/a
printf 'ID=debian\\nPRETTY_NAME="Debian 13"\\n' >usr/lib/os-release; ln -s ../usr/lib/os-release etc/os-release
printf 'root:x:0:0:root:/root:/bin/bash\\ndaemon:x:1:1::/:/usr/sbin/nologin\\n' >etc/passwd; printf 'root:x:0:\\n' >etc/group
printf 'UUID=%s / ext4 rw 0 1\\nUUID=ABCD-1234 /boot/efi vfat defaults 0 0\\n' "$2" >etc/fstab
cat >var/lib/dpkg/status <<END
Package: tool
Status: install ok installed
Version: $3
Architecture: amd64

Package: data
Status: install ok installed
Version: 1
Architecture: all

END
printf '[Unit]\\n[Socket]\\nListenStream=22\\n' >usr/lib/systemd/system/ssh.socket
ln -s /usr/lib/systemd/system/ssh.socket etc/systemd/system/multi-user.target.wants/ssh.socket
printf '/.\\n/usr/bin/tool\\n' >var/lib/dpkg/info/tool.list; echo "tool $3" >usr/bin/tool
echo kernel >boot/vmlinuz-6.1; seq 50000 >usr/lib/x/large; echo su >usr/bin/su; chmod 4755 usr/bin/su
`
const DISK = `
f=/build/$1.raw; truncate -s 120M $f
printf 'label: gpt\\nstart=2048, size=32M, type=uefi\\nsize=80M, type=linux, name=root\\n' | sfdisk -q $f
mkfs.fat -F 32 -s 1 -i ABCD1234 --offset 2048 $f 32768 >/dev/null
mmd -i $f@@1M ::/EFI ::/EFI/BOOT; printf loader | mcopy -i $f@@1M - ::/EFI/BOOT/BOOTX64.EFI
mke2fs -qF -t ext4 -U "$2" -L root -E offset=$((34603008)),no_copy_xattrs,root_owner=0:0 -d /build/$1 $f 80M
qemu-img convert -f raw -c -O qcow2 $f /build/$1.qcow2
`
const OLD = '11111111-1111-1111-1111-111111111111'
const NEW = '22222222-2222-2222-2222-222222222222'

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-inspect-'))
  await chmod(folder, 0o755)
  sandbox = await suiteSandbox()
  await sh(SYSTEM, '/build/old', OLD, '1.0')
  await sh(SYSTEM, '/build/new', NEW, '1.1')
  await sh(`cd /build/new; echo more >etc/motd; chmod 0600 etc/group; rm usr/lib/x/large
    printf 'a:x:1000:1000::/home/a:/bin/sh\\n' >>etc/passwd; mkdir -p opt/app; echo 1 >opt/app/one; echo 2 >opt/app/two`)
  for (const [name, uuid] of [
    ['old', OLD],
    ['new', NEW],
  ] as const)
    await sh(DISK, name, uuid)
  await sh('xfs=/build/xfs.raw; truncate -s 1M $xfs; printf XFSB | dd of=$xfs conv=notrunc status=none')
  for (const name of ['old.raw', 'old.qcow2', 'new.qcow2', 'xfs.raw']) await copyOut(name)
})
afterAll(async () => {
  await sandbox?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function copyOut(name: string): Promise<void> {
  await copyFile(sandbox.hostPath(`/build/${name}`), join(folder, name))
}

const kiln = (...args: string[]): Promise<Ended> =>
  begin([join(ROOT, 'kiln'), ...args], { cwd: folder }).ended

describe('kiln inspect', () => {
  test('says what is in an image, for people and for programs', async () => {
    const people = await kiln('inspect', 'old.qcow2', '--packages')
    expect(people).toMatchObject({ status: 0 })
    for (const text of [
      /old\.qcow2 {2}qcow2, a disk of 126 MB in .*, GPT, starts on UEFI/,
      /^1 +esp +34 MB +vfat +ABCD-1234$/m,
      /^2 +linux +84 MB +[\d.]+ MB +ext4 +root +11111111-/m,
      /^system +Debian 13$/m,
      /^kernel +6\.1$/m,
      /^packages +2 \(dpkg\)$/m,
      /^starts +ssh\.socket$/m,
      /^sockets +ssh\.socket \(stream 22\)$/m,
      /with a shell: root \(0\)$/m,
      /^setuid +\/usr\/bin\/su$/m,
      /^tool +1\.0 +amd64$/m,
      /289 kB {2}\/usr\/lib\/x\/large$/m,
    ])
      expect(people.stdout).toMatch(text)
    const programs = await kiln('inspect', 'old.raw', '--json')
    expect(JSON.parse(programs.stdout)).toMatchObject({
      name: 'old.raw',
      format: 'raw',
      size: 120 << 20,
      table: 'gpt',
      uefi: ['EFI/BOOT/BOOTX64.EFI'],
      notes: [],
      system: {
        packages: [{ name: 'data' }, { name: 'tool', version: '1.0' }],
        users: [{ name: 'daemon' }, { name: 'root' }],
      },
    })
  })

  test('--files lists all with digests, also what lies on the EFI system partition', async () => {
    const { stdout } = await kiln('inspect', 'old.qcow2', '--files')
    const wanted = await sh(
      'cd /build/old; find . -type f -printf "%m %U:%G %s %P\\n"; echo; find . -type f -exec sha256sum {} +',
    )
    const [facts, sums] = wanted.split('\n\n') as [string, string]
    const digests = new Map(
      sums
        .trim()
        .split('\n')
        .map((line) => [line.slice(68), line.slice(0, 64)]),
    )
    const expected = facts.split('\n').map((line) => {
      const [mode, owner, size, path] = line.split(' ') as [string, string, string, string]
      return `file ${mode.padStart(4, '0')} ${owner} ${size} ${digests.get(path)} /${path}`
    })
    const listed = stdout
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('file') && !line.includes('/boot/efi/'))
    expect(listed.sort()).toEqual(expected.sort())
    expect(stdout).toMatch(/^file 0755 0:0 6 [0-9a-f]{64} \/boot\/efi\/EFI\/BOOT\/BOOTX64\.EFI$/m)
    const { files } = JSON.parse((await kiln('inspect', 'old.qcow2', '--files', '--json')).stdout)
    expect(files.filter(({ sha256 }: { sha256?: string }) => sha256)).toHaveLength(listed.length + 1)
  })

  test('a disk whose files are not read is described, and says why', async () => {
    const { status, stdout } = await kiln('inspect', 'xfs.raw')
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/xfs[\s\S]*No files are read: .*xfs/),
    })
    expect(await kiln('inspect', 'xfs.raw', '--files')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('KILN_FILE_SYSTEM_UNSUPPORTED'),
    })
    const text = await kiln('inspect', join(ROOT, 'README.md'))
    expect(text.stdout).toContain('no partition table, no boot loader')
    expect(await kiln('inspect', 'none.qcow2')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('KILN_FILE_MISSING'),
    })
  })
})

describe('kiln diff', () => {
  test('says what the second image brings', async () => {
    const { status, stdout } = await kiln('diff', 'old.qcow2', 'new.qcow2')
    expect(status).toBe(0)
    expect(stdout.split('\n').filter((line) => /^ {2}[~+-]| {4}/.test(line))).toEqual([
      '  ~ other ids: table, partition 1, partition 2, partition 2 file system',
      '  ~ tool 1.0 → 1.1',
      '  + a uid 1000, gid 1000, /home/a, /bin/sh',
      '  + /etc/motd 5 B',
      '  + /opt/ 2 files, 4 B',
      '  - /usr/lib/x/large 289 kB',
      '  ~ /etc/fstab content',
      '  ~ /etc/group 0644 → 0600',
      '  ~ /etc/passwd 66 → 97 bytes',
      '    2 files changed with these packages',
    ])
  })

  test('in JSON, and by its exit status when asked', async () => {
    const { status, stdout } = await kiln('diff', 'old.qcow2', 'new.qcow2', '--json', '--exit-code')
    expect(status).toBe(1)
    const found = JSON.parse(stdout)
    expect(found).toMatchObject({
      same: false,
      packages: { changed: [{ name: 'tool', arch: 'amd64', from: '1.0', to: '1.1' }] },
      files: { removed: [{ path: '/usr/lib/x/large', from: { mode: '0644', size: 288894 } }] },
    })
    expect(found.files.changed.find(({ path }: { path: string }) => path === '/usr/bin/tool')).toMatchObject({
      package: 'tool',
      what: ['content'],
    })
  })

  test('the same disk in two formats is the same', async () => {
    expect(await kiln('diff', 'old.raw', 'old.qcow2', '--exit-code')).toMatchObject({
      status: 0,
      stdout: 'old.raw → old.qcow2: no difference.\n',
    })
  })
})

test('a sparse disk of 10 GB with many files takes no more memory than a small one', async () => {
  await sh(`mkdir -p /build/many/etc; echo ID=debian >/build/many/etc/os-release; cd /build/many
    for n in $(seq 20); do mkdir $n; (cd $n; seq 500 | xargs touch; seq 20000 >text); done
    truncate -s 10G /build/many.raw; mke2fs -qF -t ext4 -O ^has_journal -d /build/many /build/many.raw`)
  const script = `import { inspectImage } from ${JSON.stringify(join(ROOT, 'src/check/inspect/index.ts'))}
    let files = 0
    await inspectImage(process.argv[1], { onFile: () => void files++ })
    console.log(JSON.stringify({ files, kilobytes: process.resourceUsage().maxRSS }))`
  const argv = [process.execPath, '--input-type=module', '-e', script, sandbox.hostPath('/build/many.raw')]
  const { status, stdout, stderr } = await begin(argv).ended
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const { files, kilobytes } = JSON.parse(stdout)
  expect(files).toBe(20 * 502 + 4)
  expect(kilobytes).toBeLessThan(300_000)
})

test('an image that was built is what debugfs finds in it', async (context) => {
  const store = await openStore(suite.config.store)
  const [first] = await readdir(join(store.path, 'versions')).catch(() => [])
  if (first === undefined) return context.skip('no image is in the store of the tests')
  const version = JSON.parse(await readFile(join(store.path, 'versions', first), 'utf8'))
  const path = store.objectPath(version.artifacts[0].digest)
  const { system, image } = await inspectImage(path)
  const root = image.partitions.find(({ fileSystem }) => fileSystem.kind === 'ext4')!
  await using disk = await openDisk(path)
  await using inside = await suiteSandbox({ binds: [{ source: dirname(path), target: '/in/files' }] })
  const { stdout } = await inside.run([
    'sh',
    '-euc',
    `qemu-img convert -O raw "/in/files/$1" /build/disk.raw; mkdir -p /build/out/usr; cd /build/out
    for folder in etc var usr/bin; do
      debugfs -R "rdump /$folder /build/out/$(dirname $folder)" "/build/disk.raw?offset=$2" >/dev/null 2>&1
    done
    grep -c '^Status: install ok installed' var/lib/dpkg/status
    find . -type f -print0 | xargs -0 sha256sum`,
    'sh',
    basename(path),
    String(root.offset),
  ])
  const [packages, ...lines] = stdout.trim().split('\n')
  expect(system!.packages).toHaveLength(Number(packages))
  expect(lines.length).toBeGreaterThan(1500)
  const { tree } = await disk.fileSystem(
    (await disk.partitions()).find(({ number }) => number === root.number)!,
  )
  const wrong: string[] = []
  for (const line of lines) {
    const entry = await tree!.find(line.slice(68))
    if (!entry || (await digest(tree!.content(entry))) !== line.slice(0, 64)) wrong.push(line)
  }
  expect(wrong).toEqual([])
})
