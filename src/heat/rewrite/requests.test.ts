import { describe, expect, test } from 'vitest'
import { planOf, rewritten } from '../testing.ts'

const HEAD = 'heat_template_version: 2016-10-14\n'
const IMAGE = '  img: {type: Kiln::Image, properties: {os: debian-13}}\n'
const SERVER = 'type: OS::Nova::Server'
const edited = (text: string, name: string | ((path: string) => string) = 'built-1') =>
  rewritten(planOf(text), name)

describe('Kiln::Image becomes the name of an image', () => {
  test('the resource goes', () => {
    const text = `${HEAD}resources:
  img:
    type: Kiln::Image
    properties: {os: debian-13, packages: [nginx]}
  s:
    type: OS::Nova::Server
    properties:
      image: {get_resource: img}
`
    const plan = planOf(text)
    expect(plan.imageRequests).toMatchObject([{ path: 'img' }])
    expect(plan.instances[0]).toMatchObject({ request: 'img' })
    expect(rewritten(plan).text).toBe(
      `${HEAD}resources:\n  s:\n    type: OS::Nova::Server\n    properties:\n      image: built-1\n`,
    )
  })

  test('so does what waits for it; whatever else refers to it names the image', () => {
    const text = `${HEAD}resources:
${IMAGE}  s:
    ${SERVER}
    depends_on: img
    properties: {image: {get_resource: img}}
  t: {${SERVER}, depends_on: [img, s], properties: {image: {get_resource: img}}}
  u:
    ${SERVER}
    depends_on:
      - s
      - img  # first
    properties: {image: {get_resource: img}}
  v: {type: OS::Cinder::Volume, depends_on: [img], properties: {image: {get_resource: img}}}
outputs:
  o: {value: {get_resource: img}}
  p: {value: {str_replace: {template: I, params: {I: {get_resource: img}}}}}
`
    expect(edited(text).text).toBe(
      text
        .replace(IMAGE, '')
        .replace('    depends_on: img\n', '')
        .replace('[img, s]', '[s]')
        .replace('      - img  # first\n', '')
        .replace('depends_on: [img], ', '')
        .replaceAll('{get_resource: img}', 'built-1'),
    )
  })

  test('several at once, next to each other and last', () => {
    const two = IMAGE.replace('img', 'two')
    const block = `${HEAD}resources:
  s: {${SERVER}, depends_on: [img, two], properties: {image: {get_resource: img}}}
  t:
    ${SERVER}
    depends_on:
      - two
      - img
      - s
    properties: {image: {get_resource: two}}
${IMAGE}${two.replace('type', 'depends_on: img, type')}`
    expect(edited(block).text).toBe(`${HEAD}resources:
  s: {${SERVER}, properties: {image: built-1}}
  t:
    ${SERVER}
    depends_on:
      - s
    properties: {image: built-1}
`)
    const flow = `${HEAD}resources: {img: {type: Kiln::Image, properties: {os: debian-13}}, s: {${SERVER}, properties: {image: {get_resource: img}}}, two: {type: Kiln::Image, properties: {os: debian-12}}, three: {type: Kiln::Image, properties: {os: debian-12}}}\n`
    expect(edited(flow).text).toBe(`${HEAD}resources: {s: {${SERVER}, properties: {image: built-1}}}\n`)
  })

  test('waiting that is shared', () => {
    const text = `${HEAD}resources:
${IMAGE}  s: &s
    ${SERVER}
    depends_on: [img, v]
    properties: {image: {get_resource: img}}
  t: *s
  u:
    <<: *s
    description: u
  v: {type: OS::Cinder::Volume}
`
    expect(edited(text).text).toBe(
      text.replace(IMAGE, '').replace('[img, v]', '[v]').replace('{get_resource: img}', 'built-1'),
    )
    const whole = text.replace('[img, v]', 'img')
    expect(edited(whole).text).toBe(
      whole.replace(IMAGE, '').replace('    depends_on: img\n', '').replace('{get_resource: img}', 'built-1'),
    )
  })

  test('a dependency whose anchor others need is not taken out', () => {
    const text = (depends: string, other: string) => `${HEAD}resources:
${IMAGE}  s: {${SERVER}, depends_on: ${depends}, properties: {image: {get_resource: img}}}
  v: {type: OS::Cinder::Volume, ${other}}
`
    expect(() => edited(text('&d img', 'properties: {name: *d}'))).toThrow('that s waits for it cannot')
    expect(() => edited(text('[v, &d img]', 'properties: {name: *d}'))).toThrow('that s waits for it cannot')
    expect(edited(text('&d [img]', 'depends_on: *d')).text).toContain('v: {type: OS::Cinder::Volume}')
  })

  test('in JSON and CFN', () => {
    const resources = {
      S: { Type: 'AWS::EC2::Instance', Properties: { ImageId: 'built-1' } },
    }
    const out = { HeatTemplateFormatVersion: '2012-12-12', Resources: resources }
    const template = {
      ...out,
      Resources: {
        Img: { Type: 'Kiln::Image', Properties: { os: 'debian-13' } },
        S: { ...resources.S, DependsOn: ['Img'], Properties: { ImageId: { Ref: 'Img' } } },
      },
    }
    expect(JSON.parse(edited(JSON.stringify(template, null, '\t')).text)).toEqual(out)
  })

  test('handed down to a nested template', () => {
    const main = `${HEAD}resources:
${IMAGE}  a: {type: c.yaml, properties: {image: {get_resource: img}}}
`
    const child = `${HEAD}parameters: {image: {type: string}}
resources: {s: {${SERVER}, properties: {image: {get_param: image}}}}
`
    const out = rewritten(planOf({ 'main.yaml': main, 'c.yaml': child }))
    expect([...out.files]).toEqual([
      ['main.yaml', main.replace(IMAGE, '').replace('{get_resource: img}', 'built-1')],
    ])
  })

  test('several images of one resource: only instances may refer to it', () => {
    const text = `${HEAD}resources:
${IMAGE}  s: {${SERVER}, properties: {image: {get_resource: img}}}
  t: {${SERVER}, properties: {image: {get_resource: img}}}
`
    expect(edited(text, (path) => `built-${path}`).text).toContain('image: built-t')
    const more = `${text}outputs: {o: {value: {get_resource: img}}}\n`
    expect(() => edited(more, (path) => `built-${path}`)).toThrow('it has become 2 images, and o refers')
  })

  test('its attributes are gone with it', () => {
    const text = `${HEAD}resources:
${IMAGE}  s: {${SERVER}, properties: {image: {get_resource: img}}}
outputs: {o: {value: {get_attr: [img, size]}}}
`
    expect(() => edited(text)).toThrow('o reads an attribute of it')
  })

  test('one that nobody uses goes; one that no instance uses stays and is told of', () => {
    const text = `${HEAD}resources:\n${IMAGE}  s: {${SERVER}, depends_on: img, properties: {image: x}}\n`
    expect(edited(text).text).toBe(`${HEAD}resources:\n  s: {${SERVER}, properties: {image: built-1}}\n`)
    const volume = `${text.replace('depends_on: img, ', '')}  v: {type: OS::Cinder::Volume, properties: {image: {get_resource: img}}}\n`
    const out = edited(volume)
    expect(out.text).toBe(volume.replace('image: x', 'image: built-1'))
    expect(out.residue).toMatchObject([{ path: 'img', what: 'image' }])
  })
})
