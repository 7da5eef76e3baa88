import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../tools/run.ts'
import { foldersOf } from './disk.ts'
import { heatUserData, mimeMultipart } from './heat.ts'
import { nocloudFiles } from './nocloud.ts'
import { openstackFiles, serviceFiles } from './openstack.ts'

const data = { instanceId: 'i-1', hostname: 'web', userData: '#!/bin/sh\n', vendorData: '#cloud-boothook\nx' }
const json = (text: string | Uint8Array | undefined): unknown => JSON.parse(String(text))

describe('seeds', () => {
  test('NoCloud has its three files, user data byte for byte', () => {
    const files = nocloudFiles(data)
    expect([...files.keys()]).toEqual(['meta-data', 'user-data', 'vendor-data'])
    expect(files.get('user-data')).toBe(data.userData)
    expect(json(files.get('meta-data'))).toEqual({ 'instance-id': 'i-1', 'local-hostname': 'web' })
  })
  test('NoCloud without user data still has the file', () => {
    expect(nocloudFiles({ instanceId: 'i', hostname: 'h' }).get('user-data')).toBe('')
  })
  test('a config drive has what cloud-init reads, vendor data under its name', () => {
    const files = openstackFiles({ ...data, publicKeys: ['ssh-ed25519 A'] })
    expect(json(files.get('openstack/latest/meta_data.json'))).toMatchObject({
      uuid: 'i-1',
      hostname: 'web',
      public_keys: { key0: 'ssh-ed25519 A' },
    })
    expect(json(files.get('openstack/latest/vendor_data.json'))).toEqual({ 'cloud-init': data.vendorData })
    expect(files.get('openstack/latest/user_data')).toBe(data.userData)
  })
  test('without user data there is no such file: an empty one would be refused', () => {
    expect(openstackFiles({ instanceId: 'i', hostname: 'h' }).has('openstack/latest/user_data')).toBe(false)
  })
  test('folders come before what is in them', () => {
    expect(foldersOf(openstackFiles(data))).toEqual(['openstack', 'openstack/latest', 'ec2', 'ec2/latest'])
  })
})

describe('the metadata service', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-service-'))
    for (const [name, content] of serviceFiles(data)) {
      await mkdir(join(folder, dirname(name)), { recursive: true })
      await writeFile(join(folder, name), content)
    }
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const script = fileURLToPath(new URL('service.pl', import.meta.url))
  const ask = async (request: string) => {
    const { stdout } = await run(['perl', script, folder], { input: `${request}\r\nHost: x\r\n\r\n` })
    const [head, body] = stdout.split('\r\n\r\n')
    return { status: head!.split(' ')[1], length: /Content-Length: (\d+)/.exec(head!)?.[1], body }
  }
  test('answers versions, data and EC2’s tree', async () => {
    expect(await ask('GET /openstack HTTP/1.1')).toMatchObject({ status: '200', body: 'latest' })
    expect(json((await ask('GET /openstack/latest/meta_data.json HTTP/1.1')).body)).toMatchObject({
      name: 'web',
    })
    expect(await ask('GET /openstack/latest/user_data HTTP/1.0')).toMatchObject({
      body: data.userData,
      length: '10',
    })
    expect((await ask('GET / HTTP/1.1')).body).toBe('latest\nopenstack')
    expect((await ask('GET /latest HTTP/1.1')).body).toBe('meta-data/\nuser-data')
    expect((await ask('GET /latest/meta-data/instance-id?x=1 HTTP/1.1')).body).toBe('i-1')
  })
  test('a HEAD has the length and no body', async () => {
    expect(await ask('HEAD /openstack HTTP/1.1')).toEqual({ status: '200', length: '6', body: '' })
  })
  test.each(['/nope', '/../../../../etc/passwd', '/latest/../../../etc/passwd', '/openstack/%2e%2e/x'])(
    '%s is not there',
    async (path) => expect(await ask(`GET ${path} HTTP/1.1`)).toMatchObject({ status: '404', body: '' }),
  )
  test('other methods are refused', async () => {
    expect(await ask('PUT /latest/api/token HTTP/1.1')).toMatchObject({ status: '405' })
  })
})

describe('user data of Heat', () => {
  const metadata = { 'AWS::CloudFormation::Init': { config: {} }, text: 'é' }
  const message = heatUserData({ userData: '#!/bin/sh\n/usr/bin/cfn-init\n', metadata })
  test('is a multipart with the parts in the order in which they are needed', () => {
    const boundary = /boundary="([^"]+)"/.exec(message)![1]!
    const parts = message.split(`--${boundary}`).slice(1, -1)
    const names = parts.map((part) => /filename="([^"]+)"/.exec(part)![1])
    expect(names).toEqual([
      'cloud-config',
      'part-handler.py',
      'cfn-userdata',
      'loguserdata.py',
      'cfn-init-data',
    ])
    const body = (n: number) => Buffer.from(parts[n]!.split('\n\n')[1]!, 'base64').toString('utf8')
    expect(body(2)).toBe('#!/bin/sh\n/usr/bin/cfn-init\n')
    expect(json(body(4))).toEqual(metadata)
  })
  test('its handler is Python that stores parts under their plain names', async () => {
    const handler = Buffer.from(
      message.split('part-handler.py"\n\n')[1]!.split('\n--')[0]!,
      'base64',
    ).toString()
    expect(handler).toMatch(/^#part-handler\n/)
    expect(handler).toContain('os.path.basename(filename)')
  })
  test('a Python mail reader finds the same parts', async (context) => {
    const read = `import sys, email, json
m = email.message_from_string(sys.stdin.read())
print(json.dumps([[p.get_content_type(), p.get_filename(), p.get_payload(decode=True).decode()] for p in m.walk() if not p.is_multipart()]))`
    const python = await run(['python3', '-c', read], { input: message }).catch(() => undefined)
    if (!python) context.skip('no python3 on this machine')
    const parts = json(python!.stdout) as string[][]
    expect(parts.map(([type]) => type)).toEqual([
      'text/cloud-config',
      'text/part-handler',
      'text/x-cfninitdata',
      'text/x-shellscript',
      'text/x-cfninitdata',
    ])
    expect(parts[2]![2]).toBe('#!/bin/sh\n/usr/bin/cfn-init\n')
  })
  test('the same parts give the same text', () => {
    const part = { subtype: 'plain', filename: 'a', content: 'x'.repeat(200) }
    expect(mimeMultipart([part])).toBe(mimeMultipart([part]))
    expect(
      mimeMultipart([part])
        .split('\n')
        .every((line) => line.length <= 100),
    ).toBe(true)
  })
})

test('the scripts that run in guests are shell and Perl', async () => {
  const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
  await expect(run(['sh', '-n', here('../probe/probe.sh')])).resolves.toMatchObject({ status: 0 })
  for (const script of ['service.pl', 'link.pl'])
    await expect(run(['perl', '-c', here(script)])).resolves.toMatchObject({ status: 0 })
  expect(await readFile(here('../probe/probe.sh'), 'utf8')).not.toContain('\r')
})
