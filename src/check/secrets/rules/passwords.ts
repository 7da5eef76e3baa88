import type { ContentRule } from '../types.ts'
import { decoded, isPassword, isPlaceholder, isRandom, isReference } from '../values.ts'

/** What stands between a name and its value in configurations, JSON, YAML, scripts and XML attributes. */
const ASSIGNED = String.raw`["'\]]{0,2}[ \t]{0,16}(?:=>|:=|=|:)[ \t]{0,16}`

/** A value behind it, in quotes or up to a space: the first of three groups. */
const VALUE = `${ASSIGNED}(?:"([^"\\n]{6,256})"|'([^'\\n]{6,256})'|([^\\s"'\`<>,;(){}[\\]$&|\\\\][^\\s"'\`<>,;(){}[\\]$|\\\\]{5,255})(?=\\s|[,;]|$))`

const DATABASE_HASH = '(?:[*0-9A-F]{41})'

/** Passwords by what stands around them. */
export const passwordRules: readonly ContentRule[] = [
  {
    kind: 'url-password',
    what: 'password in an address',
    needles: [...'abcdefghijklmnopqrstuvwxyz0123456789'].map((last) => `${last}://`),
    pattern: /[a-z0-9]:\/\/([^\s:@/'"<>\\`{}]{0,64}):([^\s@'"<>`/]{3,256})@[A-Za-z0-9[]/y,
    accept: (match) => isUrlPassword(match[1]!, match[2]!),
  },
  {
    kind: 'service-token',
    what: 'login in an HTTP header',
    needles: ['uthorization'],
    pattern: /uthorization["']?\s{0,4}[:=,]\s{0,4}["']?(Basic|Bearer|Token) ([A-Za-z0-9+/=._~-]{12,2048})/y,
    span: 2200,
    textOnly: true,
    accept: (match) =>
      match[1] === 'Basic' ? isLogin(decoded(match[2]!)) : isRandom(match[2]!, 3.3) && /\d/.test(match[2]!),
  },
  {
    kind: 'openstack-password',
    what: 'password or token of OpenStack',
    needles: ['OS_PASSWORD', 'OS_TOKEN', 'OS_APPLICATION_CREDENTIAL_SECRET', 'OS_SECRET'],
    pattern:
      /OS_(?:PASSWORD|TOKEN|APPLICATION_CREDENTIAL_SECRET|SECRET)["']?\s{0,4}[=:]\s{0,4}["']?([^\s"'`]{4,512})/y,
    accept: (match) => !isPlaceholder(match[1]!),
  },
  {
    kind: 'config-password',
    what: 'password or key of WordPress',
    needles: [
      'DB_PASSWORD',
      'AUTH_KEY',
      'LOGGED_IN_KEY',
      'NONCE_KEY',
      'AUTH_SALT',
      'LOGGED_IN_SALT',
      'NONCE_SALT',
    ],
    pattern: /[A-Z_]{7,16}['"]\s{0,4},\s{0,8}['"]([^'"\n]{4,200})['"]/y,
    accept: (match) => !isPlaceholder(match[1]!) && !/put your unique phrase here/.test(match[1]!),
  },
  {
    kind: 'password-hash',
    what: 'hash of a password',
    needles: ['$1$', '$5$', '$6$', '$y$', '$2a$', '$2b$', '$2y$', '$7$', '$gy$', '$apr1$'].flatMap((mark) =>
      mark.length < 4
        ? [`:${mark}`, ` ${mark}`, `"${mark}`, `'${mark}`, `=${mark}`, `!${mark}`, `\t${mark}`]
        : [mark],
    ),
    pattern:
      /[:\s"'=!]?\$(?:(?:1|apr1)\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|5\$(?:rounds=\d{1,9}\$)?[^\s:$]{1,16}\$[./A-Za-z0-9]{43}|6\$(?:rounds=\d{1,9}\$)?[^\s:$]{1,16}\$[./A-Za-z0-9]{86}|2[aby]\$\d\d\$[./A-Za-z0-9]{53}|g?y\$[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}|7\$[./A-Za-z0-9]{11,97}\$[./A-Za-z0-9]{43})(?![./A-Za-z0-9])/y,
    textOnly: true,
  },
  {
    kind: 'password-hash',
    what: 'hash of a boot loader password',
    needles: ['grub.pbkdf2.sha512.'],
    pattern: /grub\.pbkdf2\.sha512\.\d{1,8}\.[0-9A-F]{64,}\.[0-9A-F]{64,}/y,
    textOnly: true,
  },
  {
    kind: 'password-hash',
    what: 'hash of a database password',
    // Not where a database keeps its manual.
    textOnly: true,
    needles: ['identified by password', 'identified with mysql_native_password as', 'scram-sha-256$'],
    fold: true,
    pattern: new RegExp(
      `(?:identified by password '\\*?${DATABASE_HASH}'|identified with mysql_native_password as '\\*?${DATABASE_HASH}'|scram-sha-256\\$\\d{3,7}:[A-Za-z0-9+/=]{20,40}\\$[A-Za-z0-9+/=:]{60,120})`,
      'iy',
    ),
  },
  {
    kind: 'config-password',
    what: 'password or token in a configuration',
    needles: [
      'passw',
      'passphrase',
      'secret',
      'token',
      'api_key',
      'apikey',
      'api-key',
      'access_key',
      'credential',
    ],
    fold: true,
    textOnly: true,
    pattern: new RegExp(
      `(?:passw(?:ord|d)?|passphrase|secret|token|api[_-]?key|access_key|credential)s?(?:[_-]?(?:key|token|value|default|string|secret|base|hash|salt|data)){0,2}${VALUE}`,
      'iy',
    ),
    accept: (match) => isPassword((match[1] ?? match[2] ?? match[3])!),
  },
  {
    kind: 'config-password',
    what: 'password in a configuration',
    needles: ['_pass', '-pass', 'dbpass', 'pass=', 'pass:', 'pass ='],
    fold: true,
    textOnly: true,
    pattern: new RegExp(`(?:[_-]|db)?pass${VALUE}`, 'iy'),
    accept: (match) => isPassword((match[1] ?? match[2] ?? match[3])!),
  },
  {
    kind: 'config-password',
    what: 'password for an installation',
    needles: ['rootpw ', 'root-password password ', 'user-password password '],
    textOnly: true,
    pattern: /(?:rootpw (?:--plaintext )?(?!--)|(?:root|user)-password password )(\S{3,200})/y,
    accept: (match) => !isPlaceholder(match[1]!),
  },
  {
    kind: 'config-password',
    what: 'password in a command',
    needles: ['chpasswd', 'sshpass -p'],
    textOnly: true,
    before: 200,
    pattern: /chpasswd|sshpass -p ?["']?([^\s"'$]{3,200})/y,
    accept: (match, before) =>
      match[1] !== undefined
        ? !isPlaceholder(match[1])
        : /echo\s{1,4}["']?[a-z_][\w-]{0,31}:[^\s"'$]{3,100}["']?\s{0,4}\|\s{0,4}(?:sudo )?(?:\/usr\/sbin\/)?$/.test(
            before,
          ),
  },
  {
    kind: 'config-password',
    what: 'login in a command',
    needles: [' -u ', '--user '],
    textOnly: true,
    before: 200,
    pattern: /(?: -u|--user) ["']?[\w.@-]{1,64}:([^\s"'$:]{4,200})/y,
    accept: (match, before) => /\b(?:curl|wget)\b[^\n]{0,190}$/.test(before) && !isReference(match[1]!),
  },
]

/** Not what documentation writes, and not what only looks like a login. */
function isUrlPassword(user: string, password: string): boolean {
  if (isReference(password) || /^\d{1,5}$/.test(password)) return false
  if (
    /^(user|username|usr|login|name|me|foo)?$/i.test(user) &&
    /^(password|passwd|pass|pw|pwd|bar)$/i.test(password)
  )
    return false
  return !/[(){}[\],;|*$]|^\/|\.\./.test(user) && !/[(){}|\\$]|^%[A-Za-z_]/.test(password)
}

function isLogin(text: string): boolean {
  const [, user, password] = /^([\x21-\x7e]{1,100}?):([\x20-\x7e]{1,200})$/.exec(text) ?? []
  return user !== undefined && password !== undefined && !isPlaceholder(password)
}
