import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { rewrite } from '../rewrite/rewrite.ts'
import { planOf } from '../testing.ts'

/** Short, so that no guard against known secrets in messages covers up for what is tested here. */
const SECRET = 'zq7'
const ALL = [
  SECRET,
  createHash('md5').update(SECRET).digest('hex'),
  Buffer.from(SECRET).toString('base64').replace(/=+$/, ''),
]
const HEAD = `heat_template_version: 2021-04-16
parameters:
  h: {type: string, hidden: true, default: ${SECRET}}
  j: {type: json, hidden: true, default: {a: ${SECRET}, ${SECRET}: {k: v}, l: [${SECRET}]}}
  l: {type: comma_delimited_list, hidden: true, default: 'a,${SECRET}'}
  b: {type: boolean, hidden: true, default: true}
  n: {type: string, hidden: true, default: open}
  open: {type: json, default: {open: chosen}}
conditions: {c: {equals: [{get_param: h}, ${SECRET}]}}
resources:
`

/** Everything that anybody is told, and ids of what would be in an image. */
function toldOf(resources: string, more: Readonly<Record<string, string>> = {}) {
  const { source, ...analysis } = planOf(
    { 'main.yaml': HEAD + resources, ...more },
    {},
    { scanScripts: true },
  )
  const choices = new Map(
    analysis.instances.map(({ path }) => [path, { image: 'new', baked: 'all' as const }]),
  )
  const left = analysis.outcome === 'build' ? rewrite({ source, ...analysis }, choices).residue : []
  const plain = (_key: string, value: unknown) =>
    typeof value === 'bigint'
      ? String(value)
      : value instanceof Uint8Array
        ? Buffer.from(value).toString('latin1')
        : value instanceof Map || value instanceof Set
          ? [...value]
          : value
  const baked = analysis.instances.flatMap(({ needs }) =>
    needs.filter((need) => need.bake).map((need) => need.id),
  )
  return { text: JSON.stringify({ analysis, left }, plain), baked, outcome: analysis.outcome }
}

const cfn = (config: string) =>
  `  s: {type: OS::Nova::Server, metadata: {'AWS::CloudFormation::Init': ${config}}, properties: {image: i}}\n`
const cloud = (config: string) =>
  `  s: {type: OS::Nova::Server, properties: {image: i, user_data_format: RAW, user_data: {get_resource: cc}}}
  cc: {type: OS::Heat::CloudConfig, properties: {cloud_config: ${config}}}\n`
const text = (template: string, params = '$h: {get_param: h}') =>
  `  s: {type: OS::Nova::Server, properties: {image: i, user_data_format: RAW, user_data: {str_replace: {template: ${JSON.stringify(template)}, params: {${params}}}}}}\n`
const image = (expression: string) => `  s: {type: OS::Nova::Server, properties: {image: ${expression}}}\n`
const keys = (from: string, value: string) =>
  `{map_merge: {repeat: {template: {"%x%": ${value}}, for_each: {"%x%": ${from}}}}}`

describe('nothing that touches a hidden parameter is in an image, or told', () => {
  test.each<[string, string]>([
    [
      'maps of everything',
      cfn(
        '{config: {packages: {apt: {get_param: j}}, files: {get_param: j}, users: {get_param: j}, groups: {get_param: j}, sources: {get_param: j}, commands: {get_param: j}, services: {systemd: {get_param: j}}}}',
      ),
    ],
    ['managers', cfn('{config: {packages: {get_param: j}, services: {get_param: j}}}')],
    ['a config', cfn('{config: {get_param: j}}')],
    ['the block', cfn('{get_param: j}')],
    [
      'names of packages and groups',
      cfn(
        `{config: {packages: {apt: ${keys('[{get_param: h}]', '[]')}}, groups: ${keys('{get_param: l}', '{}')}}}`,
      ),
    ],
    ['names of files', cfn(`{config: {files: ${keys('[{get_param: h}]', '{content: x}')}}}`)],
    [
      'names that are replaced',
      cfn('{config: {groups: {map_replace: [{k: {}}, {keys: {k: {get_param: h}}}]}}}'),
    ],
    [
      'parts of users and groups',
      cfn(
        '{config: {groups: {g: {gid: {get_param: h}}}, users: {u: {uid: {get_param: h}, homeDir: {get_param: h}, groups: [{get_param: h}]}}}}',
      ),
    ],
    [
      'parts of files',
      cfn(
        '{config: {files: {/a: {content: {get_param: h}}, /b: {content: x, owner: {get_param: h}}, /c: {content: x, mode: {get_param: h}}, /d: {source: {get_param: h}}, /e: {content: x, encoding: {get_param: h}}}}}',
      ),
    ],
    [
      'what functions make of it',
      cfn(
        `{config: {files: {/a: {content: {digest: [md5, {get_param: h}]}}, /b: {content: {"Fn::Base64": {get_param: h}}}, /c: {content: {str_split: [q, {get_param: h}, 0]}}, /d: {content: {yaql: {expression: $, data: {get_param: h}}}}, /e: {content: {list_join: [',', {get_param: l}]}}, /f: {content: {get_param: [j, a]}}, /g: {content: {contains: [{get_param: h}, [x]]}}, /h: {content: {make_url: {host: {get_param: h}}}}, /i: {content: {filter: [[a], {get_param: l}]}}}}}`,
      ),
    ],
    [
      'what a condition on it chose',
      cfn(
        '{config: {packages: {apt: {if: [c, {a: []}, {b: []}]}}, groups: {if: [{get_param: b}, {g: {}}, {}]}}}',
      ),
    ],
    ['what a condition on it left out', cfn('{config: {packages: {apt: {a: [], b: {if: [{not: c}, []]}}}}}')],
    [
      'what it chose from others',
      cfn(
        '{config: {files: {/a: {content: {get_param: [open, {get_param: n}]}}, /b: {content: {get_param: {get_param: n}}}}}}',
      ),
    ],
    ['cloud-config: keys', cloud('{get_param: j}')],
    [
      'cloud-config: parts',
      cloud(
        '{packages: {get_param: l}, write_files: [{path: {get_param: h}, content: x}, {path: /x, content: {get_param: h}}], users: [{name: {get_param: h}, system: true}, {name: u, system: true, groups: {get_param: l}}, {get_param: h}], groups: [{get_param: h}, {get_param: j}], yum_repos: {get_param: j}, apt: {sources: {get_param: j}}, zypper: {repos: [{id: {get_param: h}}]}, runcmd: [{get_param: h}]}',
      ),
    ],
    [
      'cloud-config: conditions',
      cloud(
        '{packages: {if: [c, [a], [b]]}, groups: {if: [{get_param: b}, [g]]}, users: [{if: [c, {name: u, system: true}]}]}',
      ),
    ],
    [
      'a value',
      `  v: {type: OS::Heat::Value, properties: {value: {get_param: j}}}\n${cfn('{config: {files: {get_attr: [v, value]}, packages: {apt: {a: {get_attr: [v, value, l]}}}}}')}`,
    ],
    [
      'a structure that it fills',
      text('#cloud-config\n$h', `$h: {list_join: ['', ['packages: [', {get_param: h}, ']']]}`),
    ],
    ['a text that is no YAML with it', text('#cloud-config\na: [}$h')],
    ['a script', text('#!/bin/sh\napt-get install -y a $h\n$h apt-get install -y b\n')],
    [
      'a flavor, a name, a format',
      '  s: {type: OS::Nova::Server, properties: {image: i, name: {get_param: h}, flavor: {get_param: h}, user_data_format: {get_param: h}, user_data: "#cloud-config\\npackages: [a]\\n"}}\n',
    ],
    [
      'deployments',
      `${image('i')}  c: {type: OS::Heat::SoftwareConfig, properties: {group: {get_param: h}, config: x}}\n  d: {type: OS::Heat::SoftwareDeployment, properties: {config: {get_resource: c}, server: {get_resource: s}}}\n  e: {type: OS::Heat::SoftwareDeployment, properties: {config: {get_param: h}, server: {get_resource: s}}}\n`,
    ],
  ])('%s', (_what, resources) => {
    const { text: told, baked, outcome } = toldOf(resources)
    for (const one of ALL) expect(told).not.toContain(one)
    expect([outcome, baked]).toEqual(['build', []])
  })

  test('what stands beside it is', () => {
    expect(toldOf(cfn('{config: {packages: {apt: {a: [], b: [{get_param: h}]}}}}')).baked).toEqual([
      'cfn:config/packages/apt/a',
    ])
    expect(toldOf(text('#cloud-config\npackages: [a, $h]\n$h: x\n')).baked).toEqual(['cloud:packages/0'])
    expect(toldOf(text('#!/bin/sh\napt-get install a\napt-get install $h\n')).baked).toEqual([
      'script:0/apt/a',
    ])
  })

  test('sets that it names may be any: which were meant does not show', () => {
    const sets =
      '{configSets: {zq: [one], x: [two]}, one: {packages: {apt: {a: []}}}, two: {packages: {apt: {b: []}}}}'
    const server = cfn(sets).replace(
      'image: i',
      `image: i, user_data: {list_join: ['', ["#!/bin/sh\\ncfn-init -c ", {str_split: ['7', {get_param: h}, 0]}]]}`,
    )
    expect(toldOf(server).baked).toEqual(['cfn:one/packages/apt/a', 'cfn:two/packages/apt/b'])
    expect(toldOf(cfn(sets.replace('zq: [one]', 'default: [{get_param: n}]'))).baked).toHaveLength(2)
  })

  test('nested templates get it under another name, and have their own', () => {
    const child = `heat_template_version: 2021-04-16
parameters: {x: {type: string}, y: {type: json}, own: {type: string, hidden: true, default: ${SECRET}}}
outputs: {o: {value: {get_param: x}}}
resources:
  s: {type: OS::Nova::Server, metadata: {'AWS::CloudFormation::Init': {config: {files: {get_param: y}, packages: {apt: {a: [], b: [{get_param: x}], c: [{get_param: own}]}}}}}, properties: {image: i}}
`
    const parent = '  n: {type: c.yaml, properties: {x: {get_param: h}, y: {get_param: j}}}\n'
    const { text: told, baked } = toldOf(parent, { 'c.yaml': child })
    expect(told).not.toContain(SECRET)
    expect(baked).toEqual(['cfn:config/packages/apt/a'])
    const output = toldOf(parent + cfn('{config: {groups: {g: {gid: {get_attr: [n, o]}}}}}'), {
      'c.yaml': child,
    })
    expect(output.text).not.toContain(SECRET)
    expect(output.baked).toEqual(['cfn:config/packages/apt/a'])
    const wrong = toldOf('  n: {type: c.yaml, properties: {x: {get_param: h}, y: {get_param: h}}}\n', {
      'c.yaml': child,
    })
    expect(wrong.text).not.toContain(SECRET)
  })
})

describe('what is wrong is told without it', () => {
  test.each([
    image('{get_resource: {get_param: h}}'),
    image('{get_param: {get_param: h}}'),
    image('{get_param: [j, l]}'),
    image(keys('[{get_param: h}]', 'y')),
    image('{str_split: [",", a, {get_param: h}]}'),
    `  r: {type: OS::Heat::RandomString}\n${image('{get_attr: [r, {get_param: h}]}')}`,
    image('{get_attr: [{get_param: h}, x]}'),
    image('{get_file: {get_param: h}}'),
    '  g: {type: OS::Heat::ResourceGroup, properties: {resource_def: {type: {get_param: h}}}}\n',
    `  g: {type: OS::Heat::ResourceGroup, properties: {index_var: {get_param: h}, resource_def: {type: OS::Nova::Server, properties: {image: 'x-{get_param: h}'}}}}\n`,
    '  c: {type: OS::Heat::ResourceChain, properties: {resources: [{get_param: h}]}}\n',
    '  n: {type: OS::Heat::Stack, properties: {template: {get_param: h}}}\n',
    `  k: {type: Kiln::Image, properties: {os: {get_param: h}}}\n${image('{get_resource: k}')}`,
    `  k: {type: Kiln::Image, properties: {get_param: j}}\n${image('{get_resource: k}')}`,
    `  k: {type: Kiln::Image, properties: {os: x, packages: {if: [c, [a], [b]]}}}\n${image('{get_resource: k}')}`,
  ])('%s', (resources) => {
    const { text: told, outcome } = toldOf(resources)
    expect([outcome, told.includes(SECRET)]).toEqual(['fail', false])
  })
})
