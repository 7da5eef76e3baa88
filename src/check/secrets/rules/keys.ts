import type { ContentRule } from '../types.ts'
import { decoded, isRandom } from '../values.ts'

/** Between the head of an armoured key and its first line: line ends, also as they are written in JSON, and indents. */
const GAP = String.raw`(?:\\r|\\n|[\s>#*+|"',;]){1,60}`
/** Lines like `Proc-Type: 4,ENCRYPTED` and `Comment: …` there. Each ends in one way only, so that nothing is tried twice. */
const HEADERS = String.raw`(?:[A-Za-z-]{3,20}: ?[^\r\n\\]{0,200}(?:\r?\n|(?:\\r)?\\n)[\s>#*+|"',;]{0,40}){0,6}`
/** What follows a head that is only named in a program or text is no key. */
const BODY = `[A-Za-z0-9+/=]{16}`

const armour = (head: string) => new RegExp(`${head}${GAP}${HEADERS}${BODY}`, 'y')

const base64 = (match: RegExpExecArray) => /PRIVATE KEY/.test(decoded(match[0].slice(0, 64)))

/** Private keys by what they look like inside. */
export const keyRules: readonly ContentRule[] = [
  {
    kind: 'private-key',
    what: 'private key (PEM)',
    needles: ['-----BEGIN '],
    pattern: armour('-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY-----'),
    span: 1600,
    accept: (match) => !/^-----BEGIN (OPENSSH|PGP) /.test(match[0]),
  },
  {
    kind: 'private-key',
    what: 'private key (OpenSSH)',
    needles: ['-----BEGIN OPENSSH PRIVATE KEY-----'],
    pattern: armour('-----BEGIN OPENSSH PRIVATE KEY-----'),
    span: 1600,
  },
  {
    kind: 'pgp-key',
    what: 'private OpenPGP key (armoured)',
    needles: ['-----BEGIN PGP PRIVATE KEY BLOCK-----'],
    pattern: armour('-----BEGIN PGP PRIVATE KEY BLOCK-----'),
    span: 1600,
  },
  {
    kind: 'private-key',
    what: 'private key (SSH2)',
    needles: ['---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----'],
    pattern: armour('---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----'),
    span: 1600,
  },
  {
    kind: 'vpn-secret',
    what: 'static key of OpenVPN',
    needles: ['-----BEGIN OpenVPN '],
    pattern:
      /-----BEGIN OpenVPN (?:Static key V1|tls-crypt-v2 (?:client|server) key)-----\s{1,8}[A-Za-z0-9+/=]{16}/y,
  },
  {
    kind: 'private-key',
    what: 'private key (PuTTY)',
    needles: ['Private-Lines: '],
    pattern: /Private-Lines: \d{1,3}\s{1,4}[A-Za-z0-9+/=]{16}/y,
  },
  {
    kind: 'private-key',
    what: 'private key in base64',
    needles: ['LS0tLS1CRUdJTi'],
    pattern: /LS0tLS1CRUdJTi[A-Za-z0-9+/]{40,}/y,
    accept: base64,
  },
  {
    kind: 'private-key',
    what: 'private key (JSON Web Key)',
    needles: ['"kty"'],
    pattern: /"kty"\s{0,4}:\s{0,4}"(?:RSA|EC|OKP|oct)"[^{}]{0,6000}/y,
    span: 6144,
    before: 6144,
    accept: (match, before) =>
      /"(d|k)"\s{0,4}:\s{0,4}"[A-Za-z0-9_-]{16,}/.test(before.slice(before.lastIndexOf('{') + 1) + match[0]),
  },
  {
    kind: 'private-key',
    what: 'secret key of age',
    needles: ['AGE-SECRET-KEY-1'],
    pattern: /AGE-SECRET-KEY-1[A-Z0-9]{58}/y,
  },
  {
    kind: 'private-key',
    what: 'secret key of minisign or signify',
    needles: ['minisign encrypted secret key', 'signify secret key', 'untrusted comment: '],
    pattern: /(?:untrusted comment: [^\n]{0,80})?secret key[^\n]{0,100}\r?\nRW[A-Za-z0-9+/]{80,}/y,
  },
  {
    kind: 'pgp-key',
    what: 'private key of gpg-agent',
    needles: ['(private-key', '(protected-private-key', '(21:protected-private-key', '(11:private-key'],
    pattern:
      /\((?:\d\d:)?(?:protected-)?private-key\s{0,8}\((?:\d:)?(?:rsa|ecc|dsa|elg)\s{0,8}\((?:\d:)?[a-z]{1,5}\s{0,8}(?:#[0-9A-Fa-f\s]{16}|\d{1,5}:|"?[A-Za-z])/y,
  },
  {
    kind: 'vpn-secret',
    what: 'private key of WireGuard',
    needles: ['PrivateKey', 'private-key'],
    fold: true,
    pattern: /private-?key\s{0,8}[=:]\s{0,8}["']?([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)/iy,
    accept: (match) => isRandom(match[1]!),
  },
  {
    kind: 'private-key',
    what: 'private key of DNSSEC',
    needles: ['Private-key-format: '],
    pattern:
      /Private-key-format: v1\.\d\s{1,4}Algorithm: \d[\s\S]{0,400}?\n(?:PrivateExponent|PrivateKey|Private_value\(x\)|Key): [A-Za-z0-9+/]{16}/y,
  },
  {
    kind: 'service-secret',
    what: 'key of a TSIG or rndc control channel',
    needles: ['secret'],
    pattern: /secret\s{1,8}"([A-Za-z0-9+/]{16,128}={0,2})"\s{0,4};/y,
    textOnly: true,
    word: true,
    accept: (match) => isRandom(match[1]!),
  },
  {
    kind: 'service-secret',
    what: 'key of a Ceph client',
    needles: ['key = AQ', 'key=AQ', 'key: AQ'],
    pattern: /key\s{0,2}[=:]\s{0,2}(AQ[A-Za-z0-9+/]{36}==)/y,
  },
]
