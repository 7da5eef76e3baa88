import { describe, expect, test } from 'vitest'
import { planOf } from '../testing.ts'

const HEAD = 'heat_template_version: 2018-08-31\n'
const group = (properties: string) =>
  `${HEAD}parameters: {p: {type: string, default: x}, m: {type: string}}
resources:
  g: {type: OS::Heat::ResourceGroup, properties: {${properties}}}
`
const member = (properties: string) => `resource_def: {type: OS::Nova::Server, properties: ${properties}}`

describe('members that differ by their index', () => {
  test.each([
    member("{image: 'i-%index%'}"),
    `index_var: '#n', ${member("{image: 'i-#n'}")}`,
    `index_var: null, ${member("{image: 'i-%index%'}")}`,
    `removal_policies: null, count: 0, ${member("{image: 'i-%index%'}")}`,
    "resource_def: {type: OS::Heat::ResourceGroup, properties: {index_var: '%j%', resource_def: {type: OS::Nova::Server, properties: {image: 'i-%index%'}}}}",
    "resource_def: {type: OS::Heat::AutoScalingGroup, properties: {resource: {type: OS::Nova::Server, properties: {image: 'i-%index%'}}}}",
  ])('%s is refused', (properties) => {
    expect(planOf(group(properties))).toMatchObject({
      outcome: 'fail',
      images: [],
      reasons: [{ code: 'KILN_TEMPLATE_IMAGE_PER_MEMBER' }],
    })
  })

  test('the index of another group is plain text', () => {
    expect(planOf(group(`index_var: '#n', ${member("{image: 'i-%index%'}")}`)).images[0]?.image).toBe(
      'i-%index%',
    )
  })

  test('an index_var that is not known is asked for', () => {
    expect(planOf(group(`index_var: {get_param: m}, ${member('{image: i}')}`)).missing).toEqual(['m'])
    expect(planOf(group(`index_var: {a: b}, ${member('{image: i}')}`)).reasons[0]?.code).toBe(
      'KILN_TEMPLATE_GROUP',
    )
  })

  const nested = (image: string, condition = '') => ({
    'main.yaml': group("resource_def: {type: c.yaml, properties: {i: '%index%'}}"),
    'c.yaml': `${HEAD}parameters: {i: {type: string}, images: {type: json, default: {'0': a, '1': b}}}
resources:
  s: {type: OS::Nova::Server, properties: {image: ${image}}${condition}}
`,
  })
  test.each(["{if: [{equals: [{get_param: i}, '0']}, a, b]}", '{get_param: [images, {get_param: i}]}'])(
    'it decides in a nested template: %s',
    (image) => expect(planOf(nested(image))).toMatchObject({ outcome: 'fail', images: [] }),
  )

  test('an instance that only some members have counts', () => {
    expect(planOf(nested('x', ", condition: {equals: [{get_param: i}, '0']}")).images).toEqual([
      { path: 'g.resource_def/s', image: 'x' },
    ])
  })

  test('what else differs is not in the image, what does not is', () => {
    const text = String.raw`"#cloud-config\npackages: [a, p-%index%]\nwrite_files: [{path: /n, content: '%index%'}, {path: /m, content: same}]\n"`
    const plan = planOf(
      group(member(`{image: i, name: 'n-%index%', user_data_format: RAW, user_data: ${text}}`)),
    )
    expect(plan.instances[0]?.needs.map(({ id, bake, why }) => [id, bake, why])).toEqual([
      ['cloud:packages/0', true, undefined],
      ['cloud:packages/1', false, 'it differs from member to member of the group'],
      ['cloud:write_files/0', false, 'it differs from member to member of the group'],
      ['cloud:write_files/1', true, undefined],
    ])
  })
})

describe('what is not known of a group', () => {
  const chain = (properties: string) =>
    `${HEAD}parameters: {m: {type: comma_delimited_list}}\nresources:\n  c: {type: OS::Heat::ResourceChain, properties: {${properties}}}\n`
  test('types of a chain are asked for, all of them', () => {
    expect(planOf(chain('resources: {get_param: m}, resource_properties: {image: i}')).missing).toEqual(['m'])
    expect(
      planOf(chain('resources: {get_param: m}, resource_properties: {image: i}'), { m: 'OS::Nova::Server' })
        .images,
    ).toEqual([{ path: 'c.0', image: 'i' }])
    expect(planOf(chain('resources: [{get_param: [m, 0]}, {a: b}]')).reasons[0]?.code).toBe(
      'KILN_TEMPLATE_GROUP',
    )
  })

  test('a block device that is not known may be the one to boot from', () => {
    const text = `${HEAD}parameters: {d: {type: json}}
resources:
  s: {type: OS::Nova::Server, properties: {block_device_mapping_v2: [{get_param: d}]}}
`
    expect(planOf(text).missing).toEqual(['d'])
    expect(planOf(text, { d: { image: 'i' } }).images).toEqual([{ path: 's', image: 'i' }])
  })
})
