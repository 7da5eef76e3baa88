import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ReadText } from './finding.ts'
import { idsFinding } from './ids.ts'
import { mirrorsFinding } from './mirrors.ts'
import { forbidding } from './namespaces.ts'
import { nodeFinding, programsFinding } from './programs.ts'
import { kvmFinding, memoryFinding, spaceFinding } from './resources.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-host-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const having =
  (files: Readonly<Record<string, string>>): ReadText =>
  async (path) =>
    Object.hasOwn(files, path) ? files[path] : undefined

describe('subordinate ids', () => {
  const ann = { uid: 1000, name: 'ann' }
  const table = (line: string) => having({ '/etc/subuid': line, '/etc/subgid': line })

  test.each([
    ['by name', 'bob:100000:65536\nann:165536:65536'],
    ['by number', '1000:165536:65535'],
  ])('found %s', async (_, line) => {
    expect(await idsFinding(ann, table(line))).toMatchObject({
      state: 'ok',
      found: expect.stringContaining('165536'),
    })
  })

  test.each([
    ['no file', having({}), '100000-165535', 'user and group'],
    ['no line', table('bob:100000:65536\neve:300000:65536'), '365536-431071', 'user and group'],
    ['too few', table('ann:100000:1000'), '101000-166535', 'user and group'],
    ['no group ids', having({ '/etc/subuid': 'ann:100000:65536' }), '165536-231071', 'group'],
  ])('%s: the remedy names a free range', async (_, read, range, lacking) => {
    const { state, found, remedy } = await idsFinding(ann, read)
    expect(state).toBe('lacking')
    expect(found).toBe(`ann has no 65536 subordinate ${lacking} ids`)
    expect(remedy).toBe(`Let root run: usermod --add-subuids ${range} --add-subgids ${range} ann`)
  })

  test('root needs none', async () => {
    expect((await idsFinding({ uid: 0, name: 'root' }, having({}))).state).toBe('ok')
  })
})

describe('what forbids namespaces', () => {
  const sys = '/proc/sys'
  test.each([
    ['the kernel', { [`${sys}/user/max_user_namespaces`]: '0' }, 'user.max_user_namespaces=15000'],
    [
      'the distribution',
      { [`${sys}/kernel/unprivileged_userns_clone`]: '0' },
      'kernel.unprivileged_userns_clone=1',
    ],
    [
      'AppArmor',
      { [`${sys}/kernel/apparmor_restrict_unprivileged_userns`]: '1' },
      'kernel.apparmor_restrict_unprivileged_userns=0',
    ],
    ['docker', { '/.dockerenv': '' }, '--privileged'],
    ['a chroot', { '/proc/self/mountinfo': '30 1 0:26 / /proc rw - proc proc rw' }, 'outside of it'],
    ['a container', { '/proc/1/environ': 'PATH=/bin\0container=lxc\0' }, '--privileged'],
  ])('%s', async (_, files, remedy) => {
    expect((await forbidding(false, having(files)))?.remedy).toContain(remedy)
  })

  test('settings that allow are not blamed, and what only users feel is not root’s trouble', async () => {
    const allowing = {
      '/proc/self/mountinfo': '22 1 254:0 / / rw - ext4 /dev/vda rw\n30 22 0:26 / /proc rw - proc proc rw',
      [`${sys}/user/max_user_namespaces`]: '96365',
      [`${sys}/kernel/unprivileged_userns_clone`]: '1',
      [`${sys}/kernel/apparmor_restrict_unprivileged_userns`]: '0',
    }
    expect(await forbidding(false, having(allowing))).toBeUndefined()
    const forUsers = { [`${sys}/kernel/unprivileged_userns_clone`]: '0' }
    expect(await forbidding(true, having(forUsers))).toBeUndefined()
  })
})

describe('programs', () => {
  test('Node', () => {
    expect(nodeFinding('24.0.0').state).toBe('ok')
    expect(nodeFinding('22.9.1')).toMatchObject({ state: 'lacking', found: '22.9.1' })
  })

  test('what is missing, by the packages that bring it', async () => {
    const bin = join(folder, 'bin')
    await mkdir(bin)
    for (const name of [
      'sh',
      'mount',
      'unshare',
      'nsenter',
      'apt-get',
      'apt-cache',
      'dpkg-deb',
      'tar',
      'gpgv',
    ])
      await writeFile(join(bin, name), '', { mode: 0o755 })
    await writeFile(join(bin, 'perl'), '', { mode: 0o644 })
    const path = `${join(folder, 'nowhere')}:${bin}`
    expect(await programsFinding(false, path, bin)).toMatchObject({
      state: 'lacking',
      found: 'missing: newuidmap, newgidmap, perl',
      remedy: 'Let root run: apt-get install uidmap perl-base',
    })
    await chmod(join(bin, 'perl'), 0o755)
    expect((await programsFinding(true, path, bin)).state).toBe('ok')
    expect(await programsFinding(true, path, join(folder, 'no-keys'))).toMatchObject({
      remedy: 'Let root run: apt-get install debian-archive-keyring',
    })
  })
})

describe('resources', () => {
  test('space where the folder would be made', async () => {
    const store = join(folder, 'not/yet/there')
    const space = (free: number) => spaceFinding('store', 'Store', store, free)
    expect(await space(79e9)).toMatchObject({ state: 'ok', found: `79 GB free in ${store}` })
    expect(await space(5e9)).toMatchObject({ state: 'warning', found: `5.0 GB free in ${store}` })
    expect((await space(1e9)).state).toBe('lacking')
    await writeFile(join(folder, 'file'), '')
    expect(await spaceFinding('store', 'Store', join(folder, 'file/store'))).toMatchObject({
      state: 'lacking',
      found: `${join(folder, 'file/store')} cannot be written to`,
    })
  })

  test('memory and KVM', async () => {
    expect([memoryFinding(16e9), memoryFinding(3e9), memoryFinding(1e9)].map((each) => each.state)).toEqual([
      'ok',
      'warning',
      'lacking',
    ])
    expect(await kvmFinding(join(folder, 'kvm'))).toMatchObject({ state: 'warning' })
    await writeFile(join(folder, 'kvm'), '')
    expect(await kvmFinding(join(folder, 'kvm'))).toMatchObject({ state: 'ok' })
  })
})

describe('mirrors', () => {
  test('each release is asked for, the security archive too', async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      response.writeHead(request.url?.includes('bookworm') ? 404 : 200).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/debian`
      expect((await mirrorsFinding({ mirrors: { debian: [mirror] } }, ['trixie'])).state).toBe('ok')
      expect(asked.sort()).toEqual([
        'HEAD /debian-security/dists/trixie-security/InRelease',
        'HEAD /debian/dists/trixie/InRelease',
      ])
      // The first does not answer, and the other has all that is needed.
      const two = { mirrors: { debian: ['http://127.0.0.1:9/debian,', mirror] } }
      expect((await mirrorsFinding(two, ['trixie'])).state).toBe('ok')
      expect(await mirrorsFinding({ mirrors: { debian: [mirror] } }, ['bookworm'])).toMatchObject({
        state: 'warning',
        found: `no answer from ${mirror}/dists/bookworm/InRelease, ${mirror}-security/dists/bookworm-security/InRelease`,
      })
    } finally {
      server.close()
    }
  })

  test('none at all, and none that answers', async () => {
    expect(await mirrorsFinding({ mirrors: {} }, [], folder)).toMatchObject({ state: 'lacking' })
    expect((await mirrorsFinding({ mirrors: { debian: ['http://127.0.0.1:9/debian'] } }, [])).state).toBe(
      'lacking',
    )
  })
})
