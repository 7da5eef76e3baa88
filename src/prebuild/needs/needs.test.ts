import { describe, expect, test } from 'vitest'
import { parsePackageMap } from './package-map.ts'
import { common, draft, file, group, hook, id, pkg, repository, service, user } from './testing.ts'

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

  test('packages of Python come from its indexes, whatever version is written: easy_install takes the newest', () => {
    const needs = [pkg('Py_Stache', 'python'), pkg('-x', 'python')]
    const drafted = draft(needs)
    expect(drafted.recipe).toMatchObject({ packages: [], pip_packages: ['py-stache'] })
    expect(drafted.baked.size).toBe(1)
    expect(drafted.residue).toMatchObject([
      { what: 'package -x (python)', why: /^"-x" is not a package of Python/ },
    ])
    const packageMap = parsePackageMap('Py_Stache: python3-pystache', 'map')
    expect(draft([needs[0]!], 'debian-13', { packageMap }).recipe).toMatchObject({
      packages: [{ name: 'python3-pystache' }],
      pip_packages: [],
    })
    const onImage = draft([needs[0]!], 'debian-13', { from: 'base.qcow2' })
    expect(onImage.recipe.pip_packages).toEqual([])
    expect(onImage.residue).toMatchObject([{ why: /on a disk image yet$/ }])
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
