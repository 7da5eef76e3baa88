import { describe, expect, test } from 'vitest'
import type { Need } from '../../heat/index.ts'
import { draft, file, group, pkg, service, user } from './testing.ts'

describe('services, files, accounts', () => {
  test('enabled and disabled are baked, running is not', () => {
    const drafted = draft([service('nginx', true), service('apache2', false), service('cron')])
    expect(drafted.recipe.services).toEqual({ enable: ['nginx'], disable: ['apache2'] })
    expect(drafted.residue).toMatchObject([{ what: 'service cron' }])
  })

  test('files keep bytes, mode and owner; links are links', () => {
    const drafted = draft([
      user('app'),
      file('/etc/motd', { mode: 0o600, owner: 'app' }),
      file('/opt/blob', { content: new Uint8Array([0xff, 0]), mode: 0o120644 }),
      file('/opt/link', { content: undefined, linkTo: '/opt/blob', mode: 0o777 }),
    ])
    expect(drafted.residue).toEqual([])
    expect(drafted.recipe.custom_files).toEqual([
      { path: '/etc/motd', content: 'hello\n', mode: '0600', owner: 'app' },
      { path: '/opt/blob', content_base64: '/wA=', mode: '0644', owner: 'root' },
      { path: '/opt/link', link: '/opt/blob', owner: 'root' },
    ])
  })

  test.each([
    ['/var/lib/heat-cfntools/cfn-init-data', {}, 'a running machine keeps its own state there'],
    ['/etc/ssh/ssh_host_rsa_key', {}, 'it belongs to the machine, not to the image'],
    ['/home/debian/.bashrc', {}, 'the home of debian is made at boot'],
    ['/etc/my.cnf', { owner: 'mysql' }, 'its owner mysql may be made at boot or by a package'],
    [
      '/opt/x',
      { content: undefined, source: 'http://x/y' },
      'it is fetched from an address that no digest pins',
    ],
    ['/etc/../x', {}, 'its path must not hold ".."'],
    ['relative', {}, 'its path is not an absolute path'],
    ['/etc/motd', { hidden: true }, 'it depends on a hidden parameter'],
  ])('the file %s %j stays', (path, more, why) => {
    expect(draft([file(path, more)])).toMatchObject({
      residue: [{ what: `file ${path}`, why }],
      recipe: { custom_files: [] },
    })
  })

  test('groups and users as cfn-init makes them', () => {
    const drafted = draft([
      group('web', { gid: 4000 }),
      user('app', { uid: 4001, home: '/srv/app', groups: ['web', 'adm'] }),
      user('late', { groups: ['mysql'] }),
      user('bad name'),
    ])
    expect(drafted.recipe.groups).toMatchObject([{ name: 'web', gid: 4000 }])
    expect(drafted.recipe.users).toMatchObject([
      { name: 'app', uid: 4001, home: '/srv/app', groups: ['web', 'adm'], shell: '/usr/sbin/nologin' },
    ])
    expect(drafted.residue.map((entry) => entry.why)).toEqual([
      'its group mysql may be made at boot or by a package',
      'its name is not the name of a user or group',
    ])
  })
})

describe('a script is a hint', () => {
  const scripted = (manager: 'apt' | 'yum') =>
    ({ ...pkg('tool', manager), from: 'script', removable: false }) as Need
  test('what fits is baked, what does not stays and stops nothing', () => {
    expect(draft([scripted('apt')]).recipe.packages).toEqual([{ name: 'tool' }])
    expect(draft([scripted('yum')])).toMatchObject({
      problems: [],
      residue: [{ what: 'package tool (yum)', why: 'Debian 13 has no yum' }],
    })
  })

  test('it does not make up for packages that are asked for', () => {
    expect(draft([scripted('apt'), pkg('httpd', 'yum')]).problems).toMatchObject([
      { code: 'KILN_PACKAGES_UNFIT' },
    ])
  })
})

describe('accounts that wait for each other', () => {
  test('a user of a group that cannot be made stays', () => {
    const drafted = draft([group('g', { gid: 70000 }), user('u', { groups: ['g'] })])
    expect(drafted.recipe).toMatchObject({ users: [], groups: [] })
    expect(drafted.residue.map(({ what }) => what)).toEqual(['user u', 'group g'])
  })

  test('a group of members stays until they are made, and so does who is in it', () => {
    const drafted = draft([group('g', { members: ['u'] }), user('u', { groups: ['g'] })])
    expect(drafted.recipe).toMatchObject({ users: [], groups: [] })
    expect(draft([group('g'), user('u', { groups: ['g'] })]).recipe).toMatchObject({
      users: [{ name: 'u', groups: ['g'] }],
      groups: [{ name: 'g' }],
    })
  })
})
