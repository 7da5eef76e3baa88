import { describe, expect, test } from 'vitest'
import { planOf, rewritten } from '../testing.ts'
import { rewrite } from './rewrite.ts'

const HEAD = 'heat_template_version: 2016-10-14\n'
const SERVER = 'OS::Nova::Server'
const VOLUME = 'OS::Cinder::Volume'

/** Rewritten with an image of its own for each instance, or one for all. */
function each(text: string, name?: string): string {
  const plan = planOf(text)
  const out = rewritten(plan, name ?? ((path) => `built-${path}`)).text
  const wanted = plan.images.map(({ path }) => ({ path, image: name ?? `built-${path}` }))
  expect(planOf(out).images).toEqual(wanted)
  return out
}
const same = (text: string) => each(text, 'built-1')

describe('what is shared', () => {
  test('an alias or merge key is written at its use', () => {
    const text = `${HEAD}resources:
  a: {type: ${SERVER}, properties: &p {image: x}}
  b: {type: ${SERVER}, properties: *p}
  c:
    type: ${SERVER}
    properties:
      <<: *p
      name: c
`
    expect(each(text)).toBe(
      text
        .replace('{image: x}', '{image: built-a}')
        .replace('properties: *p', 'properties: {<<: *p, image: built-b}')
        .replace('      name', '      image: built-c\n      name'),
    )
    expect(same(text)).toBe(text.replace('{image: x}', '{image: built-1}'))
  })

  test('resources shared as a whole', () => {
    const text = `${HEAD}resources:
  a: &a
    type: ${SERVER}
    properties:
      image: x
      name: q
  b: *a
  c:
    <<: *a
    depends_on: b
`
    expect(same(text)).toBe(text.replace('image: x', 'image: built-1'))
    expect(each(text)).toBe(
      text
        .replace('properties:\n      image: x', 'properties: &properties\n      image: built-a')
        .replace('b: *a', 'b: {<<: *a, properties: {<<: *properties, image: built-b}}')
        .replace('    depends_on', '    properties: {<<: *properties, image: built-c}\n    depends_on'),
    )
  })

  test('an anchor is seen through comments behind it, and none is seen in them', () => {
    const text = (anchor: string) => `${HEAD}resources:
  a: &a
    type: ${SERVER}
    properties:${anchor}
      # not &this: one
      image: # nor &that
        x
      name: q
  b: *a
`
    for (const [anchor, name] of [
      [' &p  # why', 'p'],
      [' # &why', 'properties'],
    ] as const) {
      const out = each(text(anchor))
      expect(out).toContain(`b: {<<: *a, properties: {<<: *${name}, image: built-b}}`)
      expect(out).toContain('image: built-a # nor &that\n')
    }
  })

  test('a map that merges another and is shared itself', () => {
    const text = `${HEAD}resources:
  a: {type: ${SERVER}, properties: &p {image: x, flavor: 1}}
  b:
    type: ${SERVER}
    properties: &q
      <<: *p
      name: b
  c: {type: ${SERVER}, properties: *q}
`
    expect(each(text)).toBe(
      text
        .replace('image: x', 'image: built-a')
        .replace('      name', '      image: built-b\n      name')
        .replace('properties: *q', 'properties: {<<: *q, image: built-c}'),
    )
  })

  test('the first of several maps that are merged wins, and the image over all of them', () => {
    const text = `${HEAD}resources:
  a: {type: ${SERVER}, properties: &p {image: x}}
  b: {type: ${SERVER}, properties: &q {image: y, name: q}}
  c: {type: ${SERVER}, properties: {<<: [*p, *q]}}
`
    expect(each(text)).toContain('c: {type: OS::Nova::Server, properties: {image: built-c, <<: [*p, *q]}}')
  })

  test('others keep what they had: the anchor moves to them', () => {
    const text = `${HEAD}resources:
  a: {type: ${SERVER}, properties: {image: &i !!str x}}
  v: {type: ${VOLUME}, properties: {image: *i}}
  w: {type: ${VOLUME}, properties: {image: *i}}
`
    expect(each(text)).toBe(
      text.replace('image: &i !!str x', 'image: built-a').replace('image: *i', 'image: &i x'),
    )
  })

  test('others keep what they had: also where a later key of the same name replaces it', () => {
    const text = `${HEAD}resources:
  a: {type: ${SERVER}, properties: {image: &i x}}
outputs:
  o: {value: *i}
  o: {value: *i}
`
    expect(each(text)).toBe(text.replace('&i x', 'built-a').replace('*i', '&i x'))
  })

  test('others keep what they had: an anchor inside of what is replaced', () => {
    const text = `${HEAD}parameters: {p: {type: string, default: x}}
resources:
  a: {type: ${SERVER}, properties: {image: {get_param: &n p}}}
  b: {type: ${SERVER}, properties: {image: {list_join: ['', [{get_param: *n}]]}, name: *n, flavor: *n}}
`
    expect(each(text)).toBe(
      text
        .replace('{get_param: &n p}', 'built-a')
        .replace("{list_join: ['', [{get_param: *n}]]}", 'built-b')
        .replace('name: *n', 'name: &n p'),
    )
  })

  test('others keep what they had: a map with the old value over it', () => {
    const text = `${HEAD}parameters: {m: {type: json, default: [x]}}
conditions: {never: {equals: [1, 2]}}
resources:
  a:
    type: ${SERVER}
    properties: &p
      image: {get_param: [m, 0]}
  v: {type: ${VOLUME}, properties: *p}
  b: {type: ${SERVER}, condition: never, properties: *p}
`
    expect(each(text)).toBe(
      text
        .replace('image: {get_param: [m, 0]}', 'image: built-a')
        .replaceAll('properties: *p', 'properties: {<<: *p, image: {get_param: [m, 0]}}'),
    )
  })

  test.each([
    ['{get_param:\n          p}', '{get_param: p}'],
    [
      '\n        list_join:\n          - ","\n          - - a, b\n            - !!str 12',
      '{list_join: [",", ["a, b", "12"]]}',
    ],
    ['>-\n        deb\n        ian', '"deb ian"'],
    ['!!str 010', '"010"'],
  ])('an old value that was %j is written on one line', (old, flow) => {
    const text = `${HEAD}parameters: {p: {type: string, default: x}}
resources:
  a:
    type: ${SERVER}
    properties: &p
      image: ${old}
  v: {type: ${VOLUME}, properties: *p}
`
    expect(each(text)).toContain(`v: {type: ${VOLUME}, properties: {<<: *p, image: ${flow}}}`)
  })

  test('an anchor where the value is declared stays', () => {
    const text = `${HEAD}parameters: {p: {type: string, default: &i deb}}
resources:
  a: {type: ${SERVER}, properties: {image: *i}}
  b: {type: ${SERVER}, properties: {image: *i}}
`
    expect(each(text)).toBe(
      text
        .replace(
          'a: {type: OS::Nova::Server, properties: {image: *i',
          'a: {type: OS::Nova::Server, properties: {image: built-a',
        )
        .replace('image: *i', 'image: built-b'),
    )
  })

  test('all that share a text want the same: it changes where it stands', () => {
    const text = `${HEAD}resources:
  a: {type: ${SERVER}, properties: {image: &i deb}}
  b: {type: ${SERVER}, properties: {image: *i}}
`
    expect(same(text)).toBe(text.replace('&i deb', '&i built-1'))
    expect(each(text)).toBe(text.replace('&i deb', 'built-a').replace('*i', 'built-b'))
  })

  test('a list is written over as a whole', () => {
    const text = `${HEAD}resources:
  a:
    type: ${SERVER}
    properties:
      block_device_mapping_v2: &b
        - boot_index: 0
          image: x
        - {volume_id: v, boot_index: 1}
  b: {type: ${SERVER}, properties: &p {name: b, block_device_mapping_v2: *b}}
  c: {type: ${SERVER}, properties: *p}
`
    expect(same(text)).toBe(text.replace('image: x', 'image: built-1'))
    const devices = (name: string) => `[{boot_index: 0, image: built-${name}}, {volume_id: v, boot_index: 1}]`
    expect(each(text)).toBe(
      text
        .replace('image: x', 'image: built-a')
        .replace('mapping_v2: *b', `mapping_v2: ${devices('b')}`)
        .replace('properties: *p', `properties: {<<: *p, block_device_mapping_v2: ${devices('c')}}`),
    )
  })

  test('what cannot be taken apart is refused', () => {
    const text = `${HEAD}resources:
  a: &a {type: ${SERVER}, properties: &p {image: x, metadata: &m {k: v}}}
  b: *a
  v: {type: ${VOLUME}, metadata: *m, properties: {image: {list_join: [x, &l [y, &z z]]}}}
  w: {type: ${SERVER}, properties: {image: {list_join: [x, *l]}, name: *z}}
`
    expect(() => each(text)).not.toThrow()
    const anchored = `${HEAD}resources:
  a: {type: ${SERVER}, properties: {block_device_mapping_v2: &b [{image: x, tag: &t y}]}}
  b: {type: ${SERVER}, properties: {name: *t, block_device_mapping_v2: *b}}
`
    expect(() => each(anchored)).toThrow('shares a part of the template')
  })
})

describe('metadata that is shared', () => {
  const init = (config: string, b: string) => `${HEAD}resources:
  a: &a
    type: ${SERVER}
    metadata: {AWS::CloudFormation::Init: {config: {${config}files: {}}}}
    properties:
      image: x
      user_data: cfn-init
  b: ${b}
`
  const packages = 'packages: {apt: {nginx: []}}, '

  test('leaves when all who share it have it in their images', () => {
    expect(same(init(packages, '*a'))).toBe(init('', '*a').replace('image: x', 'image: built-1'))
  })

  test('stays when somebody else reads it', () => {
    const text = init(packages, `{type: ${VOLUME}, metadata: *m}`).replace('metadata: {', 'metadata: &m {')
    expect(same(text)).toBe(text.replace('image: x', 'image: built-1'))
  })

  test('stays when not all have it', () => {
    const plan = planOf(init(packages, '*a'))
    const all = new Set(plan.instances[0]!.needs.map(({ id }) => id))
    const choices = new Map([
      ['a', { image: 'built-1', baked: all }],
      ['b', { image: 'built-1', baked: new Set<string>() }],
    ])
    expect(rewrite(plan, choices).text).toContain(packages)
  })
})
