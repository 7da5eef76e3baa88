import { describe, expect, test } from 'vitest'
import { rewrite } from '../rewrite/rewrite.ts'
import { planOf, rewritten } from '../testing.ts'

const HEAD = 'heat_template_version: 2018-08-31\n'
const server = (image: string) => `  s: {type: OS::Nova::Server, properties: {image: ${image}}}\n`

/** The image of the one server, or what is said of it. */
function imageOf(resources: string, more: Readonly<Record<string, string>> = {}, parameters = {}): string {
  const environments = 'e.yaml' in more ? ['e.yaml'] : []
  const plan = planOf({ 'main.yaml': HEAD + resources, ...more }, parameters, { environments })
  if (plan.images.length > 0) return plan.images[0]!.image
  return plan.missing.length > 0
    ? `missing ${plan.missing.join()}`
    : (plan.reasons[0]?.message ?? 'nothing to build')
}

describe('OS::Heat::Value', () => {
  test.each<[string, string, string]>([
    ['{value: x}', '[v, value]', 'x'],
    ['{value: {a: [x, y]}}', '[v, value, a, 1]', 'y'],
    ['{type: string, value: 5}', '[v, value]', '5'],
    ['{type: number, value: "5"}', '[v, value]', '5'],
    [`{type: json, value: '{"a": "x"}'}`, '[v, value, a]', 'x'],
    ['{type: comma_delimited_list, value: [x, y]}', '[v, value, 0]', 'x'],
    ['{type: comma_delimited_list, value: "x,y"}', '[v, value, 0]', 'not of its type'],
    ['{type: json, value: x}', '[v, value, a]', 'not of its type'],
    ['{type: number, value: x}', '[v, value]', 'not of its type'],
    ['{type: boolean, value: maybe}', '[v, value]', 'not of its type'],
    ['{value: {a: x}}', '[v, value, nowhere]', 'only known when the stack runs (v.value.nowhere)'],
    ['{value: x}', '[v, show]', 'only known when the stack runs (v.show)'],
  ])('%s at %s → %s', (properties, path, image) => {
    const resources = `resources:\n  v: {type: OS::Heat::Value, properties: ${properties}}\n${server(`{get_attr: ${path}}`)}`
    expect(imageOf(resources)).toContain(image)
  })

  test('only what is looked at matters', () => {
    const value =
      '  v: {type: OS::Heat::Value, properties: {value: {a: x, b: {get_param: nobody}, c: {get_param: p}}}}\n'
    const head = `parameters: {p: {type: string}}\nresources:\n${value}`
    expect(imageOf(head + server('{get_attr: [v, value, a]}'))).toBe('x')
    expect(imageOf(head + server('{get_attr: [v, value, c]}'))).toBe('missing p')
  })

  test('behind the registry, and behind a condition', () => {
    const registry = { 'e.yaml': 'resource_registry: {"My::V": "OS::Heat::Value"}' }
    const mine = `resources:\n  v: {type: My::V, properties: {value: x}}\n${server('{get_attr: [v, value]}')}`
    expect(imageOf(mine, registry)).toBe('x')
    const off = (condition: string) =>
      `parameters: {p: {type: boolean}}\nresources:\n  v: {type: OS::Heat::Value, condition: ${condition}, properties: {value: x}}\n${server('{get_attr: [v, value]}')}`
    expect(imageOf(off('{get_param: p}'))).toBe('missing p')
    expect(imageOf(off('{get_param: p}'), {}, { p: true })).toBe('x')
    expect(imageOf(off('{get_param: p}'), {}, { p: false })).toContain("there is no resource 'v'")
  })

  test('what hangs on itself ends in a message', () => {
    const value = (name: string, of: string) =>
      `  ${name}: {type: OS::Heat::Value, properties: {value: ${of}}}\n`
    const image = server('{get_attr: [v, value]}')
    expect(imageOf(`resources:\n${value('v', '{get_attr: [v, value]}')}${image}`)).toContain(
      'depends on itself',
    )
    expect(
      imageOf(
        `resources:\n${value('v', '[{get_attr: [w, value]}]')}${value('w', '{a: {get_attr: [v, value]}}')}${image}`,
      ),
    ).toContain('depends on itself')
  })

  test('a value that many read is worked out once, however large', () => {
    const list = Array.from({ length: 40_000 }, () => 't').join()
    const reads = Array.from(
      { length: 90 },
      (_, i) => `  w${i}: {type: OS::Heat::Value, properties: {value: {a: x, b: {get_attr: [v, value]}}}}\n`,
    )
    const servers = reads.map(
      (_, i) => `  s${i}: {type: OS::Nova::Server, properties: {image: {get_attr: [w${i}, value, b, 0]}}}\n`,
    )
    const text = `${HEAD}resources:\n  v: {type: OS::Heat::Value, properties: {value: [${list}]}}\n${[...reads, ...servers].join('')}`
    expect(planOf(text).images).toHaveLength(90)
  })

  test('values of values that double end in a message', () => {
    const values = Array.from({ length: 40 }, (_, i) => {
      const of = i === 0 ? '[x, y]' : `[{get_attr: [v${i - 1}, value]}, {get_attr: [v${i - 1}, value]}]`
      return `  v${i}: {type: OS::Heat::Value, properties: {value: ${of}}}\n`
    }).join('')
    expect(imageOf(`resources:\n${values}${server('{get_attr: [v39, value, 0]}')}`)).toContain(
      'beyond all measure',
    )
  })
})

describe('outputs of nested templates', () => {
  const child = `${HEAD}parameters: {p: {type: string, default: own}}
outputs: {image: {value: {list_join: ['-', [base, {get_param: p}]]}}, map: {value: {k: deep}}, off: {value: x, condition: false}}
`
  test.each<[string, string, string]>([
    ['{type: c.yaml, properties: {p: mine}}', '[n, image]', 'base-mine'],
    ['{type: c.yaml}', '[n, map, k]', 'deep'],
    ['{type: My::Child}', '[n, image]', 'base-own'],
    [
      '{type: OS::Heat::Stack, properties: {template: {get_file: c.yaml}, parameters: {p: q}}}',
      '[n, outputs, image]',
      'base-q',
    ],
    [
      '{type: OS::Heat::Stack, properties: {template: {get_file: c.yaml}}}',
      '[n, image]',
      'only known when the stack runs',
    ],
    ['{type: c.yaml}', '[n, off]', 'only known when the stack runs'],
    ['{type: c.yaml}', '[n, nobody]', 'only known when the stack runs'],
    ['{type: c.yaml, properties: {p: {get_attr: [n, image]}}}', '[n, image]', 'depends on itself'],
  ])('%s at %s → %s', (resource, path, image) => {
    const more = { 'c.yaml': child, 'e.yaml': 'resource_registry: {"My::Child": c.yaml}' }
    expect(imageOf(`resources:\n  n: ${resource}\n${server(`{get_attr: ${path}}`)}`, more)).toContain(image)
  })

  test('of AWS stacks', () => {
    const main = `AWSTemplateFormatVersion: '2010-09-09'
Resources:
  n: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: c.yaml}}
  s: {Type: 'AWS::EC2::Instance', Properties: {ImageId: {'Fn::GetAtt': [n, Outputs.image]}}}
`
    expect(planOf({ 'main.yaml': main, 'c.yaml': child }).images).toEqual([{ path: 's', image: 'base-own' }])
  })

  test('a value that parameters went into on the way depends on them', () => {
    const main = `${HEAD}parameters: {a: {type: string}, h: {type: string, hidden: true}}
resources:
  n: {type: c.yaml, properties: {p: {get_param: a}}}
  m: {type: c.yaml, properties: {p: {get_param: h}}}
  s:
    type: OS::Nova::Server
    properties:
      image: {get_attr: [n, image]}
      user_data_format: RAW
      user_data:
        str_replace:
          params: {$p: {get_attr: [m, image]}}
          template: "#cloud-config\\npackages: [a, $p]\\n"
`
    const [instance] = planOf({ 'main.yaml': main, 'c.yaml': child }, { a: 'x', h: 'secret' }).instances
    expect(instance?.resolvedFrom).toEqual([{ name: 'a', hidden: false, value: 'x' }])
    expect(instance?.needs).toMatchObject([
      { name: 'a', bake: true, hidden: false },
      { name: '', bake: false, hidden: true },
    ])
  })
})

describe('what an output hands over is written where it stands', () => {
  const cloud = () => `${HEAD}resources:
  cc: {type: OS::Heat::CloudConfig, properties: {cloud_config: {packages: [a], runcmd: [x]}}}
`
  const server = (name: string, userData: string) =>
    `  ${name}: {type: OS::Nova::Server, properties: {image: i, user_data_format: RAW, user_data: ${userData}}}\n`
  const outputs = 'outputs: {id: {value: {get_resource: cc}}}\n'
  const main = () => `${HEAD}resources:\n${server('s', '{get_attr: [n, id]}')}  n: {type: c.yaml}\n`

  test('a template without instances is not copied, so it stays', () => {
    const { text, files, residue } = rewritten(planOf({ 'main.yaml': main(), 'c.yaml': cloud() + outputs }))
    expect(text).toContain('n: {type: c.yaml}')
    expect([...files.keys()]).toEqual(['main.yaml'])
    expect(residue.map(({ what }) => what)).toEqual(['packages checked again', 'command runcmd'])
  })

  test('one that also serves an instance of its own changes for both', () => {
    const child = cloud() + server('t', '{get_resource: cc}') + outputs
    const { files, residue } = rewritten(planOf({ 'main.yaml': main(), 'c.yaml': child }))
    const copy = [...files].find(([name]) => name !== 'main.yaml')
    expect(copy?.[1]).toContain('cloud_config: {runcmd: [x]}')
    expect(residue.map(({ path, what }) => [path, what])).toEqual([
      ['s', 'command runcmd'],
      ['n/t', 'command runcmd'],
    ])
  })

  test('or for none, if one of them still needs it', () => {
    const child = cloud() + server('t', '{get_resource: cc}') + outputs
    const analysis = planOf({ 'main.yaml': main(), 'c.yaml': child })
    const some = new Map(
      analysis.instances.map(({ path }) => [
        path,
        { image: 'new', baked: path === 's' ? ('all' as const) : new Set<string>() },
      ]),
    )
    const { files } = rewrite(analysis, some)
    expect([...files].find(([name]) => name !== 'main.yaml')?.[1]).toContain('packages: [a]')
  })
})
