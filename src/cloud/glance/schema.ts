import { z } from 'zod'
import type { Visibility } from './visibility.ts'

/** States of an image, as Glance names them. Others may come with later versions. */
export type ImageStatus =
  | 'queued'
  | 'saving'
  | 'uploading'
  | 'importing'
  | 'active'
  | 'deactivated'
  | 'killed'
  | 'deleted'
  | 'pending_delete'
  | (string & {})

const known = {
  id: z.string(),
  name: z.string().nullish(),
  status: z.string(),
  visibility: z.string(),
  owner: z.string().nullish(),
  /** Bytes of the file. */
  size: z.number().nullish(),
  virtual_size: z.number().nullish(),
  checksum: z.string().nullish(),
  os_hash_algo: z.string().nullish(),
  os_hash_value: z.string().nullish(),
  os_hidden: z.boolean().default(false),
  protected: z.boolean().default(false),
  disk_format: z.string().nullish(),
  container_format: z.string().nullish(),
  min_disk: z.number().default(0),
  min_ram: z.number().default(0),
  tags: z.array(z.string()).default([]),
  created_at: z.string(),
  updated_at: z.string(),
}

/** An image as Glance describes it; its other properties are text. */
export const imageSchema = z.looseObject(known)
export type Image = z.infer<typeof imageSchema>

export const listSchema = z.object({ images: z.array(imageSchema), next: z.string().optional() })

export const memberSchema = z.object({ member_id: z.string(), status: z.string() })
export const membersSchema = z.object({ members: z.array(memberSchema) })

export const taskSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  status: z.string(),
  message: z.string().nullish(),
})
export const tasksSchema = z.object({ tasks: z.array(taskSchema) })

export const importSchema = z.object({ 'import-methods': z.object({ value: z.array(z.string()) }) })
export const storesSchema = z.object({
  stores: z.array(z.looseObject({ id: z.string(), default: z.union([z.string(), z.boolean()]).optional() })),
})

/** A property that is no member of every image. */
export function property(image: Image, name: string): string | undefined {
  const value = image[name]
  return typeof value === 'string' ? value : undefined
}

/** What an image is created with. */
export interface NewImage {
  /** Chosen by us: the same id twice is refused, so that making an image can be repeated. A UUID. */
  readonly id?: string
  readonly name: string
  readonly disk_format: string
  readonly container_format?: string
  readonly visibility?: Visibility
  readonly os_hidden?: boolean
  readonly min_disk?: number
  readonly min_ram?: number
  readonly tags?: readonly string[]
  readonly properties?: Readonly<Record<string, string>>
}
