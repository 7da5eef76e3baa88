import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { clock } from '../../core/clock.ts'
import { KINDS } from '../../recipe/secret-kinds.ts'
import { inspectTree } from '../inventory/inspect.ts'
import { type Planted, treeInMemory } from '../inventory/testing.ts'
import { FileScanner } from './file.ts'
import { chars, SECRETS } from './planting/index.ts'

const findingsIn = async (planted: Record<string, Planted>) =>
  (await inspectTree(treeInMemory(planted))).findings
const sum = (text: string) => createHash('md5').update(text).digest('hex')

describe('planted secrets', () => {
  test.each(SECRETS.map((secret) => [secret.name, secret] as const))(
    '%s',
    async (_name, { path, content, kind, line, hidden }) => {
      const found = await findingsIn({ [path]: content })
      expect(found.map((one) => [one.path, one.kind])).toEqual([[`/${path}`, kind]])
      if (line !== undefined) expect(found[0]!.line).toBe(line)
      if (hidden !== undefined) expect(JSON.stringify(found)).not.toContain(hidden)
    },
  )
  test('all of them at once, each once', async () => {
    // One path each: later ones of the same path are planted alone above.
    const all = new Map(SECRETS.map((secret) => [secret.path, secret]))
    const found = await findingsIn(Object.fromEntries([...all].map(([path, { content }]) => [path, content])))
    expect(found.map(({ path }) => path).sort()).toEqual([...all.keys()].map((path) => `/${path}`).sort())
  })
  test('there are sixty, and one of every kind', () => {
    expect(SECRETS.length).toBeGreaterThanOrEqual(60)
    expect(Object.keys(KINDS).filter((kind) => !SECRETS.some((secret) => secret.kind === kind))).toEqual([])
  })
  test('docs/security.md lists every kind', () => {
    const page = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8')
    const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, kind, what]) => [kind, what])
    expect(rows).toEqual(Object.entries(KINDS))
  })
  test('at every place of a large file, also where it is read in two windows', async () => {
    const token = `ghp_${chars(36)}`
    const filler = 'nothing to see here, only words of a text\n'
    for (const at of [0, 4 << 20, (4 << 20) - 20, (8 << 20) - (16 << 10) - 3, 9_000_000]) {
      const before = filler.repeat(Math.ceil(at / filler.length)).slice(0, at)
      const text = `${before} ${token}\n${filler.repeat(100)}`
      const found = await findingsIn({ 'var/log/big': text })
      expect(found).toHaveLength(1)
      expect(found[0]).toMatchObject({ kind: 'github-token', line: before.split('\n').length })
    }
  })
})

test('a file that was made to be slow costs no more than its size', () => {
  const scanner = new FileScanner()
  const size = 1 << 17
  const start = clock.monotonic()
  const parts = [
    'glrt-',
    'secretaccesskey=',
    'passw=',
    '://',
    '-----BEGIN RSA PRIVATE KEY-----\nAa: b\n',
    '.eyJ',
    'SG.A',
    '"auth"',
    '\n',
    ' ',
    'A',
  ]
  for (const path of ['srv/x', 'root/.env', 'etc/postfix/sasl_passwd', 'etc/ppp/chap-secrets', 'etc/shadow'])
    for (const part of parts) {
      const bytes = Buffer.from(part.repeat(Math.ceil(size / part.length)))
      scanner.begin({ path, size: bytes.length, kind: 'file' })
      scanner.push(bytes)
      scanner.end()
    }
  // Each of them takes milliseconds; some took minutes when a place was tried from every other.
  expect(clock.monotonic() - start).toBeLessThan(10_000)
})

/** A Java trust store of two certificates: format, version, count, then for each a tag, alias, date, kind and bytes. */
const JAVA_TRUST = Buffer.from(
  `feedfeed0000000200000002${`00000002000161${'00'.repeat(8)}0005582e35303900000004deadbeef`.repeat(2)}${'00'.repeat(20)}`,
  'hex',
)

describe('what is no secret', () => {
  const PEM = SECRETS.find(({ name }) => name === 'RSA key')!.content as string
  test.each<[string, Record<string, Planted>]>([
    [
      'a sealed image',
      { 'etc/machine-id': '', 'etc/shadow': 'root:*:1::::::\nx:!:1::::::\ny:!*:1::::::\nz:!!:1::::::\n' },
    ],
    ['an id that is still to come', { 'etc/machine-id': 'uninitialized\n' }],
    ['a link to the id', { 'var/lib/dbus/machine-id': { link: '/etc/machine-id' } }],
    ['empty histories and keys', { 'root/.bash_history': '', 'root/.ssh/authorized_keys': '# none\n\n' }],
    [
      'a public key and a certificate',
      {
        'etc/x.pem': PEM.replaceAll('RSA PRIVATE KEY', 'PUBLIC KEY'),
        'etc/y.pem': PEM.replaceAll('RSA PRIVATE KEY', 'CERTIFICATE'),
      },
    ],
    [
      'a program that knows the heads of keys',
      {
        'usr/local/bin/x': Buffer.from(
          '\0\0-----BEGIN RSA PRIVATE KEY-----\0-----END RSA PRIVATE KEY-----\0Proc-Type: 4,ENCRYPTED\0',
        ),
      },
    ],
    [
      'a manual that names them',
      {
        'srv/readme.txt':
          'A file that begins with -----BEGIN RSA PRIVATE KEY----- is a key.\nThe line is "-----BEGIN OPENSSH PRIVATE KEY-----" there.\n',
      },
    ],
    [
      'placeholders',
      {
        'srv/.env': 'PASSWORD=changeme\nTOKEN=<your token>\nSECRET=$SECRET\nAPI_KEY=xxxxxxxx\nDB_PASS=\n',
        'etc/a.conf':
          'password = "your-password-here"\nurl = https://user:password@host/x\nurl = https://$USER:$PASS@host/\n',
      },
    ],
    [
      'code that handles passwords',
      {
        'srv/a.py':
          'password = getpass.getpass()\ntoken = self.request.token_2\nsecret = os.environ["SECRET_1"]\npassword: Optional[str2] = None\n',
      },
    ],
    ['a policy', { 'etc/pam.d/x': 'password [success=1 default=ignore] pam_unix.so obscure yescrypt\n' }],
    ['an example of AWS', { 'srv/x': 'AKIAIOSFODNN7EXAMPLE\n' }],
    [
      'cron addresses and times',
      { 'etc/x': 'http://example.com:8080/a@b 12:30:45@noon ssh://git@host:22/x\n' },
    ],
    [
      'a trust store',
      {
        'etc/ssl/certs/java/cacerts': JAVA_TRUST,
      },
    ],
  ])('%s', async (_what, planted) => expect(await findingsIn(planted)).toEqual([]))

  test('a Java store counts as one of keys when any of its entries is one', async () => {
    const mixed = Buffer.from(JAVA_TRUST)
    mixed.writeUInt32BE(1, 12 + 30)
    expect(await findingsIn({ 'srv/a.jks': JAVA_TRUST })).toEqual([])
    expect(await findingsIn({ 'srv/a.jks': mixed })).toMatchObject([{ kind: 'keystore' }])
  })
  const packaged = (path: string, content: string) => ({
    'var/lib/dpkg/status':
      'Package: python3-x\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n',
    'var/lib/dpkg/info/python3-x.md5sums': `${sum(content)}  ${path}\n`,
  })
  test('what a package brought, wherever a copy of it lies', async () => {
    const files = packaged('usr/share/doc/python3-x/key.pem', PEM)
    expect(await findingsIn({ ...files, 'usr/share/doc/python3-x/key.pem': PEM })).toEqual([])
    expect(await findingsIn({ ...files, 'etc/copy.pem': PEM })).toEqual([])
    expect(await findingsIn({ ...files, 'etc/copy.pem': `${PEM}\n` })).toMatchObject([
      { path: '/etc/copy.pem' },
    ])
  })
  test('what a package of Python brought', async () => {
    const folder = 'usr/local/lib/python3.13/dist-packages'
    const digest = createHash('sha256').update(PEM).digest('base64url')
    const record = {
      [`${folder}/x-1.dist-info/RECORD`]: `x/key.pem,sha256=${digest},${PEM.length}\nx-1.dist-info/RECORD,,\n`,
    }
    expect(await findingsIn({ ...record, [`${folder}/x/key.pem`]: PEM })).toEqual([])
    expect(await findingsIn({ ...record, [`${folder}/x/key.pem`]: `${PEM}\n` })).toHaveLength(1)
  })
  test('a configuration file as it came, and not one that was changed', async () => {
    const text = `password = ${chars(20)}\n`
    const status = `Package: x\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nConffiles:\n /etc/x.conf ${sum(text)}\n`
    expect(await findingsIn({ 'var/lib/dpkg/status': status, 'etc/x.conf': text })).toEqual([])
    const changed = { 'var/lib/dpkg/status': status, 'etc/x.conf': `${text}\n` }
    expect(await findingsIn(changed)).toMatchObject([{ path: '/etc/x.conf', line: 1 }])
  })
  test('what was compiled from a file of a package', async () => {
    const source = `KEY = """${PEM}"""\n`
    const compiled = (size: number) => {
      const head = Buffer.alloc(16)
      head.writeUInt32LE(size, 12)
      return Buffer.concat([head, Buffer.from(PEM)])
    }
    const path = 'usr/lib/python3/dist-packages/x/__pycache__/keys.cpython-313.pyc'
    const files = {
      ...packaged('usr/lib/python3/dist-packages/x/keys.py', source),
      'usr/lib/python3/dist-packages/x/keys.py': source,
    }
    expect(await findingsIn({ ...files, [path]: compiled(source.length) })).toEqual([])
    expect(await findingsIn({ ...files, [path]: compiled(source.length + 1) })).toHaveLength(1)
  })
  test('an empty file of a package makes no other one public', async () => {
    const status = { 'var/lib/dpkg/status': '', 'var/lib/dpkg/info/x.md5sums': `${sum('')}  usr/x\n` }
    expect(await findingsIn({ ...status, 'var/lib/cloud/instance': { link: 'instances/1' } })).toHaveLength(1)
  })
})
