import { inputError } from '../../core/error.ts'
import type { Images } from './images.ts'
import type { Image } from './schema.ts'

const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i

/**
 * The one active image that a template means by a name or an id, as Heat and Nova would find it: an id first, then a name.
 * @throws KilnError `KILN_IMAGE_ABSENT` when there is none that can be used, `KILN_IMAGE_AMBIGUOUS` naming all.
 */
export async function findBase(images: Images, nameOrId: string, signal?: AbortSignal): Promise<Image> {
  const cloud = images.session.settings.name
  const byId = UUID.test(nameOrId) ? await images.get(nameOrId, signal) : undefined
  const named: Image[] = []
  if (byId === undefined) for await (const image of images.list({ name: nameOrId }, signal)) named.push(image)
  const all = byId === undefined ? named.filter((image) => image.name === nameOrId) : [byId]
  const active = all.filter(({ status }) => status === 'active')
  if (active.length === 1) return active[0]!
  if (active.length > 1)
    throw inputError(
      'KILN_IMAGE_AMBIGUOUS',
      `The cloud ${cloud} has ${active.length} images called "${nameOrId}": ${active.map(described).join('; ')}.`,
      {
        hint: 'Name the one that you mean by its id.',
        data: { cloud, image: nameOrId, ids: active.map(({ id }) => id) },
      },
    )
  const others = all.map(({ id, status }) => `${id} is ${status}`).join(', ')
  throw inputError(
    'KILN_IMAGE_ABSENT',
    `The cloud ${cloud} has no active image "${nameOrId}"${others ? `: ${others}` : ''}.`,
    {
      hint: others
        ? 'An image can be used when it is active: wait for its upload, or have it reactivated.'
        : "'openstack image list' names those that the project sees; hidden ones are found by their id only.",
      data: { cloud, image: nameOrId },
    },
  )
}

function described({ id, visibility, owner, created_at: made, os_hash_value: hash }: Image): string {
  const bytes = hash ? `, ${hash.slice(0, 12)}…` : ''
  return `${id} (${visibility}${owner ? `, of ${owner}` : ''}, ${made.slice(0, 10)}${bytes})`
}
