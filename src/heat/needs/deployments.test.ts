import { expect, test } from 'vitest'
import { planOf } from '../testing.ts'

const HEAD =
  'heat_template_version: 2018-08-31\nparameters: {m: {type: string}, id: {type: string, default: abc}}\n'
const CONFIGS = `  s: {type: OS::Nova::Server, properties: {image: i}}
  c: {type: OS::Heat::SoftwareConfig, properties: {group: script}}
  u: {type: OS::Heat::SoftwareConfig, properties: {config: x}}
  t: {type: OS::Heat::StructuredConfig, properties: {group: hiera}}
  k: {type: OS::Heat::SoftwareComponent, properties: {configs: [{tool: script}, {tool: ansible, actions: [DELETE]}, {tool: script}]}}
  o: {type: OS::Heat::SoftwareConfig, properties: {group: {get_param: m}}}
`
const deploy = (config: string, server = 'server: {get_resource: s}', type = 'SoftwareDeployment') =>
  `  d: {type: OS::Heat::${type}, properties: {config: ${config}, ${server}}}\n`
const hooks = (resources: string, more: Readonly<Record<string, string>> = {}) =>
  planOf({ 'main.yaml': `${HEAD}resources:\n${CONFIGS}${resources}`, ...more }).instances.flatMap(
    ({ needs }) => needs.flatMap((need) => (need.kind === 'hook' ? [need.group] : [])),
  )

test.each<[string, string[]]>([
  [deploy('{get_resource: c}'), ['script']],
  [deploy('{get_attr: [c, config]}'), ['script']],
  [deploy('{get_resource: u}'), []],
  [deploy('{get_resource: t}', undefined, 'StructuredDeployment'), ['hiera']],
  [deploy('{get_resource: k}'), ['script', 'ansible']],
  [deploy('{get_resource: c}', 'servers: {a: {get_resource: s}}', 'SoftwareDeploymentGroup'), ['script']],
  [deploy('{get_resource: c}', 'servers: {get_attr: [s, refs_map]}', 'SoftwareDeployments'), ['script']],
  [deploy('{get_resource: t}', 'servers: {a: {get_resource: s}}', 'StructuredDeploymentGroup'), ['hiera']],
  [deploy('{get_resource: c}', 'server: {get_param: id}'), []],
  [deploy('{get_resource: o}'), ['(not known)']],
  [deploy('{get_param: id}'), ['(not known)']],
  [deploy('null'), []],
])('%s', (resources, groups) => expect(hooks(resources)).toEqual(groups))

test('a server may be handed to a nested template, or out of one', () => {
  const deploying = `${HEAD}parameters: {server: {type: string}}
resources:
  c: {type: OS::Heat::SoftwareConfig, properties: {group: puppet}}
  d: {type: OS::Heat::SoftwareDeployment, properties: {config: {get_resource: c}, server: {get_param: server}}}
`.replace(/^parameters.*\n/m, '')
  expect(
    hooks('  n: {type: c.yaml, properties: {server: {get_resource: s}}}\n', { 'c.yaml': deploying }),
  ).toEqual(['puppet'])
  const serving = `${HEAD}outputs: {id: {value: {get_resource: inner}}}
resources:
  inner: {type: OS::Nova::Server, properties: {image: j}}
`
  const outside = `  n: {type: c.yaml}\n${deploy('{get_resource: c}', 'server: {get_attr: [n, id]}')}`
  expect(hooks(outside, { 'c.yaml': serving })).toEqual(['script'])
})

test('what an image needs for a group is said, an unknown group may need anything', () => {
  const plan = planOf(`${HEAD}resources:\n${CONFIGS}${deploy('{get_resource: k}')}`)
  expect(plan.instances[0]?.needs).toMatchObject([
    {
      group: 'script',
      known: true,
      requires: expect.arrayContaining(['os-collect-config', 'heat-config-script']),
      bake: false,
    },
    { group: 'ansible', known: true, requires: expect.arrayContaining(['heat-config-ansible', 'ansible']) },
  ])
})
