import { describe, expect, test } from 'vitest'
import { planOf, rewritten } from '../testing.ts'

const HEAD = 'heat_template_version: 2018-08-31\n'
const image = (rest: string, head = '', properties = '{os: debian-13}', more = '') =>
  `${HEAD}${head}resources:\n  img: {type: Kiln::Image${more}, properties: ${properties}}\n${rest}`
const server = (of = '{get_resource: img}') => `  s: {type: OS::Nova::Server, properties: {image: ${of}}}\n`
const child = `${HEAD}parameters: {image: {type: string}}\nresources:\n${server('{get_param: image}')}`
const reason = (files: Parameters<typeof planOf>[0]) => planOf(files).reasons.map(({ message }) => message)

describe('a Kiln::Image is somebody’s image', () => {
  test.each<[string, string, Readonly<Record<string, string>>]>([
    ['by several', server() + server().replace('s:', 't:'), {}],
    [
      'in a group',
      `  g: {type: OS::Heat::ResourceGroup, properties: {resource_def: {type: OS::Nova::Server, properties: {image: {get_resource: img}}}}}\n`,
      {},
    ],
    [
      'on a block device',
      '  s: {type: OS::Nova::Server, properties: {block_device_mapping_v2: [{image: {get_resource: img}}]}}\n',
      {},
    ],
    [
      'handed to a nested template',
      '  n: {type: c.yaml, properties: {image: {get_resource: img}}}\n',
      { 'c.yaml': child },
    ],
    ['in a branch', server('{if: [c, {get_resource: img}, other]}'), {}],
    [
      'through a value',
      `  v: {type: OS::Heat::Value, properties: {value: {get_resource: img}}}\n${server('{get_attr: [v, value]}')}`,
      {},
    ],
    [
      'of others, too',
      `${server()}  v: {type: OS::Cinder::Volume, depends_on: img, properties: {image: {get_resource: img}}}\noutputs: {o: {value: {get_resource: img}}}\n`,
      {},
    ],
  ])('%s: it is built, and the output is plain Heat', (_how, rest, more) => {
    const plan = planOf({ 'main.yaml': image(rest, 'conditions: {c: true}\n'), ...more })
    expect([plan.outcome, plan.imageRequests.map(({ path }) => path)]).toEqual(['build', ['img']])
    const { text } = rewritten(plan)
    expect(text).not.toContain('img')
    expect(text).toContain('built-1')
  })

  test('in a nested template it is one for each use', () => {
    const files = { 'main.yaml': `${HEAD}resources: {n: {type: c.yaml}}`, 'c.yaml': image(server()) }
    expect(planOf(files).imageRequests.map(({ path }) => path)).toEqual(['n/img'])
  })

  test('AWS templates refer to it by Ref', () => {
    const plan = planOf(`AWSTemplateFormatVersion: '2010-09-09'
Resources:
  img: {Type: 'OS::Kiln::Image', Properties: {os: debian-13, packages: [jq]}}
  s: {Type: 'AWS::EC2::Instance', Properties: {ImageId: {Ref: img}}}
`)
    expect(plan.imageRequests[0]?.properties).toEqual(
      new Map<string, unknown>([
        ['os', 'debian-13'],
        ['packages', ['jq']],
      ]),
    )
  })
})

describe('one that nobody is built from', () => {
  test.each([server('x'), server('{if: [c, {get_resource: img}, x]}')])('goes, and is told: %s', (rest) => {
    const plan = planOf(image(rest, 'conditions: {c: false}\n'))
    expect(plan.warnings).toMatchObject([{ code: 'KILN_TEMPLATE_IMAGE_UNUSED', path: 'img' }])
    expect(rewritten(plan).text).not.toContain('img')
  })

  test('a template of nothing else has nothing to build', () => {
    const plan = planOf(image(''))
    expect(plan.outcome).toBe('nothing-to-build')
    expect(rewritten(plan).text).not.toContain('Kiln::Image')
  })
})

describe('what is wrong, and where', () => {
  test.each<[string, string]>([
    [
      image('  v: {type: OS::Cinder::Volume, properties: {image: {get_resource: img}}}\n'),
      'img is the image of no instance, and v refers to it',
    ],
    [image('outputs: {o: {value: {get_resource: img}}}\n'), 'outputs.o refers to it'],
    [image(server('{get_attr: [img, name]}')), 's: its image is only known when the stack runs (img.name)'],
    [
      image(server('{list_join: ["", [{get_resource: img}]]}')),
      's: its image is only known when the stack runs (img)',
    ],
    [
      image(server(), '', '{os: {get_param: "OS::stack_name"}}'),
      'img: the image cannot be worked out: its properties are not known before the stack runs',
    ],
    [image(server(), '', '{os: {get_resource: img}}'), 'img: the image cannot be worked out'],
    [
      image(server(), '', '{os: {get_param: nobody}}'),
      "img: the image cannot be worked out: get_param: the parameter 'nobody' is not declared",
    ],
    [
      image(server()).replace(', properties: {os: debian-13}', ''),
      'img: the image cannot be worked out: it has no properties',
    ],
    [
      image(server(), 'parameters: {h: {type: string, hidden: true, default: x}}\n', '{os: {get_param: h}}'),
      'img: the image cannot be worked out: a hidden parameter is in it',
    ],
    [
      image(server(), '', '{os: debian-13}', ', condition: false'),
      "s: its image cannot be worked out: get_resource: there is no resource 'img'",
    ],
    [
      `${HEAD}resources:\n  g: {type: OS::Heat::ResourceGroup, properties: {resource_def: {type: Kiln::Image, properties: {os: x}}}}\n`,
      'g.resource_def: a group has no use for an image',
    ],
    [
      `${HEAD}resources:\n  v: {type: OS::Cinder::Volume}\n${server('{get_resource: v}')}`,
      's: its image is the resource v, which is only known when the stack runs',
    ],
  ])('%j', (text, message) => {
    const messages = reason(text)
    expect(messages).toHaveLength(1)
    expect(messages[0]).toContain(message)
  })

  test('one inside of another nested template', () => {
    const files = {
      'main.yaml': `${HEAD}resources:\n  n: {type: c.yaml}\n${server('{get_attr: [n, i]}')}`,
      'c.yaml': image('outputs: {i: {value: {get_resource: img}}}\n'),
    }
    expect(reason(files)).toEqual([
      's: its image is the Kiln::Image img inside of another nested template; describe it where the instance is, or above',
    ])
  })

  test('what it lacks is asked for, its condition, too', () => {
    const head = 'parameters: {a: {type: string}, b: {type: boolean}}\n'
    expect(planOf(image(server(), head, '{os: {get_param: a}}')).missing).toEqual(['a'])
    expect(planOf(image(server(), head, '{os: x}', ', condition: {get_param: b}')).missing).toEqual(['b'])
  })
})
