import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { Interrupted, KilnError } from '../../core/error.ts'
import { unreachable } from '../unreachable.ts'
import type { Images } from './images.ts'
import type { Image } from './schema.ts'

export interface Downloaded {
  /** SHA-256 of the bytes. */
  readonly digest: string
  readonly size: number
  /** Glance's own hash was there and was right; false where the cloud keeps none. */
  readonly verified: boolean
}

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined
  readonly onBytes?: (bytes: number) => void
}

/** Hash functions that Glance may have been told to use, weakest ones left out: those prove nothing. */
const HASHES = new Set(['sha256', 'sha384', 'sha512', 'sha3-256', 'sha3-384', 'sha3-512', 'blake2b512'])
const ATTEMPTS = 4

/**
 * The bytes of an image into the file `path`, which is made anew. Cut connections are taken up where they ended.
 * @throws KilnError `KILN_IMAGE_MISMATCH` when they are not those that Glance describes, `KILN_CLOUD_UNREACHABLE`.
 */
export async function download(
  images: Images,
  image: Image,
  path: string,
  { signal, onBytes }: DownloadOptions = {},
): Promise<Downloaded> {
  const file = await open(path, 'w', 0o600)
  try {
    const digest = createHash('sha256')
    const algorithm = image.os_hash_algo?.toLowerCase()
    const theirs =
      algorithm && HASHES.has(algorithm) && image.os_hash_value ? createHash(algorithm) : undefined
    let size = 0
    for (let tried = 1; ; tried++) {
      const before = size
      try {
        const answer = await images.session.send('image', `/images/${image.id}/file`, {
          accept: size === 0 ? [200] : [200, 206],
          headers: {
            accept: 'application/octet-stream',
            ...(size === 0 ? {} : { range: `bytes=${size}-` }),
          },
          signal,
        })
        // A cloud that knows no ranges begins anew: what is there already is left out.
        let skip = answer.status === 206 ? 0 : size
        for await (const chunk of answer.body) {
          const fresh = skip === 0 ? chunk : chunk.subarray(Math.min(skip, chunk.length))
          skip -= chunk.length - fresh.length
          if (fresh.length === 0) continue
          size += fresh.length
          if (image.size != null && size > image.size)
            throw mismatch(image, images, `more than ${image.size} bytes`)
          // One piece is written while the next one is hashed.
          const writing = file.write(fresh)
          writing.catch(() => {})
          digest.update(fresh)
          theirs?.update(fresh)
          await writing
          onBytes?.(fresh.length)
        }
        if (image.size == null || size >= image.size) break
        throw new Error(`the connection ended after ${size} of ${image.size} bytes`)
      } catch (error) {
        if (signal?.aborted) throw new Interrupted()
        if (error instanceof KilnError || isOurs(error)) throw error
        // As long as it goes on, it may go on.
        if (size > before) tried = 0
        if (tried >= ATTEMPTS) throw unreachable(images.session.settings, 'image', error)
      }
    }
    if (theirs && theirs.digest('hex') !== image.os_hash_value)
      throw mismatch(image, images, `another ${algorithm} than ${image.os_hash_value!.slice(0, 16)}…`)
    await file.sync()
    return { digest: digest.digest('hex'), size, verified: theirs !== undefined }
  } finally {
    await file.close()
  }
}

/** A failure of the disk that is written to. */
function isOurs(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'EDQUOT' || (syscall === 'write' && code !== 'EPIPE')
}

function mismatch(image: Image, images: Images, what: string): KilnError {
  return new KilnError(
    'KILN_IMAGE_MISMATCH',
    `The bytes of the image ${image.name ?? image.id} (${image.id}) of the cloud ${images.session.settings.name} are not those that Glance describes: ${what}.`,
    {
      hint: 'Something on the way changes files, or the store of the cloud is damaged: try again, and tell its administrator.',
      data: { image: image.id },
    },
  )
}
