import { describe, expect, test } from 'vitest'
import type { TreeReader } from '../../disk/tree.ts'
import { capabilityText } from './capabilities.ts'
import { configurationSums, installed, licencesOf } from './dpkg.ts'
import { inspectTree } from './inspect.ts'
import { type Planted, treeInMemory } from './testing.ts'
import type { ListedFile } from './types.ts'

async function look(planted: Record<string, Planted>) {
  const lines: string[] = []
  const { inventory } = await inspectTree(treeInMemory(planted), {
    list: async (text) => void lines.push(text),
  })
  const files = lines
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ListedFile)
  return { inventory, files, text: lines.join('') }
}

/** Version 2, effective, these permitted capabilities. */
const capability = (...bits: number[]) => {
  const value = Buffer.alloc(20)
  value.writeUInt32LE(0x02000001, 0)
  for (const bit of bits)
    value.writeUInt32LE((value.readUInt32LE(bit < 32 ? 4 : 12) | (1 << (bit % 32))) >>> 0, bit < 32 ? 4 : 12)
  return value
}

describe('the list of files', () => {
  test('says of each what it is, in the order of the tree', async () => {
    const { files } = await look({
      'usr/bin/ping': { content: 'x', mode: 0o755, attributes: { 'security.capability': capability(13) } },
      'usr/bin/a': { link: 'ping' },
      'dev/null': { kind: 'character', mode: 0o666, device: [1, 3] },
      'etc/x': { content: '', attributes: { 'user.note': Buffer.from('hi') }, uid: 5, gid: 6 },
    })
    expect(files.map(({ path }) => path)).toEqual([
      '/',
      '/dev',
      '/dev/null',
      '/etc',
      '/etc/x',
      '/usr',
      '/usr/bin',
      '/usr/bin/a',
      '/usr/bin/ping',
    ])
    expect(files[8]).toEqual({
      path: '/usr/bin/ping',
      mode: '0755',
      uid: 0,
      gid: 0,
      size: 1,
      sha256: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
      capabilities: 'cap_net_raw=ep',
    })
    expect(files[2]).toMatchObject({ kind: 'character', device: [1, 3], mode: '0666' })
    expect(files[4]).toMatchObject({ uid: 5, gid: 6, size: 0, attributes: { 'user.note': 'aGk=' } })
    expect(files[7]).toMatchObject({ kind: 'link', target: 'ping' })
  })
  test('keeps names of any bytes, one a line', async () => {
    const { files, text } = await look({ 'a\nb': 'x', 'c\udcff': 'y' })
    expect(files.map(({ path }) => path)).toEqual(['/', '/a\nb', '/c\udcff'])
    expect(text.split('\n')).toHaveLength(4)
  })
  test('is the same each time', async () => {
    const planted = { 'a/b': 'x', 'a-b': 'y', 'a.b': 'z' }
    expect((await look(planted)).text).toBe((await look(planted)).text)
  })
  test('has no digest of a file beyond all measure, and goes on behind it', async () => {
    const tree = treeInMemory({ 'a/huge': 'x', 'b/small': 'y' })
    const reader: TreeReader = {
      ...tree,
      async *walk() {
        for await (const entry of tree.walk())
          yield entry.path === 'a/huge' ? { ...entry, size: 2 ** 50 } : entry
      },
      content: (entry, ...rest) => {
        if (entry.path === 'a/huge') throw new Error('it is read')
        return tree.content(entry, ...rest)
      },
    }
    const { inventory } = await inspectTree(reader)
    expect(inventory.totals).toMatchObject({ files: 2, unread: 1 })
  })
})

describe('the inventory', () => {
  test('names packages with their sources and licences', async () => {
    const { inventory } = await look({
      'var/lib/dpkg/status':
        'Package: b\nStatus: install ok installed\nArchitecture: amd64\nSource: bb (2)\nVersion: 1\nDescription: x\n y\n .\n z\n\n' +
        'Package: a\nStatus: hold ok unpacked\nArchitecture: all\nSource: a\nVersion: 1:2\n\nPackage: c\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n',
      'usr/share/doc/b/copyright':
        'Format: https://www.example.org/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+\n text\n\nFiles: x\nLicense: Expat\n',
      'usr/share/doc/a/copyright': 'This is free software under License: none\n',
    })
    expect(inventory.packages).toEqual([
      { name: 'a', version: '1:2', arch: 'all', licences: [] },
      {
        name: 'b',
        version: '1',
        arch: 'amd64',
        source: 'bb',
        sourceVersion: '2',
        licences: ['Expat', 'GPL-2+'],
      },
    ])
  })
  test('names units that something wants, with what they want and where they listen', async () => {
    const { inventory } = await look({
      'usr/lib/systemd/system/ssh.socket':
        '[Unit]\nWants=a.service \\\n b.service\n[Socket]\nListenStream=22\nListenDatagram=0.0.0.0:53\n#ListenStream=1\n[Install]\nWants=no\n',
      'usr/lib/systemd/system/getty@.service': '[Unit]\nRequires=tty.target\n',
      'etc/systemd/system/sockets.target.wants/ssh.socket': { link: '/usr/lib/systemd/system/ssh.socket' },
      'etc/systemd/system/getty.target.wants/getty@tty1.service': {
        link: '/usr/lib/systemd/system/getty@.service',
      },
      'etc/systemd/system/cups.service': { link: '/dev/null' },
      'usr/lib/systemd/system/idle.service': '[Unit]\n',
    })
    expect(inventory.units).toEqual([
      { name: 'cups.service', wantedBy: [], wants: [], masked: true },
      { name: 'getty@tty1.service', wantedBy: ['getty.target'], wants: ['tty.target'] },
      {
        name: 'ssh.socket',
        wantedBy: ['sockets.target'],
        wants: ['a.service', 'b.service'],
        listens: ['datagram 0.0.0.0:53', 'stream 22'],
      },
    ])
  })
  test('names users, groups, what runs with more rights, kernels and boot loaders', async () => {
    const { inventory } = await look({
      'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n# no\nbad\ndaemon:x:1:1::/:/usr/sbin/nologin\n',
      'etc/group': 'sudo:x:27:zoe,ann\nroot:x:0:\nx:x:nan:\n',
      'usr/bin/su': { content: '', mode: 0o4755 },
      'usr/bin/wall': { content: '', mode: 0o2755, gid: 5 },
      'boot/vmlinuz-6.12-amd64': 'kernel',
      'var/lib/dpkg/status':
        'Package: grub-pc-bin\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.12\n',
      'etc/os-release': { link: '../usr/lib/os-release' },
      'usr/lib/os-release': 'ID=debian\nNAME="Debian \\"x\\""\nVERSION_ID=\'13\'\n',
    })
    expect(inventory.users.map(({ name, uid, shell }) => [name, uid, shell])).toEqual([
      ['daemon', 1, '/usr/sbin/nologin'],
      ['root', 0, '/bin/bash'],
    ])
    expect(inventory.groups).toEqual([
      { name: 'root', gid: 0, members: [] },
      { name: 'sudo', gid: 27, members: ['ann', 'zoe'] },
    ])
    expect(inventory.privileged).toEqual([
      { path: '/usr/bin/su', mode: '4755', uid: 0, gid: 0, setuid: true },
      { path: '/usr/bin/wall', mode: '2755', uid: 0, gid: 5, setgid: true },
    ])
    expect(inventory.kernels).toMatchObject([{ path: '/boot/vmlinuz-6.12-amd64', version: '6.12-amd64' }])
    expect(inventory.bootLoaders).toEqual([{ name: 'grub', firmware: 'bios', version: '2.12' }])
    expect(inventory.os).toEqual({ ID: 'debian', NAME: 'Debian "x"', VERSION_ID: '13' })
  })
  test('has the same packages when only they are asked for, and nothing else is read', async () => {
    const tree = treeInMemory({
      'var/lib/dpkg/status': 'Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n',
      'etc/key.pem': 'x',
    })
    const read: string[] = []
    const reader: TreeReader = {
      ...tree,
      content: (entry, ...rest) => {
        read.push(entry.path)
        return tree.content(entry, ...rest)
      },
    }
    const { inventory, findings } = await inspectTree(reader, { shallow: true })
    expect([inventory.packages.length, findings, read]).toEqual([1, [], ['var/lib/dpkg/status']])
  })
  test('of an empty tree is empty', async () => {
    const { inventory } = await look({})
    expect(inventory).toMatchObject({ packages: [], units: [], users: [], totals: { files: 0, folders: 1 } })
  })
})

describe('what files say', () => {
  test('capabilities as getcap writes them', () => {
    expect(capabilityText(capability(13, 10))).toBe('cap_net_bind_service,cap_net_raw=ep')
    expect(capabilityText(capability(38))).toBe('cap_perfmon=ep')
    expect(capabilityText(Buffer.from('abc'))).toBe('616263')
  })
  test('sums of configuration files, also of obsolete ones', () => {
    const sum = 'd'.repeat(32)
    expect(
      configurationSums(
        `Conffiles:\n /etc/a ${sum}\n /etc/b c ${'e'.repeat(32)} obsolete\n /etc/new newconffile\n`,
      ),
    ).toEqual([sum, 'e'.repeat(32)])
  })
  test('licences only where they can be read', () => {
    expect(licencesOf('Format: http://x/copyright-format/1.0\nLicense: MIT\nLicence: GPL-2\n')).toEqual([
      'GPL-2',
      'MIT',
    ])
    expect(licencesOf('License: MIT\n')).toEqual([])
    expect(licencesOf(`Format: copyright-format\nLicense: ${'x'.repeat(999)}\n`)).toEqual([])
  })
  test('a status file that is none', () => {
    for (const text of ['', '\0\0', 'Package: x\n', ':::\n\n\n', 'Package: x\nVersion: 1\n'])
      expect(installed(text)).toEqual([])
  })
})
