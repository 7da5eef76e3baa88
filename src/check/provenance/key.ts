import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmod, link, open, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../../core/config.ts'
import { inputError, isErrno } from '../../core/error.ts'
import { makeFolder } from '../../core/folder.ts'
import { partBeside, sweepParts } from '../../core/part.ts'
import { writeWhole } from '../../core/write.ts'
import { keyIdOf } from './dsse.ts'

/** What this installation signs with. */
export interface SigningKey {
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** For those who verify. */
  readonly publicPem: string
  /** File of the public part. */
  readonly publicPath: string
}

const paths = ({ images }: Pick<Config, 'images'>) => {
  // Beside the images: both are the user's, not a cache.
  const folder = join(dirname(images), 'keys')
  return { folder, secret: join(folder, 'signing.pem'), open: join(folder, 'signing.pub') }
}

/**
 * The key of this installation, which is made when it is asked for the first time: only its owner may read it.
 * @throws KilnError (input) `KILN_KEY_INVALID`.
 */
export async function signingKey(config: Pick<Config, 'images'>): Promise<SigningKey> {
  const place = paths(config)
  const text = (await read(place.secret)) ?? (await made(place))
  const privateKey = privateKeyOf(text, place.secret)
  const publicKey = createPublicKey(privateKey)
  const publicPem = String(publicKey.export({ type: 'spki', format: 'pem' }))
  if ((await read(place.open)) !== publicPem) await writeWhole(place.open, publicPem)
  return { id: keyIdOf(publicKey), privateKey, publicKey, publicPem, publicPath: place.open }
}

/** The public part of this installation's key, for verifying; undefined where it has signed nothing yet. */
export async function ownPublicKey(config: Pick<Config, 'images'>): Promise<KeyObject | undefined> {
  const { secret } = paths(config)
  const text = await read(secret)
  return text === undefined ? undefined : createPublicKey(privateKeyOf(text, secret))
}

/**
 * From now on this installation signs with the key in the file `path`, as PEM.
 * @throws KilnError (input) `KILN_KEY_INVALID`, also when there is another one, which is never replaced.
 */
export async function importKey(config: Pick<Config, 'images'>, path: string): Promise<SigningKey> {
  const text = await read(path)
  if (text === undefined) throw inputError('KILN_KEY_INVALID', `There is no file ${path}.`)
  const key = privateKeyOf(text, path)
  const place = paths(config)
  const there = await read(place.secret)
  if (
    there !== undefined &&
    keyIdOf(createPublicKey(privateKeyOf(there, place.secret))) !== keyIdOf(createPublicKey(key))
  )
    throw inputError('KILN_KEY_INVALID', `This installation has a key of its own in ${place.secret}.`, {
      hint: 'What it signed can only be verified with that one: move it away if nothing needs it any more.',
    })
  if (there === undefined) await put(place, String(key.export({ type: 'pkcs8', format: 'pem' })))
  return signingKey(config)
}

/** A public key as PEM, for verifying. @param origin where it is from, for errors @throws KilnError (input) `KILN_KEY_INVALID`. */
export function publicKeyOf(pem: string, origin: string): KeyObject {
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch {
    throw invalid(origin, 'no public key in PEM')
  }
  if (key.asymmetricKeyType !== 'ed25519') throw invalid(origin, 'no Ed25519 key')
  return key
}

function privateKeyOf(pem: string, origin: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw invalid(origin, 'no private key in PEM without a password')
  }
  if (key.asymmetricKeyType !== 'ed25519') throw invalid(origin, 'no Ed25519 key')
  return key
}

function invalid(origin: string, what: string) {
  return inputError('KILN_KEY_INVALID', `${origin} is ${what}.`, {
    hint: "Kiln signs with Ed25519; 'kiln key' shows the public key of this installation.",
  })
}

async function made(place: ReturnType<typeof paths>): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519')
  await put(place, String(privateKey.export({ type: 'pkcs8', format: 'pem' })))
  return (await read(place.secret))!
}

/** Whoever comes first makes it; the other one takes that. */
async function put({ folder, secret }: ReturnType<typeof paths>, pem: string): Promise<void> {
  await makeFolder(folder)
  await chmod(folder, 0o700)
  await sweepParts(folder)
  const part = partBeside(secret)
  await using undo = new AsyncDisposableStack()
  undo.defer(() => rm(part, { force: true }))
  const file = await open(part, 'wx', 0o600)
  try {
    await file.writeFile(pem)
    await file.sync()
  } finally {
    await file.close()
  }
  await link(part, secret).catch((error: unknown) => {
    if (!isErrno(error, 'EEXIST')) throw error
  })
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}
