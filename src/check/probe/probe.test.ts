import { describe, expect, test } from 'vitest'
import { run } from '../../tools/run.ts'
import { parseLine, parseReport } from './report.ts'
import { probeHook, requestLines } from './request.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const report = (...lines: string[]) =>
  parseReport(lines.map((line) => parseLine(`KILN1 ${line}`)).filter((line) => line !== undefined))

describe('the request', () => {
  test('is one question a line, shell text in base64', () => {
    expect(
      requestLines({
        limit: 840.9,
        services: ['nginx'],
        files: ['/etc/a b'],
        users: ['web'],
        groups: ['adm'],
        commands: [{ name: 'x', command: 'echo "$HOME"\ntrue' }],
        answers: [
          { name: 'db', tcp: 3306 },
          { name: 'web', http: { port: 80, path: '/' } },
        ],
        powerOff: true,
      }),
    ).toEqual([
      'limit\t840',
      'service\tnginx',
      'file\t/etc/a b',
      'user\tweb',
      'group\tadm',
      `command\t${base64('echo "$HOME"\ntrue')}`,
      'answer\ttcp\t3306',
      'answer\thttp\t80\t/',
      'after\tpoweroff',
    ])
  })
  test.each(['a\nlimit\t1', 'a\tb', '', '\u001b[2J'])('a name like %j is refused', (name) => {
    expect(() => requestLines({ limit: 60, services: [name] })).toThrow(
      expect.objectContaining({ code: 'KILN_CHECK_NAME', fault: 'input' }),
    )
  })
  test('no path ends the text that it lies in: the hook stays shell', async () => {
    const hook = await probeHook({ limit: 60, files: ['/KILN_END_OF_REQUEST', "/$(touch x)'`"] })
    expect(hook).toMatch(/^#cloud-boothook\n#!\/bin\/sh\n/)
    await expect(run(['sh', '-n'], { input: hook })).resolves.toMatchObject({ status: 0 })
    // The real end is the only line of that text.
    expect(hook.split('\n').filter((line) => line === 'KILN_END_OF_REQUEST')).toHaveLength(1)
  })
})

describe('the report', () => {
  test('what is not the probe’s is no line', () => {
    expect(parseLine('[    1.0] kernel message')).toBeUndefined()
    expect(parseLine('KILN2 hello')).toBeUndefined()
    expect(parseLine('KILN1 hello\t1.25\r')).toEqual({ word: 'hello', values: ['1.25'] })
  })
  test('a whole one', () => {
    const seen = report(
      'answer\t1\t44.9',
      'kernel\t6.12.1-cloud',
      `os\t${base64('ID=debian\nPRETTY_NAME="Debian 13"\n')}`,
      'firmware\tuefi',
      'secureboot\t1',
      `times\t${base64('UserspaceTimestampMonotonic=7500000\nFinishTimestampMonotonic=47500000\nLoaderTimestampMonotonic=0\n')}`,
      'state\tdegraded',
      `failed\tnginx.service\t${base64('cannot bind\n')}`,
      'cloudexit\t2',
      `cloudresult\t${base64('{"v1": {"datasource": "DataSourceNoCloud", "errors": ["bad user data"]}}')}`,
      `cloudstatus\t${base64('{"v1": {"init": {"errors": ["bad user data", "other"], "recoverable_errors": {"WARNING": ["w", "w"]}}, "init-local": {"recoverable_errors": {"ERROR": ["l"]}}}}')}`,
      'package\tnginx\t1.26-1\tinstalled',
      'package\told\t1\tconfig-files',
      'package\thalf\t1\thalf-configured',
      'apt\t0\t4\t',
      'service\tnginx\tloaded\tenabled\tfailed',
      `file\t0\t644\troot\twww-data\t12\t${'a'.repeat(64)}\t`,
      'file\t1\tmissing',
      `user\tweb\t${base64('web:x:1000:1000::/:/bin/sh\n')}`,
      'group\tnone\t',
      'root\t3000000000\tvda3\t73728\t6000000\tvda\t6291456',
      'machineid\t0123456789abcdef0123456789abcdef',
      'hostkey\tssh_host_rsa_key.pub\t40\tabcd',
      'hostkey\tssh_host_ecdsa_key.pub\t-100\tabce',
      'sshd\tpresent',
      'addresses\t10.0.2.15/24 fd00::1/64 ',
      `command\t0\t3\t${base64('no\n')}`,
    )
    expect(seen).toMatchObject({
      kernel: '6.12.1-cloud',
      firmware: 'uefi',
      secureBoot: true,
      times: { userspace: 7.5, finished: 47.5 },
      state: 'degraded',
      failedUnits: [{ unit: 'nginx.service', journal: 'cannot bind' }],
      cloudInit: {
        status: 'degraded',
        datasource: 'DataSourceNoCloud',
        errors: ['bad user data', 'other'],
        warnings: ['WARNING: w', 'ERROR: l'],
      },
      brokenPackages: ['half'],
      apt: { ok: true, indexes: 4, problem: '' },
      root: { fileSystem: 3e9, partition: 3_072_000_000, disk: 3_221_225_472, behind: 111_476_736 },
      sshd: true,
      addresses: ['10.0.2.15/24', 'fd00::1/64'],
      commands: [{ status: 3, output: 'no' }],
    })
    expect(seen.os.get('PRETTY_NAME')).toBe('Debian 13')
    expect([...seen.packages]).toEqual([['nginx', '1.26-1']])
    expect(seen.services.get('nginx')).toEqual({ load: 'loaded', enabled: 'enabled', active: 'failed' })
    expect(seen.files).toEqual([
      { mode: '0644', owner: 'root', group: 'www-data', size: 12, sha256: 'a'.repeat(64), link: undefined },
      undefined,
    ])
    expect(seen.users.get('web')).toMatch(/^web:/)
    expect(seen.groups.get('none')).toBe('')
    expect(seen.hostKeys.map(({ madeAfter }) => madeAfter)).toEqual([40, -100])
    expect(seen.answers).toEqual([undefined, 44.9])
  })
  test('an empty one has nothing and throws nothing', () => {
    expect(report()).toMatchObject({
      kernel: '',
      secureBoot: undefined,
      state: '',
      cloudInit: { status: 'error', datasource: undefined, errors: [] },
      apt: undefined,
      root: undefined,
      files: [],
    })
  })
  test('a hostile one stays data', () => {
    const seen = report(
      `cloudstatus\t${base64('{"v1": {"__proto__": {"errors": 1}, "x": {"errors": [1, {}, "e\\u001b[2J"]}}}')}`,
      'cloudresult\tnot json',
      'file\t999999999\t644\ta\tb\t1\tc\t',
      'file\t-1\t644\ta\tb\t1\tc\t',
      'file\t0\tu+s\ta\tb\t1\tc\t',
      'package\t__proto__\t1\tinstalled',
      'service\tconstructor\tloaded\tenabled\tactive',
      `failed\tevil\u001b[2J\t${base64('\u001b]0;t\u0007x')}`,
      'root\tx\tvda\t1\t2\tvda\t3',
    )
    expect(seen.cloudInit.errors).toEqual(['e'])
    expect(seen.files).toEqual([undefined])
    expect(seen.packages.get('__proto__')).toBe('1')
    expect(seen.failedUnits).toEqual([{ unit: 'evil', journal: 'x' }])
    expect(seen.root).toBeUndefined()
  })
})
