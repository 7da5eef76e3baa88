import { inputError } from '../core/error.ts'
import type { BaseImage } from '../disk/index.ts'
import { adoptImage, imagePath } from '../lock/adopt.ts'
import { type Store, sizeOf } from '../store/store.ts'
import { vendoredPath } from '../tools/archive.ts'
import type { BuildContext } from './types.ts'

/**
 * Brings the disk image of a lock into the store, where it is not there yet.
 * @throws KilnError `KILN_BASE_MISSING`.
 */
export async function demandImage(image: BaseImage, store: Store, context: BuildContext): Promise<void> {
  if ((await sizeOf(store.objectPath(image.sha256))) === image.size) return
  const { source } = image
  // Whoever has the lock of another machine has the disk image beside it, or in an archive of inputs.
  const archive = context.config.vendor
  const path =
    archive === undefined ? imagePath(source, context.folder ?? '.') : vendoredPath(archive, image.sha256)
  const { sha256 } = await adoptImage(path, source, { store, events: context.events })
  if (sha256 === image.sha256) return
  throw inputError('KILN_BASE_MISSING', `The disk image ${source} is another one than the lock names.`, {
    hint: `Locked was the one with SHA-256 ${image.sha256}; this one has ${sha256}. Lock anew with --update to build on it.`,
  })
}
