import { createHash, getHashes, type Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Artifact } from '../../build/types.ts'
import type { Image } from '../../cloud/index.ts'
import { KilnError, messageOf } from '../../core/error.ts'

/** Bytes that are read at once. */
const PIECE = 256 << 10
/** What Glance uses unless its administrator wants something else. */
const USUAL = 'sha512'

/** A file that goes to a cloud, with its hashes, which are worked out when somebody asks. */
export class Source {
  readonly artifact: Artifact
  readonly #hashes = new Map<string, Promise<string>>()

  constructor(artifact: Artifact) {
    this.artifact = artifact
  }

  /** Its bytes, for sending; they are hashed on the way. */
  async *open(onBytes: (done: number) => void): AsyncGenerator<Uint8Array> {
    const hash = this.#hashes.has(USUAL) ? undefined : createHash(USUAL)
    let done = 0
    for await (const piece of piecesOf(this.artifact.path)) {
      hash?.update(piece)
      done += piece.length
      yield piece
      onBytes(done)
    }
    if (done !== this.artifact.size)
      throw damaged(this.artifact.path, `it has ${done} bytes, not ${this.artifact.size}`)
    if (hash) this.#hashes.set(USUAL, Promise.resolve(hash.digest('hex')))
  }

  /** What about an active image is not as the file; undefined when it holds just these bytes. */
  async differsFrom(image: Image): Promise<string | undefined> {
    const { size } = this.artifact
    if (image.size !== size) return `it has ${image.size} bytes, not ${size}`
    const algorithm = image.os_hash_algo?.toLowerCase()
    // Clouds from before 2018 hash with MD5 only.
    const [name, theirs] =
      algorithm && image.os_hash_value && getHashes().includes(algorithm)
        ? [algorithm, image.os_hash_value]
        : ['md5', image.checksum]
    if (!theirs) return undefined
    const ours = await this.#hash(name)
    return ours === theirs ? undefined : `its ${name} is ${theirs.slice(0, 16)}…, not ${ours.slice(0, 16)}…`
  }

  #hash(algorithm: string): Promise<string> {
    const known = this.#hashes.get(algorithm)
    if (known) return known
    const fresh = hashFile(this.artifact.path, createHash(algorithm))
    this.#hashes.set(algorithm, fresh)
    fresh.catch(() => this.#hashes.delete(algorithm))
    return fresh
  }
}

async function hashFile(path: string, hash: Hash): Promise<string> {
  for await (const piece of piecesOf(path)) hash.update(piece)
  return hash.digest('hex')
}

/** A file's bytes in pieces of few buffers, used in turn: an image of any size takes no more memory than these. */
async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  const fail = (error: unknown) => {
    throw damaged(path, messageOf(error))
  }
  const buffers = Array.from({ length: 3 }, () => Buffer.allocUnsafeSlow(PIECE))
  await using file = await open(path).catch(fail)
  for (let turn = 0; ; turn++) {
    const buffer = buffers[turn % buffers.length]!
    const { bytesRead } = await file.read(buffer, 0, PIECE).catch(fail)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

/** Not a fault of the cloud, so not tried again. */
function damaged(path: string, why: string): KilnError {
  return new KilnError('KILN_ARTIFACT_DAMAGED', `The file ${path} cannot be published: ${why}.`, {
    hint: 'Build the image again: what of the store is damaged or gone is made anew.',
  })
}
