import { describe, expect, test } from 'vitest'
import type { Instance, Need } from '../../heat/index.ts'
import type { BaseSystem } from '../bases/index.ts'
import { resolveBase } from '../bases/index.ts'
import { draftRecipe } from './index.ts'
import { parsePackageMap } from './package-map.ts'

const common = { from: 'cfn-init', bake: true, params: [], hidden: false, removable: true } as const
let ids = 0
const id = () => `need-${ids++}`

const pkg = (
  name: string,
  manager: 'apt' | 'yum' | 'any' | 'rubygems' | 'rpm',
  ...versions: string[]
): Need => ({
  ...common,
  id: id(),
  kind: 'package',
  manager,
  managerName: manager,
  name,
  versions,
})
const file = (path: string, more: object = {}): Need => ({
  ...common,
  id: id(),
  kind: 'file',
  path,
  content: new TextEncoder().encode('hello\n'),
  static: true,
  ...more,
})
const service = (name: string, enabled?: boolean): Need => ({
  ...common,
  id: id(),
  kind: 'service',
  manager: 'systemd',
  name,
  ...(enabled === undefined ? {} : { enabled }),
})
const user = (name: string, more: object = {}): Need => ({
  ...common,
  id: id(),
  kind: 'user',
  name,
  groups: [],
  ...more,
})
const group = (name: string, more: object = {}): Need => ({
  ...common,
  id: id(),
  kind: 'group',
  name,
  ...more,
})
const repository = (entry: Record<string, string>): Need => ({
  ...common,
  from: 'cloud-config',
  id: id(),
  kind: 'repository',
  system: 'apt',
  name: 'my repo.list',
  entry: new Map(Object.entries(entry)),
})
const hook = (...requires: string[]): Need => ({
  ...common,
  from: 'deployment',
  id: id(),
  kind: 'hook',
  group: 'script',
  deployment: 'deploy',
  requires,
  known: true,
})

const instance = (needs: readonly Need[], more: Partial<Instance> = {}): Instance => ({
  path: 'web',
  type: 'OS::Nova::Server',
  property: 'image',
  image: 'debian-13',
  resolvedFrom: [],
  userData: {
    kind: 'none',
    format: 'RAW',
    runsCfnInit: false,
    configSets: [],
    runtime: false,
    missing: false,
  },
  needsCfnTools: false,
  needs,
  ...more,
})

const systemOf = (name: string): BaseSystem => {
  const base = resolveBase(name)
  if (!('system' in base) || !base.system) throw new Error(`${name} has no system`)
  return base.system
}
const draft = (needs: readonly Need[], os = 'debian-13', more: object = {}, of: Partial<Instance> = {}) =>
  draftRecipe(instance(needs, of), { name: 'web', system: systemOf(os), ...more })

describe('packages', () => {
  test('apt and cloud-config fit Debian; what they name is in the recipe', () => {
    const drafted = draft([pkg('nginx', 'apt'), pkg('jq', 'any', '1.7'), pkg('curl=8.*', 'any')])
    expect(drafted.recipe.packages).toEqual([
      { name: 'curl', version: '8.*' },
      { name: 'jq', version: '1.7' },
      { name: 'nginx' },
    ])
    expect(drafted.recipe.recommends).toBe(true)
    expect(drafted).toMatchObject({ through: ['apt'], problems: [], residue: [] })
    expect(drafted.baked.size).toBe(3)
  })

  test('only yum on Debian is a problem that says so', () => {
    const { problems, baked } = draft([pkg('httpd', 'yum'), pkg('wordpress', 'yum')])
    expect(problems).toMatchObject([
      {
        code: 'KILN_PACKAGES_UNFIT',
        path: 'web',
        message:
          'web names its packages for yum only, and its base debian-13 is Debian 13, which installs with apt',
      },
    ])
    expect(problems[0]?.hint).toContain('\n  httpd: …\n  wordpress: …')
    expect(baked.size).toBe(0)
  })

  test('yum beside apt on Debian stays, with the reason', () => {
    const { residue, recipe, problems } = draft([pkg('httpd', 'yum'), pkg('apache2', 'apt')])
    expect(recipe.packages).toEqual([{ name: 'apache2' }])
    expect(problems).toEqual([])
    expect(residue).toEqual([
      {
        path: 'web',
        what: 'package httpd (yum)',
        why: 'Debian 13 has no yum: another section names its packages',
      },
    ])
  })

  test('yum fits Fedora, also before Fedora can be built', () => {
    const drafted = draft([pkg('httpd', 'yum')], 'F17-x86_64-cfntools')
    expect(drafted.recipe).toMatchObject({
      from: { os: 'fedora-17', arch: 'amd64' },
      packages: [{ name: 'httpd' }],
    })
    expect(drafted.through).toEqual(['yum'])
  })

  test('a package map says what they are called here', () => {
    const packageMap = parsePackageMap(
      'httpd: apache2\nphp: [libapache2-mod-php, php-mysql]\nlibselinux: []\nservices: {httpd: apache2}\n',
      'map',
    )
    const needs = [pkg('httpd', 'yum'), pkg('php', 'yum'), pkg('libselinux', 'yum'), service('httpd', true)]
    const drafted = draft(needs, 'debian-13', { packageMap })
    expect(drafted.recipe.packages.map((p) => p.name)).toEqual(['apache2', 'libapache2-mod-php', 'php-mysql'])
    expect(drafted.recipe.services.enable).toEqual(['apache2'])
    expect(drafted).toMatchObject({ problems: [], residue: [] })
    expect(drafted.baked.size).toBe(4)
  })

  test('what a package map forgets is a problem', () => {
    const packageMap = parsePackageMap('httpd: apache2\n', 'map')
    const { problems } = draft([pkg('httpd', 'yum'), pkg('mod_ssl', 'yum')], 'debian-13', { packageMap })
    expect(problems).toMatchObject([
      { message: 'the package map does not say what mod_ssl of web is called on Debian 13' },
    ])
  })

  test('what Kiln or cfn-init does not install stays', () => {
    const { residue } = draft([
      pkg('rails', 'rubygems'),
      pkg('x', 'rpm'),
      pkg('task^', 'any'),
      pkg('a', 'apt', '1', '2'),
    ])
    expect(residue.map(({ what, why }) => `${what}: ${why}`)).toEqual([
      'package rails (rubygems): Kiln does not install packages of rubygems yet',
      'package x (rpm): cfn-init does not install packages of rpm either',
      'package task^ (any): its name is not the name of a package',
      'package a (apt): it names several versions, and Kiln takes only one or none',
    ])
  })
})

describe('cfn-init at boot', () => {
  const calls = { needsCfnTools: true }
  test('Debian 12 packages it', () => {
    expect(draft([], 'debian-12', {}, calls).recipe.packages).toEqual([{ name: 'heat-cfntools' }])
  })

  test('Debian 13 does not, and that is said', () => {
    expect(draft([], 'debian-13', {}, calls).problems).toMatchObject([
      {
        code: 'KILN_CFNTOOLS_ABSENT',
        message: 'the user data of web calls cfn-init, and Debian 13 has no package heat-cfntools',
      },
    ])
  })

  test('unless the user data brings it', () => {
    const packageMap = parsePackageMap('heat-cfntools: []', 'map')
    expect(draft([], 'debian-13', { packageMap }, calls)).toMatchObject({
      problems: [],
      recipe: { packages: [] },
    })
  })
})

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

describe('repositories and deployments', () => {
  const key = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n'
  test('a repository with its key is baked', () => {
    const drafted = draft([
      repository({ source: 'deb [signed-by=$KEY_FILE] https://example.org/apt $RELEASE main', key }),
    ])
    expect(drafted.recipe.repositories).toEqual([
      { name: 'my-repo.list', uri: 'https://example.org/apt', suite: 'trixie', components: ['main'], key },
    ])
  })

  test.each([
    [{ source: 'deb https://example.org/apt x main', keyid: 'ABCD' }, 'its signing key is not given in full'],
    [{ source: 'ppa:someone/thing', key }, 'its source is not a line that Kiln reads'],
    [{ source: 'deb $MIRROR $RELEASE main', key }, 'its source is not a line that Kiln reads'],
    [{ source: 'deb [arch=arm64] https://example.org/apt x main', key }, 'its source is not a line'],
  ])('%j stays', (entry, why) => {
    expect(draft([repository(entry)]).residue).toMatchObject([{ why: expect.stringContaining(why) }])
  })

  test('a deployment without an agent is a problem, with one it is baked', () => {
    expect(draft([hook('os-collect-config')]).problems).toMatchObject([{ code: 'KILN_AGENT_ABSENT' }])
    const packageMap = parsePackageMap('os-collect-config: python3-os-collect-config', 'map')
    expect(draft([hook('os-collect-config')], 'debian-13', { packageMap }).recipe.packages).toEqual([
      { name: 'python3-os-collect-config' },
    ])
  })
})

test('every need is baked, residue or a problem', () => {
  const needs = [
    ...(['apt', 'yum', 'any', 'rubygems', 'rpm'] as const).map((manager) => pkg('p', manager)),
    file('/etc/a'),
    file('/tmp/b'),
    service('a', true),
    service('b'),
    user('u'),
    group('g'),
    repository({ source: 'x' }),
    hook(),
    { ...common, id: id(), kind: 'source', path: '/opt' } as const,
    { ...common, id: id(), kind: 'command', name: '01' } as const,
    { ...common, id: id(), kind: 'other', name: 'ntp' } as const,
  ]
  const { baked, residue, problems } = draft(needs)
  expect(problems).toEqual([])
  expect(baked.size + residue.length).toBe(needs.length)
})

describe('a package map', () => {
  test.each([
    ['a: [', 'it is not YAML'],
    ['- a', 'it must be a map'],
    [
      'a: 1\nb: {c: d}\nc: "x y"',
      '"a" must be one name or a list of names; "b" must be one name or a list of names; "c"',
    ],
  ])('%j is refused', (text, why) => expect(() => parsePackageMap(text, 'm')).toThrow(why))
})
