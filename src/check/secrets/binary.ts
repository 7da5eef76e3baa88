import type { Hit } from './types.ts'

/** Keys and stores of keys that are no text: by their first bytes, which must fit what follows. */

/** What a file that is no text is, by its bytes as far as they are in memory; `size` is that of all. */
export function binarySecret(bytes: Buffer, size: number): Hit | undefined {
  const head = bytes.subarray(0, HEAD)
  if (head.length < 8) return undefined
  switch (head[0]) {
    case 0x30:
      return derSecret(head, size)
    case 0x94:
    case 0x95:
    case 0x97:
    case 0xc5:
      return isSecretPacket(head) ? { kind: 'pgp-key', what: 'private OpenPGP key' } : undefined
    case 0x05:
      return kerberos(head, size)
    case 0xfe:
      return head.readUInt32BE(0) === 0xfeedfeed && javaStore(bytes, size) ? javaHit : undefined
    case 0xce:
      return head.readUInt32BE(0) === 0xcececece && javaStore(bytes, size) ? javaHit : undefined
    case 0x03:
      return kdbx(head)
    default:
      return head.toString('latin1', 0, 12) === 'GnomeKeyring'
        ? { kind: 'keystore', what: 'store of passwords (GNOME)' }
        : undefined
  }
}

/** Bytes of the front that are enough for all but stores of many entries. */
const HEAD = 4096

const javaHit: Hit = { kind: 'keystore', what: 'store of private keys (Java)' }

function kdbx(head: Buffer): Hit | undefined {
  const marks = ['67fb4bb5', '65fb4bb5', '66fb4bb5', '55fb4bb5']
  return head.readUInt32BE(0) === 0x03d9a29a && marks.includes(head.toString('hex', 4, 8))
    ? { kind: 'keystore', what: 'store of passwords (KeePass)' }
    : undefined
}

/** A Java key store has a private or secret key in it; one that has only certificates is a trust store. */
function javaStore(bytes: Buffer, size: number): boolean {
  if (bytes.length < 16 || size < 32) return false
  const [version, count] = [bytes.readUInt32BE(4), bytes.readUInt32BE(8)]
  if (version < 1 || version > 2 || count > 100_000) return false
  let at = 12
  for (let n = 0; n < count && at + 6 <= bytes.length; n++) {
    const tag = bytes.readUInt32BE(at)
    if (tag === 1 || tag === 3) return true
    if (tag !== 2) return false
    // Alias, date, kind of certificate (version 2), certificate.
    at += 4 + 2 + bytes.readUInt16BE(at + 4) + 8
    if (version === 2 && at + 2 <= bytes.length) at += 2 + bytes.readUInt16BE(at)
    if (at + 4 > bytes.length) return false
    at += 4 + bytes.readUInt32BE(at)
  }
  return false
}

interface Der {
  readonly tag: number
  /** Where its content begins and ends; the end may lie behind what is there. */
  readonly from: number
  readonly to: number
}

function der(bytes: Buffer, at: number): Der | undefined {
  const [tag, short] = [bytes[at], bytes[at + 1]]
  if (tag === undefined || short === undefined) return undefined
  if (short < 0x80) return { tag, from: at + 2, to: at + 2 + short }
  const count = short & 0x7f
  if (count === 0) return { tag, from: at + 2, to: Number.POSITIVE_INFINITY }
  if (count > 4 || at + 2 + count > bytes.length) return undefined
  const from = at + 2 + count
  return { tag, from, to: from + bytes.readUIntBE(at + 2, count) }
}

const [INTEGER, OCTETS, OBJECT, SEQUENCE] = [0x02, 0x04, 0x06, 0x30]
/** Object identifiers, their bytes in hexadecimal. */
const PKCS5 = '2a864886f70d0105'
const PKCS7 = '2a864886f70d0107'
const KEY_BAGS = ['2a864886f70d010c0a0101', '2a864886f70d010c0a0102']

function derSecret(head: Buffer, size: number): Hit | undefined {
  const all = der(head, 0)
  if (all?.tag !== SEQUENCE || (all.to !== size && all.to !== Number.POSITIVE_INFINITY)) return undefined
  const first = der(head, all.from)
  if (!first || first.to > head.length) return undefined
  const second = der(head, first.to)
  const key: Hit = { kind: 'private-key', what: 'private key (DER)' }
  if (first.tag === SEQUENCE) {
    const id = der(head, first.from)
    const encrypted = id?.tag === OBJECT && head.toString('hex', id.from, id.to).startsWith(PKCS5)
    return encrypted && second?.tag === OCTETS && second.to === size ? key : undefined
  }
  if (first.tag !== INTEGER || first.to - first.from !== 1 || !second) return undefined
  const version = head[first.from]
  if (version === 3 && second.tag === SEQUENCE) {
    const id = der(head, second.from)
    return id?.tag === OBJECT && head.toString('hex', id.from, id.to).startsWith(PKCS7)
      ? { kind: 'keystore', what: 'store of private keys (PKCS #12)' }
      : undefined
  }
  if (version === 1 && second.tag === OCTETS) return key
  const third = der(head, second.to)
  if (version === 0 && second.tag === INTEGER && (third?.tag === INTEGER || second.to > head.length)) {
    // RSA: modulus and exponent of these sizes; DSA's first number is as long.
    return second.to - second.from >= 64 ? key : undefined
  }
  if ((version === 0 || version === 1) && second.tag === SEQUENCE) {
    const id = der(head, second.from)
    return id?.tag === OBJECT && third?.tag === OCTETS ? key : undefined
  }
  return undefined
}

/** Whether a PKCS #12 store that is whole in memory has keys, as far as it says; trust stores have only certificates. */
export function hasKeyBag(bytes: Buffer): boolean {
  return KEY_BAGS.some((id) => bytes.includes(Buffer.from(id, 'hex')))
}

/** Public key algorithms of OpenPGP. */
const ALGORITHMS = [1, 2, 3, 16, 17, 18, 19, 22, 25, 26, 27, 28]

/** A secret-key packet of OpenPGP: tag 5, version, time, algorithm. */
function isSecretPacket(head: Buffer): boolean {
  const tag = head[0]!
  let body: number
  if (tag === 0xc5) {
    const first = head[1]!
    body = first < 192 ? 2 : first < 224 ? 3 : first === 255 ? 6 : 0
  } else body = tag === 0x94 ? 2 : tag === 0x95 ? 3 : 1
  if (body === 0 || body + 6 > head.length) return false
  const [version, made] = [head[body]!, head.readUInt32BE(body + 1)]
  const algorithm = head[body + (version === 3 ? 7 : 5)]!
  // PGP is of 1991.
  return (
    version >= 3 && version <= 6 && made > 662_688_000 && made < 0xf000_0000 && ALGORITHMS.includes(algorithm)
  )
}

/** Keytabs (0x0502) are entries with their lengths in front; caches of tickets (0x0503, 0x0504) begin with a header. */
function kerberos(head: Buffer, size: number): Hit | undefined {
  const kind = head[1]
  if (kind === 2 && size > 20) {
    const length = head.readInt32BE(2)
    const names = head.readUInt16BE(6)
    return length > 10 && length + 6 <= size && names > 0 && names < 16
      ? { kind: 'kerberos-keytab', what: 'Kerberos keys' }
      : undefined
  }
  const header = kind === 4 ? head.readUInt16BE(2) : 0
  const at = (kind === 4 ? 4 : 2) + header
  if ((kind !== 3 && kind !== 4) || header > 200 || at + 8 > Math.min(head.length, size)) return undefined
  const [type, names] = [head.readUInt32BE(at), head.readUInt32BE(at + 4)]
  return type <= 11 && names > 0 && names < 16
    ? { kind: 'kerberos-ticket', what: 'Kerberos tickets' }
    : undefined
}
