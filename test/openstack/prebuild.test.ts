import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Cloud } from '../../src/cloud/index.ts'
import { begin, environment, ROOT } from '../whole/program.ts'
import { type Desk, desk, fresh, withoutCompute } from './shared.ts'

const TEMPLATE = `heat_template_version: 2021-04-16
description: Two servers of one image, and a value that is not of any
parameters:
  image: {type: string, default: debian-13}
resources:
  network: {type: OS::Neutron::Net}
  subnet: {type: OS::Neutron::Subnet, properties: {network: {get_resource: network}, cidr: 10.8.0.0/24}}
  one:
    type: OS::Nova::Server
    depends_on: subnet
    properties: &server
      image: {get_param: image}   # the old one
      flavor: m1.small
      networks: [{network: {get_resource: network}}]
      user_data_format: RAW
      user_data: |
        #cloud-config
        packages: [jq]
        runcmd: [[touch, /run/booted]]
  two: {type: OS::Nova::Server, depends_on: subnet, properties: *server}
outputs:
  ids: {value: [{get_resource: one}, {get_resource: two}]}
`

describe.skipIf(withoutCompute)('kiln prebuild --target glance:CLOUD', () => {
  let at: Desk
  let cloud: Cloud
  let folder: string
  beforeAll(async () => {
    at = await desk()
    cloud = await at.open('devstack')
    folder = await mkdtemp(join(tmpdir(), 'kiln-prebuild-'))
    await writeFile(join(folder, 'in.yaml'), TEMPLATE)
  })
  afterAll(async () => {
    await at?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  const kiln = (...argv: string[]) =>
    begin([join(ROOT, 'kiln'), ...argv], {
      cwd: folder,
      env: { ...environment(), HOME: folder, OS_CLIENT_CONFIG_FILE: join(at.folder, 'clouds.yaml') },
    }).ended

  test('from a template to servers that run our image', async () => {
    const argv = ['prebuild', 'in.yaml', 'out.yaml', '--target', 'glance:devstack', '--json']
    const first = await kiln(...argv)
    expect(first.stderr).not.toContain('KILN_')
    expect(first.status).toBe(0)
    const [made] = (
      JSON.parse(first.stdout) as { images: { name: string; digest: string; where: string[] }[] }
    ).images
    const image = (await Array.fromAsync(cloud.images.list({ name: made!.name })))[0]!
    expect(image).toMatchObject({
      status: 'active',
      kiln_digest: made!.digest,
      kiln_template: 'in.yaml',
      kiln_parameters: '{"image":"debian-13"}',
      os_distro: 'debian',
    })
    expect(made!.where[0]).toContain(image.id)

    const template = await readFile(join(folder, 'out.yaml'), 'utf8')
    expect(
      (parse(template) as { resources: { two: { properties: object } } }).resources.two.properties,
    ).toMatchObject({
      image: made!.name,
    })
    await cloud.stacks.validate({ template })
    const stack = await cloud.stacks.create({ name: fresh('web').replaceAll('.', '-'), template })
    const settled = await cloud.stacks.settled(stack)
    expect(settled).toMatchObject({ stack_status: 'CREATE_COMPLETE' })
    for (const id of settled!.outputs![0]!.output_value as string[])
      expect((await cloud.servers.get(id))?.image).toMatchObject({ id: image.id })
    await cloud.stacks.remove(stack)
    await cloud.stacks.settled(stack)

    // The same command again: nothing is built, nothing is sent, nothing is written.
    const again = JSON.parse((await kiln(...argv)).stdout)
    expect(again).toMatchObject({ written: [], images: [{ reused: true }] })
    const listed = await kiln('images', '--target', 'glance:devstack', '--json')
    expect(JSON.parse(listed.stdout)).toMatchObject([{ name: made!.name, digest: made!.digest }])
  })

  test('a cloud that cannot be used is said before anything is built', async () => {
    const nobody = await kiln('prebuild', 'in.yaml', 'other.yaml', '--target', 'glance:nobody')
    expect(nobody).toMatchObject({ status: 2, stderr: expect.stringContaining('KILN_CLOUD_UNKNOWN') })
    expect(nobody.stderr).toContain('devstack')
    const odd = await kiln('prebuild', 'in.yaml', 'other.yaml', '--target', 'glance:devstack,visibility=all')
    expect(odd).toMatchObject({ status: 2, stderr: expect.stringContaining('KILN_TARGET_UNKNOWN') })
  })
})
