import { createHash, generateKeyPairSync } from 'node:crypto'
import type { SecretKind } from '../../../recipe/secret-kinds.ts'
import type { Planted } from '../../inventory/testing.ts'

/**
 * Secrets of every kind for tests, made anew here: none was ever one. Text of each comes from its seed, so that a failure can be
 * looked at again.
 */

const ALPHABETS = {
  alnum: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  hex: '0123456789abcdef',
  url: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
  letters: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  digits: '0123456789',
} as const

/** Characters that look random and are the same each time. */
export function chars(count: number, alphabet: keyof typeof ALPHABETS = 'alnum', seed = ''): string {
  const letters = ALPHABETS[alphabet]
  let text = ''
  for (let n = 0; text.length < count; n++)
    for (const byte of createHash('sha256').update(`${alphabet} ${count} ${seed} ${n}`).digest())
      text += letters[byte % letters.length]
  return text.slice(0, count)
}

export const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64')
const url64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
export const password = chars(14)

export const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey
export const ed = generateKeyPairSync('ed25519').privateKey
export const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
export const pem = (key: typeof ec, type: 'pkcs8' | 'sec1' | 'pkcs1', options = {}) =>
  String(key.export({ format: 'pem', type, ...options } as { format: 'pem'; type: 'pkcs8' }))
export const encrypted = pem(ed, 'pkcs8', { cipher: 'aes-256-cbc', passphrase: 'x' })

/** Lines between a head and a tail, as armour has them. */
export const armour = (name: string, dashes = '-----') =>
  `${dashes}BEGIN ${name}${dashes}\n${base64(chars(150)).replace(/(.{64})/g, '$1\n')}\n${dashes}END ${name}${dashes}\n`

export const binary = (hex: string, size = 200) =>
  Buffer.concat([Buffer.from(hex.replaceAll(' ', ''), 'hex'), Buffer.alloc(size, 7)]).subarray(0, size)

export function keytab(): Buffer {
  const entry = Buffer.alloc(60, 1)
  entry.writeUInt16BE(2, 0)
  return Buffer.concat([Buffer.from([5, 2, 0, 0, 0, entry.length]), entry])
}

export function pkcs12(): Buffer {
  const inside = Buffer.concat([
    Buffer.from('020103302a06092a864886f70d010701', 'hex'),
    Buffer.from('060b2a864886f70d010c0a0102', 'hex'),
    Buffer.alloc(100, 3),
  ])
  return Buffer.concat([Buffer.from([0x30, 0x81, inside.length]), inside])
}

export interface Secret {
  /** How a test calls it. */
  readonly name: string
  readonly kind: SecretKind
  readonly path: string
  readonly content: Planted
  /** The line that must be named. */
  readonly line?: number
  /** Text that must never be seen in what is said of it. */
  readonly hidden?: string
}

export const jwt = `${url64({ alg: 'HS256', typ: 'JWT' })}.${url64({ sub: '1', name: chars(8) })}.${chars(43, 'url')}`
export const account = JSON.stringify(
  { type: 'service_account', private_key_id: chars(40, 'hex'), private_key: pem(rsa, 'pkcs8') },
  null,
  2,
)
