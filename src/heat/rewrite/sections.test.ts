import { describe, expect, test } from 'vitest'
import { planOf, rewritten } from '../testing.ts'

/** What the rewritten main template reads. */
const edited = (text: string, options = {}): string => rewritten(planOf(text), 'built-1', options).text

const HEAD = 'heat_template_version: 2016-10-14\n'

describe('what is in the image leaves the template', () => {
  const cfn = (config: string) => `HeatTemplateFormatVersion: '2012-12-12'
Parameters: {V: {Type: String, Default: '1'}}
Resources:
  S:
    Type: AWS::EC2::Instance
    Metadata:
      AWS::CloudFormation::Init:
        config:
${config}    Properties: {ImageId: i, UserData: "#!/bin/sh\\ncfn-init"}
`
  const services = '          services:\n            systemd: {httpd: {enabled: true}}\n'

  test('a section that is wholly baked goes, with nothing else', () => {
    const packages = '          packages:\n            yum:\n              httpd: []   # web\n'
    const comment = '          # about services\n'
    expect(edited(cfn(packages + comment + services))).toBe(
      cfn(comment + services).replace('ImageId: i', 'ImageId: built-1'),
    )
    expect(edited(cfn(packages + services), { keepMetadata: true })).toContain(packages)
    const crlf = (text: string) => text.replaceAll('\n', '\r\n')
    expect(edited(crlf(cfn(packages + comment + services)))).toBe(
      crlf(cfn(comment + services).replace('ImageId: i', 'ImageId: built-1')),
    )
  })

  test('Init is never left empty', () => {
    expect(edited(cfn('          packages: {yum: {httpd: []}}\n'))).toContain('        config: {}\n')
  })

  test('what depends on a parameter stays', () => {
    const packages = '          packages:\n            yum: {httpd: [{Ref: V}]}\n'
    expect(edited(cfn(packages + services))).toContain(packages)
  })

  test('metadata that somebody reads stays', () => {
    const text = `${cfn('          packages: {yum: {httpd: []}}\n')}Outputs: {O: {Value: {'Fn::GetAtt': [S, Metadata]}}}\n`
    expect(edited(text)).toContain('httpd')
  })

  test('not chosen, not removed', () => {
    const plan = planOf(cfn('          packages: {yum: {httpd: []}}\n'))
    expect(plan.residue.map((one) => one.what)).toEqual(['user data script'])
  })

  const cloud = (body: string) => `${HEAD}resources:
  s:
    type: OS::Nova::Server
    properties:
      image: i
      user_data_format: RAW
      user_data: |
        #cloud-config
${body}        runcmd:
          - ls
`
  test('packages and package_update of a literal cloud-config', () => {
    const keep = '        # keep\n        ntp: {}\n'
    expect(edited(cloud(`        package_update: true\n        packages:\n          - nginx\n${keep}`))).toBe(
      cloud(keep).replace('image: i', 'image: built-1'),
    )
  })

  const filled = (body: string) => `${HEAD}resources:
  s:
    type: OS::Nova::Server
    properties:
      image: i
      user_data_format: RAW
      user_data:
        str_replace:
          params: {$name: {get_attr: [s, first_address]}, nginx-full: nginx}
          template: |
            #cloud-config
${body}            runcmd:
              - echo $name
`
  test('packages of a literal cloud-config that is filled in', () => {
    const packages = '            package_update: true\n            packages:\n              - jq\n'
    expect(edited(filled(packages))).toBe(filled('').replace('image: i', 'image: built-1'))
  })

  test('unless something is filled in there', () => {
    const packages = '            packages:\n              - nginx-full\n'
    expect(edited(filled(packages))).toBe(filled(packages).replace('image: i', 'image: built-1'))
  })

  test.each([
    ['packages: [nginx]\n', '{}\n'],
    ['package_update: true\n# the web server\npackages:\n  - nginx\n\n', '{}\n\n'],
    ['packages: [nginx]   \n# after\n', '{}\n# after\n'],
    ['packages: [nginx]', '{}'],
    // What stands behind it cannot be taken for part of it.
    ['packages: [nginx] # why\n', 'packages: [nginx] # why\n'],
  ])('a text of nothing else than %j becomes one of nothing', (body, left) => {
    for (const newline of ['\n', '\r\n']) {
      const indented = (text: string) => `#cloud-config\n${text}`.replace(/^(?=.)/gm, ' '.repeat(8))
      const text = (inner: string) =>
        `${HEAD}resources:\n  s:\n    type: OS::Nova::Server\n    properties:\n      user_data_format: RAW\n      image: i\n      user_data: |\n${indented(inner)}`.replaceAll(
          '\n',
          newline,
        )
      expect(edited(text(body))).toBe(text(left).replace('image: i', 'image: built-1'))
    }
  })

  test.each(['|', '|-', '|+', '|2', '|2-'])('the last lines of a text that begins with %s', (header) => {
    const text = (body: string, end: string) =>
      `${HEAD}resources:\n  s:\n    type: OS::Nova::Server\n    properties:\n      user_data_format: RAW\n      image: i\n      user_data: ${header}\n        #cloud-config\n        ${body}${end}`
    for (const end of ['', '\n', '\n      name: n\n']) {
      expect(edited(text('packages: [a]', end))).toBe(text('{}', end).replace('image: i', 'image: built-1'))
      const both = edited(text('ntp: {}\n        packages: [a]', end))
      expect(both).toBe(text('ntp: {}', end || '\n').replace('image: i', 'image: built-1'))
    }
  })

  test('packages of OS::Heat::CloudConfig, unless an instance that shares it is not rewritten', () => {
    const text = `${HEAD}resources:
  c:
    type: OS::Heat::CloudConfig
    properties:
      cloud_config:
        packages: [nginx]
        runcmd: [ls]
  s: {type: OS::Nova::Server, properties: {image: i, user_data_format: RAW, user_data: {get_resource: c}}}
`
    expect(edited(text)).toBe(
      text.replace('        packages: [nginx]\n', '').replace('image: i', 'image: built-1'),
    )
  })
})

describe('packages that are in the image and stay in the template', () => {
  const HELD = 'packages checked again'
  const config = (
    body: string,
    users = '{get_resource: c}',
  ) => `${HEAD}parameters: {p: {type: string, default: x}}
resources:
  c: {type: OS::Heat::CloudConfig, properties: {cloud_config: {${body}}}}
  s: {type: OS::Nova::Server, properties: {image: i, user_data_format: RAW, user_data: ${users}}}
`
  const residue = (text: string, options = {}) =>
    rewritten(planOf(text), 'built-1', options).residue.map(({ what, why }) => [what, why])
  const UNSAFE = 'they are in the image already; the text they stand in could not be edited safely'
  const LISTS = ['package_update', 'package lists are fetched at boot, if anything is installed there']

  test('nothing is said of those that leave', () => {
    expect(residue(config('package_update: true, packages: [nginx]'))).toEqual([])
  })

  test('a text in quotes, an anchor', () => {
    const quoted = config(
      'ntp: {}',
      '"#cloud-config\\npackage_update: true\\npackages: [a, b]\\nusers: []\\n"',
    )
    expect(residue(quoted)).toEqual([LISTS, [HELD, UNSAFE]])
    expect(edited(quoted)).toBe(quoted.replace('image: i', 'image: built-1'))
    expect(residue(config('package_update: true, packages: &p [nginx]'))).toEqual([LISTS, [HELD, UNSAFE]])
  })

  test('others in the list, and a list that was to stay', () => {
    expect(residue(config('packages: [a, {get_param: p}]'))).toEqual([
      [HELD, 'they are in the image already; others in their list have to stay'],
      ['package x (cloud-config)', 'it depends on p, so the template keeps it'],
    ])
    expect(residue(config('packages: [a]'), { keepMetadata: true })).toEqual([
      [HELD, 'they are in the image already; nothing but image references was to change'],
    ])
  })

  test('lists are fetched too where nothing is installed', () => {
    expect(residue(config('package_update: true'))).toEqual([LISTS])
  })

  test('a part that is the second of one instance and the first of another leaves both', () => {
    const text = `${HEAD}parameters: {p: {type: string, default: x}}
resources:
  own: {type: OS::Heat::CloudConfig, properties: {cloud_config: {packages: [{get_param: p}]}}}
  both: {type: OS::Heat::CloudConfig, properties: {cloud_config: {packages: [a]}}}
  m: {type: OS::Heat::MultipartMime, properties: {parts: [{config: {get_resource: own}}, {config: {get_resource: both}}]}}
  s: {type: OS::Nova::Server, properties: {image: i, user_data_format: RAW, user_data: {get_resource: both}}}
  t: {type: OS::Nova::Server, properties: {image: i, user_data_format: RAW, user_data: {get_resource: m}}}
`
    expect(rewritten(planOf(text)).residue).toEqual([
      { path: 't', what: 'package x (cloud-config)', why: 'it depends on p, so the template keeps it' },
    ])
    expect(edited(text)).not.toContain('[a]')
  })
})
