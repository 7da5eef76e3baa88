import { describe, expect, test } from 'vitest'
import { analyse, memoryFiles } from '../heat/index.ts'
import { noPackageMap } from './needs/index.ts'
import { planImages } from './plan.ts'

/** The plan of a template with one server that is built from a `Kiln::Image` with these properties. */
function planOf(properties: string, more = '') {
  const text = `heat_template_version: 2018-08-31
resources:
  img: {type: Kiln::Image, properties: ${properties}}
  s: {type: OS::Nova::Server, properties: {image: {get_resource: img}${more}}}
`
  const analysis = analyse({ template: 'in.yaml', files: memoryFiles(new Map([['in.yaml', text]])) })
  return planImages(analysis, { template: 'in.yaml', bases: new Map(), packageMap: noPackageMap })
}

test('what it asks for is in the recipe, and what its instance needs besides', () => {
  const plan = planOf(
    '{os: debian-13, name: web, packages: [jq, "nginx=1.2", {name: curl}], custom_files: [{path: /etc/motd, content: hi, mode: "0644"}], groups: [{name: g}], users: [{name: u, groups: [g]}], pip_packages: [pystache==0.6.5, "Foo[x] >=1"]}',
    String.raw`, user_data_format: RAW, user_data: "#cloud-config\npackages: [jq, less]\n"`,
  )
  expect(plan.problems).toEqual([])
  expect(plan.images[0]?.recipe).toMatchObject({
    name: 'in-s',
    from: { os: 'debian-13' },
    packages: [{ name: 'curl' }, { name: 'jq' }, { name: 'less' }, { name: 'nginx', version: '1.2' }],
    custom_files: [{ path: '/etc/motd', content: 'hi', mode: '0644' }],
    groups: [{ name: 'g' }],
    users: [{ name: 'u', groups: ['g'] }],
    pip_packages: ['foo[x]>=1', 'pystache==0.6.5'],
  })
})

describe('what is wrong, and where', () => {
  test.each<[string, string[]]>([
    ['{packages: [jq]}', ['the image img does not say its os']],
    ['{os: null}', ['the image img does not say its os']],
    ['{os: 13}', ['the os of the image img is not a name']],
    ['{os: " "}', ['the os of the image img is not a name']],
    ['{os: debian-13, packages: "jq,nginx"}', ['packages of the image img is not a list']],
    [
      '{os: debian-13, packages: [jq, "two words"]}',
      [
        'packages[1] of the image img: "two words" is not a package, as name, name=version or {name, version}',
      ],
    ],
    [
      '{os: debian-13, packages: [5]}',
      ['packages[0] of the image img: it is not a package, as name, name=version or {name, version}'],
    ],
    [
      '{os: debian-13, custom_files: [{path: etc/motd, content: x}]}',
      ['custom_files[0] of the image img: its path is not an absolute path'],
    ],
    [
      '{os: debian-13, custom_files: [{path: /a}]}',
      ['custom_files[0] of the image img: it has neither content nor link'],
    ],
    [
      '{os: debian-13, custom_files: [{path: /a, content: {b: c}}]}',
      ['custom_files[0] of the image img: its content is not a text'],
    ],
    [
      '{os: debian-13, custom_files: [{path: /a, content: b, mode: 0644}]}',
      [
        'custom_files[0] of the image img: its mode is not a text: write it in octal and in quotes, as "0644"',
      ],
    ],
    [
      '{os: debian-13, custom_files: [{content: b}]}',
      ['custom_files[0] of the image img: its path is missing'],
    ],
    [
      '{os: debian-13, custom_files: [{path: /a, content: b, colour: red}]}',
      ['custom_files[0] of the image img: it has "colour", which is not known here'],
    ],
    [
      '{os: debian-13, pip_packages: [--index-url=x, "a @ https://x.example/a.whl", {name: a}], gems: [x], recipe: y}',
      [
        'pip_packages[0] of the image img: "--index-url=x" is not a package of Python: write name, name==version or name[extra]>=version',
        'pip_packages[1] of the image img: "a @ https://x.example/a.whl" names an address: packages come from an index, whose address is configuration',
        'pip_packages[2] of the image img: it is not a text',
        'the image img asks for gems, which Kiln cannot do yet',
        'the image img asks for recipe, which Kiln cannot do yet',
      ],
    ],
    [
      '{os: debian-13, __proto__: x}',
      [
        'the image img has the property __proto__, which is none of os, name, packages, pip_packages, custom_files, groups, users, repositories',
      ],
    ],
    [
      '{OS: debian-13}',
      [
        'the image img does not say its os',
        'the image img has the property OS, which is none of os, name, packages, pip_packages, custom_files, groups, users, repositories',
      ],
    ],
  ])('%s', (properties, messages) => {
    const { problems } = planOf(properties)
    expect(problems.map(({ path, message }) => [path, message])).toEqual(
      messages.map((message) => ['img', message]),
    )
  })

  test('an os that is not known is told as any base, with its instance', () => {
    const plan = planOf('{os: corp}')
    expect(plan.problems).toMatchObject([
      { code: 'KILN_BASE_UNKNOWN', message: 'the base image corp of s is not in the catalogue' },
    ])
    expect(plan.images[0]?.recipe.from).toEqual({ image: 'corp' })
  })
})
