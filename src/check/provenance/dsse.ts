import { createHash, type KeyObject, sign, verify } from 'node:crypto'

/** The envelope of a signed statement (DSSE 1.0), one line of JSON in a file. */
export interface Envelope {
  readonly payloadType: string
  /** Base64 of the statement. */
  readonly payload: string
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[]
}

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json'

/** What is signed: type and content with their lengths, so that neither can be taken for the other. */
function encoded(type: string, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload])
}

/** Name of a key: SHA-256 of its public part (SubjectPublicKeyInfo in DER), in hexadecimal. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
}

/** A statement, signed. The same statement and key give the same bytes. */
export function sealed(statement: string, privateKey: KeyObject, keyid: string): Envelope {
  const payload = Buffer.from(statement)
  const sig = sign(null, encoded(PAYLOAD_TYPE, payload), privateKey).toString('base64')
  return { payloadType: PAYLOAD_TYPE, payload: payload.toString('base64'), signatures: [{ keyid, sig }] }
}

/** The first of these keys that signed an envelope. Its `keyid` proves nothing and is not looked at. */
export function signerOf(envelope: Envelope, keys: readonly KeyObject[]): KeyObject | undefined {
  const bytes = encoded(envelope.payloadType, Buffer.from(envelope.payload, 'base64'))
  return keys.find((key) =>
    envelope.signatures.some(({ sig }) => verify(null, bytes, key, Buffer.from(sig, 'base64'))),
  )
}

/** The envelopes in a text, one a line. What is none is left out. */
export function envelopesOf(text: string): Envelope[] {
  return text.split('\n').flatMap((line) => {
    const found = asEnvelope(line)
    return found ? [found] : []
  })
}

function asEnvelope(line: string): Envelope | undefined {
  try {
    const data = JSON.parse(line) as Partial<Envelope> | null
    const fits =
      data?.payloadType === PAYLOAD_TYPE &&
      typeof data.payload === 'string' &&
      Array.isArray(data.signatures) &&
      data.signatures.length <= MOST_SIGNATURES &&
      data.signatures.every((one) => typeof one?.sig === 'string' && typeof one.keyid === 'string')
    return fits ? (data as Envelope) : undefined
  } catch {
    return undefined
  }
}

/** Nobody signs more often; each costs time to look at. */
const MOST_SIGNATURES = 16
