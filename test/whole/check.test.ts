import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build, lockRecipe } from '../../src/build/index.ts'
import { assertApart, assertBoot } from '../../src/check/assertions.ts'
import {
  type CheckReport,
  checkError,
  checkImage,
  type Firmware,
  heatUserData,
  promisesOf,
  type SeedKind,
} from '../../src/check/index.ts'
import { parseRecipe, type Recipe } from '../../src/recipe/recipe.ts'
import { whyNoTap } from '../../src/tools/sandbox/tap.ts'
import { suite, suiteTools } from './suite.ts'

/** The report without what does not fit on a screen: shown when an expectation fails. */
const failed = (report: CheckReport) =>
  report.assertions.filter(({ ok }) => !ok).map(({ name, firmware, saw }) => `${firmware} ${name}: ${saw}`)

let tools: string
let folder: string
beforeAll(async () => {
  tools = await suiteTools()
  folder = await mkdtemp(join(tmpdir(), 'kiln-check-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function built(recipe: Recipe) {
  const version = await build(recipe, await lockRecipe(recipe, suite), suite)
  return { image: version.artifacts[0]!.path, format: version.artifacts[0]!.format }
}

describe('an image that does not start', () => {
  test('is given up at once on either firmware, with the console’s last lines', async () => {
    const image = join(folder, 'empty.raw')
    await using file = await open(image, 'w')
    await file.truncate(64 << 20)
    const report = await checkImage({ tools, image, format: 'raw', firmware: ['bios', 'uefi'] })
    expect(failed(report)).toEqual([
      'bios system up: the BIOS found no boot loader on the disk',
      'uefi system up: UEFI found no boot loader on the disk',
    ])
    const error = checkError(report, 'empty.raw')
    expect(error.message).toMatch(
      /empty\.raw did not pass its boot check: system up on bios: .*, and 1 more\.$/,
    )
    expect(error.hint).toContain('No bootable device.')
  })
  test('is an error of the input when it is no image', async () => {
    const image = join(folder, 'empty.raw')
    await expect(checkImage({ tools, image, format: 'qcow2', firmware: ['bios'] })).rejects.toMatchObject({
      code: 'KILN_IMAGE_UNREADABLE',
      fault: 'input',
    })
  })
})

describe('a composed image of Debian 13', () => {
  const recipe = parseRecipe(
    {
      name: 'check',
      from: { os: 'debian-13' },
      packages: ['nginx', 'jq'],
      services: { enable: ['nginx'] },
      groups: [{ name: 'kiln' }],
      users: [{ name: 'web', groups: ['kiln'] }],
      custom_files: [
        { path: '/var/www/html/index.html', content: 'baked\n' },
        { path: '/etc/kiln/secret', content: 'x', mode: '0640', owner: 'root', group: 'kiln' },
        { path: '/etc/kiln/link', link: '/etc/kiln/secret' },
      ],
    },
    'of this test',
  )
  let noTap: string | undefined
  let reports: CheckReport[]
  beforeAll(async () => {
    noTap = await whyNoTap()
    const image = await built(recipe)
    const check = (firmware: Firmware, kind: SeedKind) =>
      checkImage({
        ...image,
        tools,
        name: 'check',
        firmware: [firmware],
        seed: { kind },
        bus: 'virtio-scsi',
        promises: promisesOf(recipe),
        answers: [{ name: 'page', http: { port: 80, path: '/' } }],
        commands: [{ name: 'member', command: 'id -nG web | grep -qw kiln' }],
      })
    // One boot over each kind of address, and each on a firmware of its own.
    reports = await Promise.all([
      check('bios', 'metadata'),
      check('secureboot', noTap === undefined ? 'metadata6' : 'metadata'),
    ])
  })
  test('is what its recipe promised on both firmwares', () => expect(reports.flatMap(failed)).toEqual([]))
  test('looked at everything', () => {
    const names = reports.flatMap(({ assertions }) => assertions.map(({ name }) => name))
    for (const name of ['package jq', 'service nginx', 'file /etc/kiln/secret', 'user web', 'answer page'])
      expect(names.filter((one) => one === name)).toHaveLength(2)
  })
  test('is another machine at each boot', () => {
    const boots = reports.flatMap((report) => report.boots.map((boot) => ({ firmware: boot.firmware, boot })))
    expect(assertApart(boots)).toMatchObject([{ name: 'own identity', ok: true }])
  })
  test('finds the metadata service where there is IPv6 only', (context) => {
    if (noTap !== undefined) context.skip(`${noTap}: both boots were over IPv4`)
    const [boot] = reports[1]!.boots
    expect(boot!.report!.cloudInit.datasource).toContain('OpenStack')
    expect(boot!.report!.addresses.filter((address) => !address.includes(':'))).toEqual([])
  })
  test('would not pass with another promise', () => {
    const [boot] = reports[0]!.boots
    const found = assertBoot(boot!, 'bios', { packages: ['apache2'] }, {}).find(({ name }) =>
      name.endsWith('apache2'),
    )
    expect(found).toMatchObject({ ok: false, saw: 'not installed' })
  })
})

describe('a composed image of Debian 12 with heat-cfntools', () => {
  const recipe = parseRecipe(
    { name: 'cfn', from: { os: 'debian-12' }, packages: ['heat-cfntools', 'jq'] },
    'of this test',
  )
  test('the real cfn-init finds its metadata offline, in user data as Heat makes it', async () => {
    const report = await checkImage({
      ...(await built(recipe)),
      tools,
      name: 'cfn',
      firmware: ['bios'],
      seed: {
        kind: 'configdrive',
        userData: heatUserData({
          userData: '#!/bin/bash\n/usr/bin/cfn-init || exit 1\n',
          metadata: {
            'AWS::CloudFormation::Init': {
              config: {
                packages: { apt: { jq: [] } },
                files: {
                  '/etc/cfn': { content: 'from metadata\n', mode: '000640', owner: 'root', group: 'adm' },
                },
                commands: { one: { command: 'touch /run/cfn-command' } },
              },
            },
          },
        }),
      },
      promises: {
        ...promisesOf(recipe),
        files: [
          { path: '/etc/cfn', content: 'from metadata\n', mode: '0640', owner: 'root', group: 'adm' },
          { path: '/run/cfn-command' },
          { path: '/var/lib/heat-cfntools/provision-finished' },
        ],
      },
    })
    expect(failed(report)).toEqual([])
  })
})
