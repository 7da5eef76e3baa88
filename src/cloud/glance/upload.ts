import type { Body } from '../../tools/http.ts'
import type { Images } from './images.ts'

export interface UploadOptions {
  /** One of the cloud's stores; default: the cloud's. */
  readonly store?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Sends the bytes of an image that is `queued`. Its length is always said: without it, a stream that ended early would
 * become an image that looks whole. Not repeated: Glance may have kept something of the first time.
 * @throws KilnError `KILN_CLOUD_REFUSED` with `data.status` 409 (somebody else sends, or did), 410 (it was deleted
 *   meanwhile), 413 (quota), 415 (not the format that was said); what the source throws; Interrupted.
 */
export async function upload(
  images: Images,
  id: string,
  body: Body,
  { store, signal }: UploadOptions = {},
): Promise<void> {
  const answer = await images.session.send('image', `/images/${id}/file`, {
    method: 'PUT',
    headers: {
      'content-type': 'application/octet-stream',
      ...(store === undefined ? {} : { 'x-image-meta-store': store }),
    },
    body,
    accept: [204],
    repeatable: false,
    signal,
  })
  answer.drop()
}
