import { describe, expect, test } from 'vitest'
import { planOf } from '../testing.ts'
import type { Need } from '../types.ts'

/** Needs of the one instance by id, with whether they are baked and may be removed. */
function needsOf(
  metadata: string,
  userData = "'#!/bin/sh\\ncfn-init'",
  parameters: Record<string, unknown> = {},
): Map<string, Need> {
  const plan = planOf(
    `HeatTemplateFormatVersion: '2012-12-12'
Parameters:
  Version: {Type: String, Default: '1.2'}
  Secret: {Type: String, Default: secret-value, NoEcho: 'true'}
Resources:
  S:
    Type: AWS::EC2::Instance
    Metadata: {'AWS::CloudFormation::Init': ${metadata}}
    Properties: {ImageId: i, UserData: ${userData}}
`,
    parameters,
  )
  expect(plan.reasons).toEqual([])
  return new Map(plan.instances[0]!.needs.map((need) => [need.id, need]))
}

function verdicts(needs: Map<string, Need>): Record<string, string> {
  return Object.fromEntries(
    [...needs]
      .filter(([id]) => id.startsWith('cfn:'))
      .map(([id, need]) => [id, need.bake ? (need.removable ? 'removable' : 'baked') : need.why!]),
  )
}

describe('cfn-init', () => {
  test('packages by manager, with versions where heat-cfntools minds them', () => {
    const needs = needsOf(
      '{config: {packages: {yum: {httpd: [], php: ["5.3", "5.4"]}, apt: {nginx: "1.0"}, rubygems: {rack: ["1.3"]}, rpm: {x: "http://h/x.rpm"}, msi: {y: z}}}}',
    )
    expect(needs.get('cfn:config/packages/yum/php')).toMatchObject({
      kind: 'package',
      manager: 'yum',
      versions: ['5.3', '5.4'],
      bake: true,
    })
    expect(needs.get('cfn:config/packages/apt/nginx')).toMatchObject({ versions: [], bake: true })
    expect(needs.get('cfn:config/packages/rubygems/rack')).toMatchObject({ versions: ['1.3'], bake: true })
    expect(needs.get('cfn:config/packages/rpm/x')).toMatchObject({ bake: false })
    expect(needs.get('cfn:config/packages/msi/y')).toMatchObject({
      manager: 'other',
      managerName: 'msi',
      bake: false,
    })
  })

  test('what depends on a parameter is baked but stays; what is hidden or only known at run time is not', () => {
    expect(
      verdicts(
        needsOf(`{config: {
          packages: {yum: {a: [], b: [{Ref: Version}], c: [{Ref: Secret}], '--evil': []}},
          files: {/a: {content: x, mode: '000644'}, /b: {content: {Ref: Version}}, /c: {content: {Ref: Secret}}, /d: {content: {Ref: 'AWS::StackName'}},
                  /e: {source: 'http://h/e'}, /f: {content: x, mode: 0644}, ../g: {content: x}},
          sources: {/opt: 'http://h/x.tgz'}, commands: {go: {command: ls}},
          groups: {g: {gid: '45'}}, users: {u: {uid: '50', groups: [g], homeDir: /u}},
          services: {systemd: {s: {enabled: 'true', ensureRunning: 'true'}, t: {ensureRunning: 'true'}}}}}`),
      ),
    ).toEqual({
      'cfn:config/packages/yum/a': 'removable',
      'cfn:config/packages/yum/b': 'baked',
      'cfn:config/packages/yum/c': 'it holds the value of a hidden parameter',
      'cfn:config/packages/yum/--evil': 'its name is not one for a package',
      'cfn:config/sources//opt': 'it is downloaded from a URL that no digest pins',
      'cfn:config/groups/g': 'removable',
      'cfn:config/users/u': 'removable',
      'cfn:config/files//a': 'baked',
      'cfn:config/files//b': 'baked',
      'cfn:config/files//c': 'it holds the value of a hidden parameter',
      'cfn:config/files//d': 'it is only known when the stack runs',
      'cfn:config/files//e': 'it is downloaded from a URL that no digest pins',
      'cfn:config/files//f': 'its mode is not an octal number in quotes, on which cfn-init stops',
      'cfn:config/files/../g': 'its path is not one for a file in an image',
      'cfn:config/commands/go': 'commands are run at boot, in the order of their labels',
      'cfn:config/services/systemd/s': 'baked',
      'cfn:config/services/systemd/t': 'it does not say whether the service is enabled',
    })
  })

  test('files: octal modes, links and base64 as AWS means them, maps as JSON', () => {
    const needs = needsOf(`{config: {files: {
      /l: {content: /target, mode: '120777'}, /b: {content: aGk=, encoding: base64, mode: '000600', owner: root},
      /j: {content: {a: [1, true]}}}}}`)
    expect(needs.get('cfn:config/files//l')).toMatchObject({ linkTo: '/target' })
    expect(needs.get('cfn:config/files//b')).toMatchObject({
      mode: 0o600,
      owner: 'root',
      content: new Uint8Array([104, 105]),
    })
    const json = needs.get('cfn:config/files//j')
    expect(json?.kind === 'file' && Buffer.from(json.content!).toString()).toBe(
      '{\n    "a": [\n        1,\n        true\n    ]\n}',
    )
  })

  const sets = `{configSets: {default: [one, {ConfigSet: more}], more: [two], other: [three]},
    one: {packages: {yum: {a: []}}, commands: {x: {command: y}}}, two: {packages: {yum: {b: []}}, files: {/f: {content: x}}},
    three: {packages: {yum: {c: []}}}}`
  test('sets: default without -c, later files may rest on commands, configs of no set are not baked', () => {
    expect(verdicts(needsOf(sets))).toMatchObject({
      'cfn:one/packages/yum/a': 'removable',
      'cfn:two/packages/yum/b': 'removable',
      'cfn:two/files//f': 'commands of an earlier config may be needed first',
      'cfn:three/packages/yum/c': 'the user data asks for no set that holds the config three',
    })
  })

  test('sets: -c names them', () => {
    const needs = verdicts(
      needsOf(
        sets,
        `{'Fn::Join': ['', ["#!/bin/sh\\n", 'cfn-init -v -s ', {Ref: 'AWS::StackName'}, " -c other\\n"]]}`,
      ),
    )
    expect(needs['cfn:three/packages/yum/c']).toBe('removable')
    expect(needs['cfn:one/packages/yum/a']).toContain('no set')
  })
})

function server(properties: string, more = ''): ReturnType<typeof planOf> {
  return planOf(`heat_template_version: 2016-10-14
parameters: {p: {type: string, default: extra}}
resources:
  s:
    type: OS::Nova::Server
    properties: {image: i, ${properties}}
${more}`)
}

describe('cloud-config', () => {
  const text = `"#cloud-config\\npackages: [a, [b, '2'], {apt: [c], snap: [d]}]\\nwrite_files: [{path: /f, content: aGk=, encoding: b64, permissions: '0600', owner: 'u:g'}, {path: /g, append: true, content: x}]\\nusers: [default, {name: sys, system: true}, {name: me, ssh_authorized_keys: [k]}]\\ngroups: [g1]\\nruncmd: [ls]\\nntp: {}\\n"`

  test('RAW: each key by its rule', () => {
    const [instance] = server(`user_data_format: RAW, user_data: ${text}`).instances
    expect(instance?.userData).toMatchObject({ kind: 'cloud-config', format: 'RAW', runsCfnInit: false })
    expect(instance?.needs.map((need) => [need.id, need.kind, need.bake])).toEqual([
      ['cloud:packages/0', 'package', true],
      ['cloud:packages/1', 'package', true],
      ['cloud:packages/2/apt/0', 'package', true],
      ['cloud:packages/2/snap/0', 'package', false],
      ['cloud:write_files/0', 'file', true],
      ['cloud:write_files/1', 'file', false],
      ['cloud:users/0', 'user', false],
      ['cloud:users/1', 'user', true],
      ['cloud:users/2', 'user', false],
      ['cloud:groups/g1', 'group', true],
      ['cloud:runcmd', 'command', false],
      ['cloud:ntp', 'other', false],
    ])
    expect(instance?.needs[4]).toMatchObject({
      content: new Uint8Array([104, 105]),
      mode: 0o600,
      owner: 'u',
      group: 'g',
    })
  })

  test('HEAT_CFNTOOLS is the default, and there cloud-init does not read it', () => {
    const [instance] = server(`user_data: ${text}`).instances
    expect(instance?.needs.some((need) => need.bake)).toBe(false)
    expect(instance?.needs[0]?.why).toContain('HEAT_CFNTOOLS')
  })

  test('a package that a parameter had a hand in is not removable, its neighbours are', () => {
    const [instance] = server(
      'user_data_format: RAW, user_data: {str_replace: {template: "#cloud-config\\npackages: [a, x-$p]\\n", params: {$p: {get_param: p}}}}',
    ).instances
    expect(instance?.needs).toMatchObject([
      { name: 'a', params: [], removable: true },
      { name: 'x-extra', params: ['p'], bake: true, removable: false },
    ])
  })

  test('references are followed: CloudConfig in MultipartMime', () => {
    const [instance] = server(
      'user_data_format: RAW, user_data: {get_resource: mime}',
      `  mime: {type: OS::Heat::MultipartMime, properties: {parts: [{config: {get_resource: cc}}, {config: {get_resource: sh}}]}}
  cc: {type: OS::Heat::CloudConfig, properties: {cloud_config: {packages: [nginx]}}}
  sh: {type: OS::Heat::SoftwareConfig, properties: {config: "#!/bin/sh\\n/usr/bin/cfn-init"}}
`,
    ).instances
    expect(instance?.userData).toMatchObject({ kind: 'mime', runsCfnInit: true })
    expect(instance?.needs.map((need) => [need.kind, need.bake])).toEqual([
      ['package', true],
      ['other', false],
    ]) // prettier-ignore
  })

  test.each([
    ['#!/bin/sh\\nyum install x', 'script'],
    ['## template: jinja\\n#cloud-config', 'jinja'],
    ['#include\\nhttp://h', 'include'],
    ['#ps1\\nx', 'windows'],
    ['hello', 'other'],
  ])('%s is %s', (head, kind) => {
    expect(server(`user_data_format: RAW, user_data: "${head}"`).instances[0]?.userData.kind).toBe(kind)
  })
})

test('deployments name the hook that the image needs', () => {
  const [instance] = server(
    'user_data_format: SOFTWARE_CONFIG',
    `  c: {type: OS::Heat::SoftwareConfig, properties: {group: ansible, config: x}}
  d: {type: OS::Heat::SoftwareDeployment, properties: {config: {get_resource: c}, server: {get_resource: s}}}
  e: {type: OS::Heat::SoftwareDeploymentGroup, properties: {config: {get_resource: f}, servers: {x: {get_resource: s}}}}
  f: {type: OS::Heat::StructuredConfig, properties: {group: odd}}
`,
  ).instances
  expect(instance?.needs).toMatchObject([
    { kind: 'hook', group: 'ansible', deployment: 'd', known: true, bake: false },
    { kind: 'hook', group: 'odd', deployment: 'e', known: false },
  ])
})

describe('hidden values in names', () => {
  const residue = (cloudConfig: string) => {
    const plan = planOf(`heat_template_version: 2018-08-31
parameters: {s: {type: string, hidden: true, default: xyz}, n: {type: number, hidden: true, default: 987}}
resources:
  a:
    type: OS::Nova::Server
    properties:
      image: i
      user_data_format: RAW
      user_data:
        str_replace:
          params: {$s: {get_param: s}, $n: {get_param: n}}
          template: ${JSON.stringify(`#cloud-config\n${cloudConfig}`)}
`)
    return plan.residue.map(({ what, why }) => `${what}: ${why}`)
  }

  test('are shown nowhere, however short, and names that are not hidden are', () => {
    const shown = residue(`groups: [$s, visible]
users: [{name: $s, system: true}, {name: known, system: true, uid: $n}]
write_files: [{path: /etc/$n, content: x}, {path: /etc/known, content: $s}]
packages: [p$s]
`)
    expect(shown.join('\n')).not.toMatch(/xyz|987/)
    expect(shown).toContain('group (hidden): it holds the value of a hidden parameter')
    expect(shown).toContain('user (hidden): it holds the value of a hidden parameter')
    expect(shown).toContain('user known: it holds the value of a hidden parameter')
    expect(shown).toContain('file (hidden): it holds the value of a hidden parameter')
    expect(shown).toContain('file /etc/known: it holds the value of a hidden parameter')
  })

  test('nor in what a reader of YAML stumbles over', () => {
    expect(residue('a: [}$s').join('\n')).not.toContain('xyz')
    expect(residue('a: b\n $s').join('\n')).not.toContain('xyz')
  })
})
