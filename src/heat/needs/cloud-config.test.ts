import { describe, expect, test } from 'vitest'
import { planOf } from '../testing.ts'
import type { Need } from '../types.ts'

const HEAD =
  'heat_template_version: 2021-04-16\nparameters: {p: {type: string, default: pv}, m: {type: string}}\n'
const server = (userData: string, format = 'RAW') =>
  `  s: {type: OS::Nova::Server, properties: {image: i, user_data_format: ${format}, user_data: ${userData}}}\n`

function needsOf(resources: string): readonly Need[] {
  const plan = planOf(`${HEAD}resources:\n${resources}`)
  expect(plan.reasons).toEqual([])
  return plan.instances[0]!.needs
}
const cloud = (config: string) => needsOf(server(JSON.stringify(`#cloud-config\n${config}`)))
/** By id, true or why not. */
const verdicts = (needs: readonly Need[]) =>
  Object.fromEntries(needs.map(({ id, bake, why }) => [id.replace('cloud:', ''), bake || why]))

describe('packages', () => {
  test('every form', () => {
    const needs = cloud(
      "packages: [a, [b, '1.0'], [c], d=2, {apt: [e, [f, 3]], snap: [g], yum: [h]}, 5, null, [i, 1, 2], '-x', {apt: j}, x==1]",
    )
    expect(verdicts(needs)).toEqual({
      'packages/0': true,
      'packages/1': true,
      'packages/2': true,
      'packages/3': true,
      'packages/4/apt/0': true,
      'packages/4/apt/1': true,
      'packages/4/snap/0': 'snap packages are installed at boot',
      'packages/4/yum/0': 'yum packages are installed at boot',
      'packages/5': 'its name is not one for a package',
      'packages/6': 'its name is not one for a package',
      'packages/7': 'it is not a name with a version',
      'packages/8': 'its name is not one for a package',
      'packages/9/apt': 'it is not a list',
      'packages/10': 'its name is not one for a package',
    })
    expect(needs[1]).toMatchObject({ name: 'b', versions: ['1.0'] })
    expect(needs[3]).toMatchObject({ name: 'd=2' })
  })

  test('one text is a list of one', () => {
    expect(cloud('packages: nginx')).toMatchObject([{ name: 'nginx', bake: true, removable: true }])
    expect(verdicts(cloud('packages: {a: b}'))).toEqual({ packages: 'it is not a list' })
  })

  test('what is missing in a name is not shown as a hole', () => {
    const text = String.raw`{str_replace: {template: "#cloud-config\npackages: [p-$m]\n", params: {$m: {get_param: m}}}}`
    const plan = planOf(`${HEAD}resources:\n${server(text)}`)
    expect(plan.residue).toMatchObject([
      { what: 'package p-… (cloud-config)', why: 'it needs m, which is not given' },
    ])
  })
})

test('write_files: what can be in an image', () => {
  expect(
    verdicts(
      cloud(`write_files:
  - {path: /a, content: x, permissions: 0644}
  - {path: /b, content: H4sIAAAAAAAAA6sAAIMW3IwBAAAA, encoding: gz+b64, defer: true}
  - {path: /c}
  - {path: /d, content: x, append: true}
  - {path: /e, content: x, encoding: odd}
  - {path: relative, content: x}
  - {content: x}
  - text
  - {path: /f, content: x, permissions: u+x}
  - {path: /g, source: {uri: 'http://x'}}
  - {path: /h, content: '***', encoding: b64}
`),
    ),
  ).toEqual({
    'write_files/0': true,
    'write_files/1': true,
    'write_files/2': true,
    'write_files/3': 'it is appended to what the image has',
    'write_files/4': 'its content or encoding is not known',
    'write_files/5': 'its path is not one for a file in an image',
    'write_files/6': 'its path is not one for a file in an image',
    'write_files/7': 'it is not a map',
    'write_files/8': 'its permissions are not an octal number',
    'write_files/9': 'it is downloaded at boot',
    'write_files/10': 'its content or encoding is not known',
  })
})

describe('accounts', () => {
  test('system users without keys or passwords, if all that is said of them can be set', () => {
    expect(
      verdicts(
        cloud(`users:
  - default
  - {name: a, system: true, uid: '5', homedir: /x, shell: /bin/sh, groups: 'g, h', gecos: A, no_create_home: true}
  - {name: b}
  - {name: c, system: true, passwd: x}
  - {name: d, system: true, ssh_authorized_keys: [k]}
  - {name: e, system: true, sudo: ALL}
  - {name: f, system: true, primary_group: g}
  - {name: h, system: true, expiredate: x}
  - {name: i, system: true, uid: x}
  - {name: j, system: true, shell: sh}
  - {name: k, system: true, passwd: null}
  - {name: l, system: true, groups: ['-x']}
`),
      ),
    ).toEqual({
      'users/0': 'it is a user of the image, which cloud-init sets up',
      'users/1': true,
      'users/2': 'it is not a system user',
      'users/3': "it has passwd, which is each instance's own",
      'users/4': "it has ssh_authorized_keys, which is each instance's own",
      'users/5': "it has sudo, which is each instance's own",
      'users/6': 'it has primary_group, which Kiln does not set',
      'users/7': 'it has expiredate, which Kiln does not set',
      'users/8': 'its uid is not a number',
      'users/9': 'its home or shell is not a path',
      'users/10': true,
      'users/11': 'its groups are not names of groups',
    })
    expect(verdicts(cloud('users: {a: {system: true}}'))).toEqual({ 'users/a': true })
    expect(verdicts(cloud('users: default, bob'))).toEqual({
      users: 'users without a description are set up at boot',
    })
  })

  test('groups in every form', () => {
    expect(cloud("groups: [a, {b: [root]}, {c: x}, 'd e']")).toMatchObject([
      { name: 'a', bake: true },
      { name: 'b', members: ['root'], bake: true },
      { name: 'c', members: ['x'], bake: true },
      { bake: false },
    ])
    expect(cloud('groups: a, b').map((need) => need.kind === 'group' && need.name)).toEqual(['a', 'b'])
    expect(cloud('groups: {a: [root], b: null}')).toMatchObject([{ name: 'a' }, { name: 'b' }])
  })
})

test('repositories; what else apt and zypper set up stays', () => {
  expect(
    verdicts(
      cloud(`apt: {preserve_sources_list: true, sources: {a: {source: s, key: k}, b: null}}
yum_repos: {c: {baseurl: u}}
zypper: {repos: [{id: d, baseurl: u}], config: {e: f}}
`),
    ),
  ).toEqual({
    'apt/preserve_sources_list': 'it is set up at boot',
    'repositories/apt/a': true,
    'repositories/apt/b': 'it is not a map',
    'repositories/yum/c': true,
    'repositories/zypper/d': true,
    'zypper/config': 'it is set up at boot',
  })
})

test.each([
  ...[
    'ca_certs',
    'ca-certs',
    'locale',
    'timezone',
    'ntp',
    'swap',
    'snap',
    'disk_setup',
    'fs_setup',
    'mounts',
    'phone_home',
  ],
  ...[
    'power_state',
    'chpasswd',
    'ssh_pwauth',
    'ssh_keys',
    'hostname',
    'fqdn',
    'bootcmd',
    'runcmd',
    'package_update',
  ],
  ...[
    'package_upgrade',
    'package_reboot_if_required',
    'apt_update',
    'apt_sources',
    'user',
    'merge_how',
    'anything_else',
  ],
])('%s stays for boot', (key) => {
  expect(cloud(`${key}: {a: b}`)).toMatchObject([{ bake: false }])
})

describe('several parts', () => {
  const mime = (parts: string, more = '') =>
    needsOf(
      `${server('{get_resource: mime}')}  mime: {type: OS::Heat::MultipartMime, properties: {parts: ${parts}}}
  cc: {type: OS::Heat::CloudConfig, properties: {cloud_config: {packages: [a], groups: [g]}}}
  sc: {type: OS::Heat::SoftwareConfig, properties: {config: "#cloud-config\\npackages: [b]\\n"}}
${more}`,
    )
  const names = (needs: readonly Need[]) =>
    needs.map((need) => ('name' in need ? `${need.bake ? '' : 'not '}${need.name}` : need.kind))

  test('references, attributes and texts; parts may nest', () => {
    const inner =
      '  inner: {type: OS::Heat::MultipartMime, properties: {parts: [{config: {get_resource: sc}}]}}\n'
    expect(
      names(
        mime(
          '[{config: {get_attr: [cc, config]}}, {config: {get_resource: inner}, type: multipart}, {config: "#!/bin/sh\\n"}]',
          inner,
        ),
      ),
    ).toEqual(['a', 'g', 'b', 'not user data script'])
    expect(names(mime('[{config: {get_resource: inner}}]', inner))).toEqual(['not user data'])
  })

  test('a part that holds itself ends', () => {
    expect(
      names(mime('[{config: {get_resource: mime}, type: multipart}]')).every((name) =>
        name.startsWith('not'),
      ),
    ).toBe(true)
  })

  test('the subtype, or else the file name, says what a part is; plain text is looked at', () => {
    expect(names(mime('[{config: "packages: [x]", subtype: cloud-config}]'))).toEqual(['x'])
    expect(names(mime('[{config: "packages: [x]", filename: cloud-config.txt}]'))).toEqual(['x'])
    expect(names(mime('[{config: "#cloud-config\\npackages: [x]", subtype: plain}]'))).toEqual(['x'])
    expect(names(mime('[{config: {get_resource: sc}, subtype: x-shellscript}]'))).toEqual([
      'not user data script',
    ])
    expect(names(mime('[{config: {get_resource: cc}, subtype: x-include-url}]'))).toEqual(['not user data'])
    expect(names(mime('[{config: "packages: [x]"}]'))).toEqual(['not user data'])
  })

  test('a later part replaces what an earlier one says, but packages are taken from all', () => {
    const later = '[{config: {get_resource: cc}}, {config: "#cloud-config\\npackages: [z]\\ngroups: [h]\\n"}]'
    const needs = mime(later)
    expect(names(needs)).toEqual(['a', 'not g', 'z', 'h'])
    expect(needs[1]?.why).toBe('a later part of the user data replaces groups')
    const merged = later.replace('packages: [z]', 'merge_how: x\\npackages: [z]')
    expect(names(mime(merged))).toEqual(['a', 'g', 'not merge_how', 'z', 'h'])
  })

  test('packages do not leave when those that they hide are not in the image', () => {
    const parts = (first: string) =>
      `[{config: "#cloud-config\\npackages: [${first}]\\n"}, {config: {get_resource: sc}}]`
    expect(mime(parts('{snap: [x]}')).at(-1)).toMatchObject({ name: 'b', bake: true, removable: false })
    expect(mime(parts('x')).at(-1)).toMatchObject({ name: 'b', bake: true, removable: true })
  })
})

describe('who reads it', () => {
  test.each([
    ['HEAT_CFNTOOLS', 'with user_data_format HEAT_CFNTOOLS cloud-init does not read it'],
    ['{get_param: m}', 'user_data_format is not known, so neither is who reads it'],
    ['RAW', true],
    ['SOFTWARE_CONFIG', true],
  ])('%s', (format, verdict) => {
    expect(verdicts(needsOf(server('"#cloud-config\\npackages: [a]\\n"', format)))).toEqual({
      'packages/0': verdict,
    })
  })

  test.each([
    '## template: jinja\n#cloud-config\npackages: [a]',
    '#cloud-config-archive\n- a',
    '#cloud-config-jsonp\n[]',
    '#cloud-boothook\n',
    '#include\n',
  ])('%j is not a cloud-config', (text) => {
    expect(needsOf(server(JSON.stringify(text)))).toMatchObject([{ kind: 'other', bake: false }])
  })
})
