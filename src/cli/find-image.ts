import { basename, dirname, resolve } from 'node:path'
import { directoryTarget, type ImageRecord } from '../publish/index.ts'
import type { Context } from './verb.ts'

/** An image as a user names it. */
export interface FoundImage {
  readonly path: string
  /** Its description, where it has one beside it. */
  readonly record: ImageRecord | undefined
}

/** The image as a file, be it there or not, else by its name in the folder of images; with its description where it has one. */
export async function findImage(
  context: Pick<Context, 'config' | 'cwd'>,
  image: string,
): Promise<FoundImage> {
  if (!image.includes('/') && !/\.(qcow2|raw|img|vmdk)$/.test(image)) {
    const placed = await directoryTarget(context.config.images).find(image)
    if (placed) return { path: placed.where, record: placed.record }
  }
  const path = resolve(context.cwd, image)
  const beside = await directoryTarget(dirname(path)).find(basename(path, '.qcow2'))
  return { path, record: beside?.where === path ? beside.record : undefined }
}
