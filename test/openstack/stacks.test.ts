import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type Cloud, type Stack, upload } from '../../src/cloud/index.ts'
import { absent, type Desk, desk, fresh, withoutCompute } from './shared.ts'

const VALUE = stringify({
  heat_template_version: '2021-04-16',
  parameters: { word: { type: 'string', default: 'here' } },
  resources: { v: { type: 'OS::Heat::Value', properties: { value: { get_param: 'word' } } } },
  outputs: { said: { value: { get_attr: ['v', 'value'] } } },
})

describe.skipIf(absent)('stacks', () => {
  let at: Desk
  let cloud: Cloud
  beforeAll(async () => {
    at = await desk()
    cloud = await at.open('devstack')
  })
  afterAll(() => at[Symbol.asyncDispose]())
  const name = () => fresh('stack').replaceAll('.', '-')

  test('a template is validated and previewed by the engine, without a stack', async () => {
    const checked = await cloud.stacks.validate({ template: VALUE })
    expect(Object.keys(checked.Parameters)).toEqual(['word'])
    const wrong = VALUE.replace('OS::Heat::Value', 'OS::Nobody::Knows')
    await expect(cloud.stacks.validate({ template: wrong })).rejects.toMatchObject({
      code: 'KILN_CLOUD_REFUSED',
      fault: 'work',
      data: { status: 400, said: expect.stringContaining('OS::Nobody::Knows') },
    })
    expect(await cloud.stacks.preview({ name: name(), template: VALUE })).toMatchObject([
      { resource_name: 'v', properties: { value: 'here' } },
    ])
    expect((await cloud.stacks.list()).filter(({ stack_name: each }) => each.startsWith('stack'))).toEqual([])
  })

  test('a stack comes, is found, gives its outputs and goes', async () => {
    const stack = await cloud.stacks.create({ name: name(), template: VALUE, parameters: { word: 'there' } })
    const made = (await cloud.stacks.settled(stack)) as Stack
    expect(made.stack_status).toBe('CREATE_COMPLETE')
    expect(made.outputs).toMatchObject([{ output_key: 'said', output_value: 'there' }])
    expect((await cloud.stacks.find(stack.stack_name))?.id).toBe(stack.id)
    expect((await cloud.stacks.list()).map(({ id }) => id)).toContain(stack.id)
    expect(await cloud.stacks.resources(stack)).toMatchObject([
      { resource_name: 'v', resource_type: 'OS::Heat::Value' },
    ])
    expect((await cloud.stacks.events(stack)).map((event) => event.resource_status)).toContain(
      'CREATE_COMPLETE',
    )
    expect(await cloud.stacks.remove(stack)).toBe(true)
    expect(await cloud.stacks.settled(stack)).toBeUndefined()
    expect(await cloud.stacks.find(stack.stack_name)).toBeUndefined()
  })

  test('nested templates and environments come along as files', async () => {
    const template = stringify({
      heat_template_version: '2021-04-16',
      resources: { one: { type: 'Our::Thing', properties: { word: 'deep' } } },
      outputs: { said: { value: { get_attr: ['one', 'said'] } } },
    })
    const files = {
      'value.yaml': VALUE,
      'env.yaml': stringify({ resource_registry: { 'Our::Thing': 'value.yaml' } }),
    }
    const request = { name: name(), template, files, environmentFiles: ['env.yaml'] }
    expect(await cloud.stacks.preview(request)).toHaveLength(1)
    const stack = await cloud.stacks.create(request)
    expect((await cloud.stacks.settled(stack))?.outputs).toMatchObject([{ output_value: 'deep' }])
    await cloud.stacks.remove(stack)
  })

  test('an application credential may look but not create, and is told why', async () => {
    const { stacks } = await at.open('ci')
    await stacks.validate({ template: VALUE })
    await expect(stacks.create({ name: name(), template: VALUE })).rejects.toMatchObject({
      code: 'KILN_CLOUD_TRUST_REFUSED',
      message: expect.stringContaining('application credential'),
      hint: expect.stringContaining('password'),
    })
  })

  test('versions, functions and types are the engine’s own', async () => {
    const versions = await cloud.stacks.templateVersions()
    expect(versions).toContain('heat_template_version.2021-04-16')
    expect(await cloud.stacks.templateFunctions('heat_template_version.2021-04-16')).toContain('str_replace')
    expect(await cloud.stacks.resourceTypes()).toContain('OS::Heat::Value')
  })
})

describe.skipIf(withoutCompute)('servers', () => {
  test('a server starts from an image, and an image is made of it', async () => {
    await using at = await desk()
    const { images, servers } = await at.open('devstack')
    expect(await servers.microversion()).toMatch(/^2\.\d+$/)
    const image = (await images.create({ name: fresh('os'), disk_format: 'raw' }))!
    await upload(images, image.id, Buffer.alloc(65536))
    const name = fresh('server')
    const userData = Buffer.from('#!/bin/sh\n')
    const id = await servers.create({ name, image: image.id, flavor: '1', networks: [], userData })
    expect(await servers.reach(id, ['ACTIVE'])).toMatchObject({
      name,
      status: 'ACTIVE',
      image: { id: image.id },
    })
    const listed = await Array.fromAsync(servers.list({ image: image.id }))
    expect(listed.map((server) => server.id)).toEqual([id])
    const copy = await servers.createImage(id, fresh('copy'), { made: 'yes' })
    await expect.poll(async () => (await images.get(copy))?.status, { timeout: 60_000 }).toBe('active')
    expect(await images.get(copy)).toMatchObject({ instance_uuid: id, made: 'yes' })
    expect(await servers.remove(id)).toBe(true)
    await expect.poll(() => servers.get(id), { timeout: 60_000 }).toBeUndefined()
    await expect(servers.create({ name, image: id, flavor: '1', networks: [] })).rejects.toMatchObject({
      code: 'KILN_CLOUD_REFUSED',
      message: expect.stringContaining('image'),
    })
  })
})
