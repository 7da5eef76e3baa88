import { describe, expect, test } from 'vitest'
import { planOf } from '../testing.ts'

const HEAD = 'heat_template_version: 2016-10-14\n'

describe('types', () => {
  test.each<[string, string, string]>([
    ['AWS::EC2::Instance', '{ImageId: i}', 's'],
    ['OS::Heat::ScaledResource', '{ImageId: i}', 's'],
    ['AWS::AutoScaling::LaunchConfiguration', '{ImageId: i}', 's'],
    ['OS::Nova::Server', '{image: i}', 's'],
    ['OS::TripleO::ControllerServer', '{image: i}', 's'],
    ['Rackspace::Cloud::Server', '{image: i}', 's'],
    ['Rackspace::AutoScale::Group', '{launchConfiguration: {args: {server: {imageRef: i}}}}', 's'],
    [
      'OS::Heat::ResourceGroup',
      '{count: 0, resource_def: {type: OS::Nova::Server, properties: {image: i}}}',
      's.resource_def',
    ],
    [
      'OS::Heat::AutoScalingGroup',
      '{resource: {type: OS::Nova::Server, properties: {image: i}}}',
      's.resource',
    ],
    ['OS::Heat::ResourceChain', '{resources: [OS::Nova::Server], resource_properties: {image: i}}', 's.0'],
    ['OS::Nova::Server', '{block_device_mapping_v2: [{boot_index: 1, image: x}, {image: i}]}', 's'],
    ['OS::Nova::Server', '{block_device_mapping_v2: [{boot_index: "0", image_id: i}]}', 's'],
  ])('%s %s', (type, properties, path) => {
    const plan = planOf(`${HEAD}resources:\n  s: {type: '${type}', properties: ${properties}}`)
    expect([plan.outcome, plan.images]).toEqual(['build', [{ path, image: 'i' }]])
  })

  test.each<[string, string]>([
    ['OS::Nova::Server', '{name: x}'],
    ['OS::Nova::Server', '{image: null}'],
    ['OS::Nova::Server', '{block_device_mapping_v2: [{volume_id: v}]}'],
    ['AWS::AutoScaling::LaunchConfiguration', '{InstanceId: x}'],
  ])('%s %s has no image and is skipped', (type, properties) => {
    const plan = planOf(`${HEAD}resources:\n  s: {type: '${type}', properties: ${properties}}`)
    expect([plan.outcome, plan.skipped.map((one) => one.path)]).toEqual(['nothing-to-build', ['s']])
  })

  test('images of services and volumes are left alone', () => {
    const plan = planOf(`${HEAD}resources:
  v: {type: OS::Cinder::Volume, properties: {image: x}}
  d: {type: OS::Trove::Instance, properties: {image: x}}
`)
    expect([plan.outcome, plan.warnings.map((one) => one.path)]).toEqual(['nothing-to-build', ['d']])
  })

  test('a member that differs by its index is refused', () => {
    const group =
      'type: OS::Heat::ResourceGroup, properties: {resource_def: {type: OS::Nova::Server, properties: {image: i-%index%}}}'
    expect(planOf(`${HEAD}resources:\n  g: {${group}}`).reasons[0]?.code).toBe(
      'KILN_TEMPLATE_IMAGE_PER_MEMBER',
    )
  })
})

test('a name with a slash is refused, as Heat does: paths of nested resources have them', () => {
  const plan = planOf(`${HEAD}resources:\n  a/b: {type: OS::Nova::Server, properties: {image: i}}`)
  expect([plan.outcome, plan.reasons[0]?.code]).toEqual(['fail', 'KILN_TEMPLATE_INVALID'])
})

describe('conditions', () => {
  const text = `${HEAD}parameters: {flag: {type: boolean}, image: {type: string}}
conditions: {c: {get_param: flag}}
resources:
  s: {type: OS::Nova::Server, condition: c, properties: {image: {get_param: image}}}
  n: {type: OS::Neutron::Net, condition: {get_param: nobody}}
`
  test('off: its image is not looked at', () => {
    expect(planOf(text, { flag: false })).toMatchObject({
      outcome: 'nothing-to-build',
      missing: [],
      skipped: [{ path: 's' }],
    })
  })

  test('not known: its parameter is asked for, not the image', () => {
    expect(planOf(text).missing).toEqual(['flag'])
  })
})

describe('nested templates', () => {
  const child = `${HEAD}parameters: {image: {type: string, default: own}}
resources:
  s: {type: OS::Nova::Server, properties: {image: {get_param: image}}}
`
  const parent = (
    type: string,
    properties = '{image: {get_param: p}}',
  ) => `${HEAD}parameters: {p: {type: string}}
resources:
  n: {type: ${type}, properties: ${properties}}
`
  test('by file, relative to the template', () => {
    const files = { 'main.yaml': parent('sub/child.yaml'), 'sub/child.yaml': child }
    expect(planOf(files, { p: 'i' }).images).toEqual([{ path: 'n/s', image: 'i' }])
    expect(planOf(files).missing).toEqual(['p'])
  })

  test('null is dropped, so the default counts', () => {
    expect(
      planOf({ 'main.yaml': parent('c.yaml', '{image: null}'), 'c.yaml': child }, { p: 'i' }).images[0]
        ?.image,
    ).toBe('own')
  })

  test('by registry, relative to the environment; defaults reach in', () => {
    const files = {
      'main.yaml': parent('My::S', '{}'),
      'env/e.yaml': 'resource_registry: {"My::S": ../c.yaml}\nparameter_defaults: {image: deep}',
      'c.yaml': child,
    }
    expect(planOf(files, { p: 'x' }, { environments: ['env/e.yaml'] }).images).toEqual([
      { path: 'n/s', image: 'deep' },
    ])
  })

  test('OS::Heat::Stack', () => {
    const files = {
      'main.yaml': parent(
        'OS::Heat::Stack',
        '{template: {get_file: c.yaml}, parameters: {image: {get_param: p}}}',
      ),
      'c.yaml': child,
    }
    expect(planOf(files, { p: 'i' }).images).toEqual([{ path: 'n/s', image: 'i' }])
  })

  test.each(['gone.yaml', '../out.yaml', '/etc/x.yaml', 'file:///etc/x.yaml', 'https://host/x.yaml'])(
    '%s fails',
    (type) => {
      expect(planOf(parent(type), { p: 'i' })).toMatchObject({
        outcome: 'fail',
        images: [],
        reasons: [{ path: 'n' }],
      })
    },
  )

  test('remote ones may be left alone on request', () => {
    const plan = planOf(parent('https://host/x.yaml'), { p: 'i' }, { allowRemote: true })
    expect([plan.outcome, plan.warnings[0]?.code]).toEqual(['nothing-to-build', 'KILN_TEMPLATE_REMOTE'])
  })

  test('cycles and depth end in a message', () => {
    expect(planOf({ 'main.yaml': parent('main.yaml') }, { p: 'i' }).reasons[0]?.message).toContain(
      'uses itself',
    )
    const files = Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [
        i === 0 ? 'main.yaml' : `n${i}.yaml`,
        `${HEAD}resources: {n: {type: n${i + 1}.yaml}}`,
      ]),
    )
    expect(planOf(files).reasons[0]?.message).toContain('nested deeper than 5')
  })
})

describe('what the engine refuses', () => {
  test.each([
    'resources: {}',
    'heat_template_version: 2099-01-01',
    'heat_template_version: 2013-05-23\nResources: {}',
    'heat_template_version: 2013-05-23\nHeatTemplateFormatVersion: "2012-12-12"',
    'heat_template_version: 2013-05-23\nconditions: {}',
    'HeatTemplateFormatVersion: "2012-12-12"\nConditions: {}',
    'AWSTemplateFormatVersion: "2010-09-09"\nMetadata: {}',
    'heat_template_version: 2013-05-23\nresources: {s: {type: T, condition: c}}',
    'heat_template_version: 2013-05-23\nresources: {s: {properties: {}}}',
  ])('%j', (text) => {
    expect(planOf(text)).toMatchObject({ outcome: 'fail', images: [], reasons: [{}] })
  })

  test('an empty section equals an absent one', () => {
    expect(planOf('heat_template_version: pike\nparameters:\nresources:\n').outcome).toBe('nothing-to-build')
  })
})

test('what an image was resolved from is told, hidden values by name only', () => {
  const [instance] = planOf(
    `${HEAD}parameters: {a: {type: string}, h: {type: string, hidden: true}}
resources:
  s: {type: OS::Nova::Server, properties: {image: {list_join: ['-', [{get_param: a}, {get_param: h}]]}}}
`,
    { a: 'deb', h: 'abcd' },
  ).instances
  expect(instance?.resolvedFrom).toEqual([
    { name: 'a', hidden: false, value: 'deb' },
    { name: 'h', hidden: true },
  ]) // prettier-ignore
})

test('a type that the registry maps to a template means itself inside of that template', () => {
  const files = {
    'main.yaml': `${HEAD}resources: {s: {type: OS::Nova::Server, properties: {image: i}}}`,
    'mine.yaml': `${HEAD}parameters: {image: {type: string}}
resources: {inner: {type: OS::Nova::Server, properties: {image: {get_param: image}}}}`,
    'e.yaml': 'resource_registry: {"OS::Nova::Server": mine.yaml}',
  }
  expect(planOf(files, {}, { environments: ['e.yaml'] }).images).toEqual([{ path: 's/inner', image: 'i' }])
})
