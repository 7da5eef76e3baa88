import { describe, expect, test } from 'vitest'
import type { KilnError } from '../core/error.ts'
import { analyse, memoryFiles } from '../heat/index.ts'
import { parseBaseMap } from './bases/map.ts'
import { planDocument } from './document.ts'
import { noPackageMap } from './needs/index.ts'
import { asWritten, demandBuildable, planImages } from './plan.ts'

const HEAD = 'heat_template_version: 2018-08-31\n'
const server = (name: string, image: string, packages = 'nginx') =>
  `  ${name}:\n    type: OS::Nova::Server\n    properties:\n      image: ${image}\n      user_data_format: RAW\n      user_data: |\n        #cloud-config\n        packages: [${packages}]\n`

function planOf(text: string, bases = '', parameters: Record<string, string> = {}) {
  const files = memoryFiles(new Map([['in.yaml', text]]))
  const analysis = analyse({ template: 'in.yaml', files, parameters: new Map(Object.entries(parameters)) })
  return planImages(analysis, {
    template: 'in.yaml',
    bases: parseBaseMap(bases, 'bases.yaml'),
    packageMap: noPackageMap,
  })
}

describe('images of a template', () => {
  test('instances with the same needs on the same base share one', () => {
    const body =
      server('a', 'debian-13') +
      server('b', 'trixie') +
      server('c', 'debian-12') +
      server('d', 'debian-13', 'jq')
    const plan = planOf(`${HEAD}resources:\n${body}`)
    expect(
      plan.images.map(({ recipe, members }) => [recipe.name, members.map(({ instance }) => instance.path)]),
    ).toEqual([
      ['in-a', ['a', 'b']],
      ['in-c', ['c']],
      ['in-d', ['d']],
    ])
    expect(plan.problems).toEqual([])
  })

  test('a base from the map is marked so', () => {
    const plan = planOf(`${HEAD}resources:\n${server('a', 'corp-base')}`, 'corp-base: {os: debian-13}\n')
    expect(planDocument(plan).bases).toEqual([{ image: 'corp-base', source: 'map' }])
    expect(plan.images[0]?.recipe.from).toEqual({ os: 'debian-13', arch: 'amd64' })
    expect(() => demandBuildable(plan, 'in.yaml')).not.toThrow()
  })

  test('an image asked for by its content', () => {
    const image = '  img: {type: "OS::Kiln::Image", properties: {os: debian-13, packages: [jq], gems: [x]}}\n'
    const plan = planOf(`${HEAD}resources:\n${image}${server('a', '{get_resource: img}')}`)
    expect(plan.problems.map(({ message }) => message)).toEqual([
      'the image img asks for gems, which Kiln cannot do yet',
    ])
    const good = planOf(
      `${HEAD}resources:\n${image.replace(', gems: [x]', '')}${server('a', '{get_resource: img}')}`,
    )
    expect(good.problems).toEqual([])
    expect(good.images[0]?.recipe).toMatchObject({
      from: { os: 'debian-13' },
      packages: [{ name: 'jq' }, { name: 'nginx' }],
    })
  })
})

describe('the residue of a plan is what the rewritten template leaves', () => {
  const shared = (image: string, more = '') =>
    `${HEAD}resources:
  a:
    type: OS::Nova::Server
    properties: {image: ${image}, user_data_format: RAW, user_data: {get_resource: c}}${more}
  c: {type: OS::Heat::CloudConfig, properties: {cloud_config: {packages: &p [nginx], runcmd: [ls]}}}
  d: {type: OS::Heat::CloudConfig, properties: {cloud_config: {packages: *p}}}
`
  const whats = (plan: ReturnType<typeof planOf>) => plan.residue.map(({ what }) => what)

  test('packages that have to stay where others share them are told', () => {
    const plan = planOf(shared('debian-13'))
    expect(whats(plan)).toEqual(['command runcmd'])
    expect(whats(asWritten(plan, { keepMetadata: false }))).toEqual([
      'packages checked again',
      'command runcmd',
    ])
  })

  test('and all of them when nothing is to change but images', () => {
    const plan = planOf(`${HEAD}resources:\n${server('a', 'debian-13')}`)
    expect(whats(asWritten(plan, { keepMetadata: false }))).toEqual([])
    expect(whats(asWritten(plan, { keepMetadata: true }))).toEqual(['packages checked again'])
  })

  test('what cannot be written is among the problems', () => {
    const inner = JSON.stringify(`${HEAD}resources:\n${server('s', 'debian-13')}`)
    const text = `${HEAD}resources:\n  n: {type: OS::Heat::Stack, properties: {template: {list_join: ['', [${inner}]]}}}\n`
    const plan = asWritten(planOf(text), { keepMetadata: false })
    expect(plan.problems).toMatchObject([{ code: 'KILN_TEMPLATE_NOT_WRITABLE' }])
    expect(() => demandBuildable(plan, 'in.yaml')).toThrow(
      expect.objectContaining({ code: 'KILN_TEMPLATE_NOT_WRITABLE' }),
    )
  })
})

describe('what is in the way', () => {
  test('one thing is one sentence with its own code', () => {
    const plan = planOf(`${HEAD}resources:\n${server('a', 'corp-base')}`)
    expect(() => demandBuildable(plan, 'in.yaml')).toThrow(
      expect.objectContaining({
        code: 'KILN_BASE_UNKNOWN',
        fault: 'input',
        message: 'The base image corp-base of a is not in the catalogue.',
      }),
    )
  })

  test('several are one error that lists each once', () => {
    const text = `${HEAD}parameters: {image: {type: string}}\nresources:\n${server('a', 'corp-base')}${server('b', 'corp-base')}${server('c', '{get_param: image}')}`
    expect(() => demandBuildable(planOf(text), 'in.yaml')).toThrow(
      expect.objectContaining({
        code: 'KILN_PREBUILD_REFUSED',
        message:
          'in.yaml cannot be prebuilt, for 2 reasons:\n' +
          '- the images depend on parameters that have no value: image.\n' +
          '- the base image corp-base of a, b is not in the catalogue.',
      }),
    )
  })
})

describe('messages hold names from the template', () => {
  const messageOf = (plan: ReturnType<typeof planOf>, template = 'in.yaml') => {
    try {
      demandBuildable(plan, template)
    } catch (error) {
      return error as KilnError
    }
    throw new Error('nothing was refused')
  }

  test('a line break in a name makes no line of its own', () => {
    const text = `${HEAD}resources:\n${server('a', '"x\\n- all is well"')}${server('b', 'unknown')}`
    expect(messageOf(planOf(text)).message.split('\n')).toHaveLength(3)
  })

  test('a resource is called as it is written, a template once', () => {
    const fault = `${HEAD}resources:\n${server('a', '{get_parm: x}')}`
    expect(messageOf(planOf(fault), 'folder/in.yaml').message).toBe(
      "folder/in.yaml: a: its image is a map ('get_parm' is no function in this version of the template), not a name.",
    )
    expect(messageOf(planOf('- a'), 'folder/in.yaml').message).toMatch(/^in\.yaml does not hold a map/)
  })

  test('names that mean something to a shell are in no command line', () => {
    const text = (name: string) =>
      `${HEAD}parameters: {${name}: {type: string}}\nresources:\n${server('a', `{get_param: ${name}}`)}`
    expect(messageOf(planOf(text('base'))).hint).toContain('--parameters "base=…"')
    expect(messageOf(planOf(text('$(id)'))).hint).toBe('Give them in a file with -e.')
  })
})
