import type { Image } from '../../cloud/index.ts'
import { property } from '../../cloud/index.ts'
import { MARK } from './properties.ts'
import type { Source } from './verify.ts'

/**
 * Where an image of ours stands in a cloud:
 * - `absent`: it was not made yet, or its id was used up by one that is gone;
 * - `uploading`: it is made and waits for its bytes, or they are on their way;
 * - `verifying`: all bytes are there, right ones, and nobody sees it yet;
 * - `present`: it can be used; `hidden`: it could, but lists leave it out (it was retired);
 * - `removed`: it is being deleted; `broken`: it will never be right.
 */
export type PlacementState =
  | 'absent'
  | 'uploading'
  | 'verifying'
  | 'present'
  | 'hidden'
  | 'removed'
  | 'broken'

export interface Standing {
  readonly state: PlacementState
  /** Of an upload: somebody sends. */
  readonly busy?: boolean
  /** Of a broken one, for people. */
  readonly why?: string
}

/** The state of an image, as Glance describes it. @param source the file that it must hold. */
export async function standingOf(image: Image | undefined, source: Source): Promise<Standing> {
  if (image === undefined) return { state: 'absent' }
  switch (image.status) {
    case 'queued':
      // Glance noted something of bytes that it did not take, and fails for ever when more are sent.
      return image.checksum || image.os_hash_value || image.size
        ? { state: 'broken', why: 'it refused bytes once and takes none since' }
        : { state: 'uploading' }
    case 'saving':
    case 'uploading':
      return { state: 'uploading', busy: true }
    case 'importing':
      return property(image, 'os_glance_failed_import')
        ? { state: 'broken', why: 'its import failed' }
        : { state: 'uploading', busy: true }
    case 'active': {
      const why = await source.differsFrom(image)
      if (why !== undefined) return { state: 'broken', why }
      if (!image.os_hidden) return { state: 'present' }
      return { state: property(image, MARK) === 'present' ? 'hidden' : 'verifying' }
    }
    case 'deleted':
    case 'pending_delete':
      return { state: 'removed' }
    default:
      return { state: 'broken', why: `its status is ${image.status}` }
  }
}
