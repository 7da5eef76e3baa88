import { describe, expect, test } from 'vitest'
import { sha256 } from '../core/digest.ts'
import { parseRecipe } from '../recipe/recipe.ts'
import { assertApart, assertBoot } from './assertions.ts'
import type { Boot } from './boot.ts'
import { parseLine, parseReport } from './probe/report.ts'
import { allPromises, type Promises, promisesOf } from './promises.ts'
import { checkDocument, checkError, checkLines } from './show.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const UP = [
  'kernel\t6.12',
  'firmware\tbios',
  'state\trunning',
  'cloudexit\t0',
  `cloudresult\t${base64('{"v1": {"datasource": "DataSourceNoCloud [seed=/dev/vdb]", "errors": []}}')}`,
  'package\tnginx\t1.26-1\tinstalled',
  'apt\t0\t4\t',
  'service\tnginx\tloaded\tenabled\tactive',
  `file\t0\t644\troot\troot\t2\t${sha256('hi')}\t`,
  `user\tweb\t${base64('web:x:1000')}`,
  `group\tadm\t${base64('adm:x:4')}`,
  'root\t3094040576\tvda3\t73728\t6217695\tvda\t6291456',
  'machineid\t0123456789abcdef0123456789abcdef',
  'hostkey\tssh_host_rsa_key.pub\t40\tabcd',
  'sshd\tpresent',
  'addresses\t10.0.2.15/24 fd00::1/64',
]

/** A boot whose report has `lines` in place of the lines of UP with the same word. */
function boot(...lines: string[]): Boot {
  const words = new Set(lines.map((line) => line.split('\t')[0]))
  const all = [...UP.filter((line) => !words.has(line.split('\t')[0])), ...lines]
  return {
    accelerator: 'emulated',
    seed: 'nocloud',
    failure: undefined,
    seconds: { login: 50, probe: 40, up: 48, report: 55, answers: [] },
    report: parseReport(all.map((line) => parseLine(`KILN1 ${line}`)!)),
    console: ['line one', 'web login:'],
    disk: { image: 2 ** 31, guest: 3 * 2 ** 30 },
  }
}
const PROMISES: Promises = {
  packages: ['nginx'],
  services: [{ name: 'nginx', enabled: true, running: true }],
  files: [{ path: '/etc/hi', content: 'hi', mode: '644', owner: 'root', group: 'root' }],
  users: ['web'],
  groups: ['adm'],
  addresses: ['ipv4', 'ipv6'],
}
const failures = (given: Boot, promises = PROMISES) =>
  assertBoot(given, 'bios', promises, {})
    .filter(({ ok }) => !ok)
    .map(({ name, saw }) => `${name}: ${saw}`)

describe('assertions', () => {
  test('all hold for an image that is as promised', () => {
    expect(failures(boot())).toEqual([])
    expect(assertBoot(boot(), 'bios', PROMISES, {}).length).toBeGreaterThan(15)
  })
  test.each([
    ['still starting', 'state\tstarting', /^system up: starting/],
    [
      'a failed unit',
      `failed\tx.service\t${base64('why\nbecause')}`,
      /^no failed units: x\.service \(because\)/,
    ],
    ['cloud-init failed', 'cloudexit\t1', /^cloud-init: error/],
    [
      'another data source',
      `cloudresult\t${base64('{"v1": {"datasource": "DataSourceNone"}}')}`,
      /^cloud-init data: DataSourceNone/,
    ],
    ['the other firmware', 'firmware\tuefi', /^firmware: uefi/],
    ['no machine id', 'machineid\tuninitialized', /^machine id: uninitialized/],
    [
      'a host key of the image',
      'hostkey\tssh_host_rsa_key.pub\t-9\tabcd',
      /^host keys: .*came with the image/,
    ],
    ['a disk that did not grow', 'root\t2000000000\tvda3\t73728\t4118528\tvda\t6291456', /^root grown: /],
    [
      'a file system that did not grow',
      'root\t2000000000\tvda3\t73728\t6217695\tvda\t6291456',
      /^root grown: /,
    ],
    ['only IPv6', 'addresses\tfd00::1/64', /^IPv4 address: fd00/],
    ['only IPv4', 'addresses\t10.0.0.1/8', /^IPv6 address: 10/],
    ['a half-installed package', 'package\tnginx\t1.26-1\thalf-configured', /^packages whole: .*nginx/],
    ['a package missing', 'package\tapache2\t1\tinstalled', /^package nginx: not installed/],
    ['apt without a source', 'apt\t0\t0\t', /^apt sources: 0 indexes/],
    ['apt broken', `apt\t1\t0\t${base64('E: Type x is not known')}`, /^apt sources: E: Type/],
    ['a service disabled', 'service\tnginx\tloaded\tdisabled\tactive', /^service nginx: disabled, active/],
    ['a service dead', 'service\tnginx\tloaded\tenabled\tfailed', /^service nginx: enabled, failed/],
    [
      'a service that is not there',
      'service\tnginx\tnot-found\tnot-found\tinactive',
      /^service nginx: no such/,
    ],
    ['a file missing', 'file\t0\tmissing', /^file \/etc\/hi: missing/],
    ['a file changed', `file\t0\t644\troot\troot\t3\t${sha256('ho')}\t`, /other content \(3 bytes\)/],
    ['a file with another mode', `file\t0\t600\troot\troot\t2\t${sha256('hi')}\t`, /mode is 0600, not 0644/],
    ['a file of another owner', `file\t0\t644\tweb\troot\t2\t${sha256('hi')}\t`, /owner is web, not root/],
    ['a user missing', 'user\tweb\t', /^user web: none/],
    ['a group missing', 'group\tadm\t', /^group adm: none/],
  ])('%s is seen', (_what, line, expected) => {
    expect(failures(boot(line)).join('\n')).toMatch(expected)
  })
  test('a service that must be off', () => {
    const off = { services: [{ name: 'nginx', enabled: false, running: false }] }
    expect(failures(boot(), off)).toEqual(['service nginx: enabled, active'])
    expect(failures(boot('service\tnginx\tloaded\tmasked\tinactive'), off)).toEqual([])
    expect(failures(boot('service\tnginx\tnot-found\tnot-found\tinactive'), off)).toEqual([])
  })
  test('versions are exact or a start', () => {
    for (const [wanted, ok] of [
      ['nginx=1.26-1', true],
      ['nginx=1.26*', true],
      ['nginx=1.2', false],
      ['nginx=2*', false],
    ] as const)
      expect(failures(boot(), { packages: [wanted] }).length === 0).toBe(ok)
  })
  test('old spellings in user data do not fail an image, warnings do', () => {
    const status = (level: string) =>
      boot(
        'cloudexit\t2',
        `cloudstatus\t${base64(`{"v1": {"init": {"recoverable_errors": {"${level}": ["x"]}}}}`)}`,
      )
    expect(failures(status('DEPRECATED'))).toEqual([])
    expect(failures(status('WARNING'))).toEqual(['cloud-init: degraded; WARNING: x'])
  })
  describe('in a network of IPv6 only', () => {
    const lease = 'No valid DHCP lease configuration found in dhcpcd lease'
    const seen = (seed: Boot['seed'], ...warnings: string[]) =>
      failures({
        ...boot(
          'addresses\tfd00::1/64',
          `cloudresult\t${base64('{"v1": {"datasource": "DataSourceOpenStack [net,ver=2]"}}')}`,
          'cloudexit\t2',
          `cloudstatus\t${base64(JSON.stringify({ v1: { init: { recoverable_errors: { WARNING: warnings } } } }))}`,
        ),
        seed,
      })
    test('no lease and no address of IPv4 are no fault of the image, anything else is', () => {
      expect(seen('metadata6', lease)).toEqual([])
      expect(seen('metadata6', lease, 'other')).toEqual([
        `cloud-init: degraded; WARNING: ${lease}; WARNING: other`,
      ])
    })
    test('where there is IPv4 they are', () => {
      expect(seen('metadata', lease)).toEqual([
        `cloud-init: degraded; WARNING: ${lease}`,
        'IPv4 address: fd00::1/64',
      ])
    })
  })
  test('Secure Boot must be on where it is asked for', () => {
    const names = (given: Boot) =>
      assertBoot(given, 'secureboot', {}, {}).flatMap(({ name, ok }) => (ok ? [] : [name]))
    expect(names(boot('firmware\tuefi', 'secureboot\t0'))).toEqual(['firmware'])
    expect(names(boot('firmware\tuefi', 'secureboot\t1'))).toEqual([])
  })
  test('answers and commands', () => {
    const given = boot(`command\t0\t1\t${base64('first\nlast')}`)
    const ask = {
      answers: [
        { name: 'web', tcp: 80 },
        { name: 'db', tcp: 3306 },
      ],
      commands: [{ name: 'x', command: 'false' }],
    }
    const found = assertBoot({ ...given, seconds: { ...given.seconds, answers: [61.2] } }, 'bios', {}, ask)
    expect(found.slice(-3).map(({ name, ok, saw }) => [name, ok, saw])).toEqual([
      ['answer web', true, 'after 61 s'],
      ['answer db', false, 'none'],
      ['command x', false, 'status 1: last'],
    ])
  })
  test('two boots must be two machines', () => {
    const pair = (second: Boot) =>
      assertApart([
        { firmware: 'bios', boot: boot() },
        { firmware: 'uefi', boot: second },
      ])
    expect(pair(boot())).toMatchObject([
      { ok: false, saw: 'same machine id, same host key', firmware: 'uefi' },
    ])
    expect(pair(boot(`machineid\t${'f'.repeat(32)}`, 'hostkey\tk\t1\tother'))).toMatchObject([{ ok: true }])
  })
})

test('a recipe’s promises', () => {
  const recipe = parseRecipe(
    {
      from: { os: 'debian-13' },
      packages: ['jq=1.7*', 'nginx'],
      services: { enable: ['nginx'], disable: ['cron'] },
      users: [{ name: 'web' }],
      groups: [{ name: 'data' }],
      custom_files: [
        { path: '/etc/a', content: 'x', mode: '0600', owner: 'web' },
        { path: '/etc/b', content_base64: 'AP8=' },
        { path: '/etc/c', link: '/etc/a' },
      ],
    },
    'of a test',
  )
  expect(promisesOf(recipe)).toEqual({
    packages: ['jq=1.7*', 'nginx'],
    services: [
      { name: 'nginx', enabled: true, running: true },
      { name: 'cron', enabled: false },
    ],
    files: [
      { path: '/etc/a', sha256: sha256('x'), mode: '0600', owner: 'web' },
      { path: '/etc/b', sha256: sha256(Uint8Array.of(0, 255)), owner: 'root' },
      { path: '/etc/c', link: '/etc/a' },
    ],
    users: ['web'],
    groups: ['data'],
    addresses: ['ipv4', 'ipv6'],
  })
  expect(allPromises({}).addresses).toEqual(['ipv4'])
  expect(allPromises({ addresses: ['ipv6'] }, { packages: ['a'] })).toMatchObject({
    addresses: ['ipv4', 'ipv6'],
    packages: ['a'],
  })
})

describe('a report for people and programs', () => {
  const failed: Boot = { ...boot(), failure: 'the kernel panicked', report: undefined }
  const reportOf = (given: Boot) => {
    const assertions = assertBoot(given, 'bios', PROMISES, {})
    const ok = assertions.every((one) => one.ok)
    const boots = [{ ...given, firmware: 'bios' as const, ok }]
    return { ok, image: '/x/web.qcow2', accelerator: 'emulated' as const, assertions, boots }
  }
  test('lines say what was seen', () => {
    const lines = checkLines(reportOf(boot()))
    expect(lines[0]).toMatch(/^bios \(emulated\): .*kernel 6\.12, up after 48 s$/)
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}ok {6}service nginx +enabled, active$/))
    expect(checkLines(reportOf(failed))).toEqual([
      'bios (emulated): did not come up',
      '  FAILED  system up  the kernel panicked',
    ])
  })
  test('the error names what failed first, and shows the console’s end', () => {
    const error = checkError(reportOf(failed), 'web.qcow2')
    expect(error.message).toBe(
      'The image web.qcow2 did not pass its boot check: system up on bios: the kernel panicked.',
    )
    expect(error).toMatchObject({ code: 'KILN_CHECK_FAILED', fault: 'work' })
    expect(error.hint).toContain('  web login:')
  })
  test('the document is plain JSON', () => {
    expect(checkDocument(reportOf(boot()))).toMatchObject({
      ok: true,
      boots: [{ report: { packages: { nginx: '1.26-1' }, services: { nginx: { active: 'active' } } } }],
    })
  })
})
