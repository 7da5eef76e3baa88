import { join } from 'node:path'
import type { Artifact, Version } from '../../build/types.ts'
import type { Cloud, Image } from '../../cloud/index.ts'
import { clock } from '../../core/clock.ts'
import { sha256 } from '../../core/digest.ts'
import { inputError, KilnError } from '../../core/error.ts'
import { step } from '../../core/events.ts'
import { claim } from '../../store/claim.ts'
import { isImageName, type Placement, type Publication, type Target, type TargetContext } from '../target.ts'
import { begunIn } from './begun.ts'
import { type Identity, installationSecret } from './ids.ts'
import type { GlanceOptions } from './options.ts'
import { place } from './place.ts'
import { DIGEST, MARK, minDisk, propertiesOf, recordOf } from './properties.ts'
import { Source } from './verify.ts'

export interface GlanceContext {
  readonly open: () => Promise<Cloud>
  /** The store that the secret and the claims lie in. */
  readonly store: string
  /** Milliseconds after which an upload that was begun here and is not worked on is given up. Default: a minute. */
  readonly grace?: number
}

/** Images of Kiln in a project of a cloud. */
export function glanceTarget(options: GlanceOptions, { open, store, grace = 60_000 }: GlanceContext): Target {
  let opened: Promise<{ cloud: Cloud; project: string }> | undefined
  const session = () => {
    opened ??= logIn(open)
    opened.catch(() => {
      opened = undefined
    })
    return opened
  }
  const folder = join(store, 'cache', 'placements')
  const placement = (image: Image, cloud: Cloud, reused: boolean): Placement | undefined => {
    const record = recordOf(image)
    return record && { record, where: `${cloud.settings.name}: ${record.name} (${image.id})`, reused }
  }
  /** Images with a name that the project sees, ours and others'. */
  const named = async (name: string, signal?: AbortSignal) => {
    const { cloud } = await session()
    return Array.fromAsync(cloud.images.list({ name }, signal))
  }
  const usable = (image: Image, project: string) =>
    image.status === 'active' && image.owner === project && image[MARK] === 'present'

  const publish = async (publication: Publication, context: TargetContext): Promise<Placement> => {
    const { name, version } = publication
    const { signal } = context
    if (!isImageName(name)) throw new Error(`"${name}" is not the name of an image`)
    const artifact = artifactOf(version, options)
    const source = new Source(artifact)
    const { cloud, project } = await session()
    const identity: Identity = { cloud: cloud.settings.authUrl, project, digest: artifact.digest, name }
    return step(context.events, `publish ${name}`, `publish ${name}`, async (running, report) => {
      const waiting = () => running.log('another process of this store publishes it: waiting')
      await using _mine = await claim(
        folder,
        sha256(JSON.stringify(Object.values(identity))),
        waiting,
        signal,
      )
      const others = await named(name, signal)
      const made = clock.iso()
      const found = await equalOf(others, version, source)
      if (found === undefined) demandFree(others, version, cloud)
      if (found) {
        // Another store may have put it there: a second one with its name would make the name useless.
        const mine = found.owner === project && found.visibility !== options.visibility
        const image = mine
          ? await cloud.images.change(found, { visibility: options.visibility }, signal)
          : found
        report('reused')
        return placement(image, cloud, true)!
      }
      const secret = await installationSecret(store)
      const { image, sent } = await place({
        cloud,
        identity,
        secret,
        source,
        visibility: options.visibility,
        minDisk: minDisk(version.virtualSize),
        properties: propertiesOf(publication, artifact, made),
        tags: options.tags,
        store: options.store,
        step: running,
        signal,
        grace,
        begun: begunIn(folder),
      })
      if (!sent) report('reused')
      return placement(image, cloud, !sent)!
    })
  }

  return {
    id: `glance:${options.cloud}`,
    ready: async () => {
      const { cloud, project } = await session()
      if (options.store === undefined) return
      const stores = await cloud.images.stores()
      if (!stores.includes(options.store))
        throw inputError(
          'KILN_TARGET_UNUSABLE',
          `The cloud ${options.cloud} has no store of images "${options.store}" for the project ${project}.`,
          { hint: stores.length > 0 ? `It has ${stores.join(', ')}.` : 'It has only one: leave store= out.' },
        )
    },
    publish,
    find: async (name) => {
      if (!isImageName(name)) return undefined
      const { cloud, project } = await session()
      const mine = (await named(name)).filter((image) => usable(image, project))
      return mine.map((image) => placement(image, cloud, true)).find((each) => each !== undefined)
    },
    list: async () => {
      const { cloud, project } = await session()
      const all = await Array.fromAsync(
        cloud.images.list({ owner: project, properties: { [MARK]: 'present' } }),
      )
      return all
        .filter((image) => usable(image, project))
        .map((image) => placement(image, cloud, true))
        .filter((each) => each !== undefined)
        .sort((a, b) => (a.record.name < b.record.name ? -1 : 1))
    },
  }
}

async function logIn(open: () => Promise<Cloud>): Promise<{ cloud: Cloud; project: string }> {
  const cloud = await open()
  const { project } = await cloud.session.token()
  if (project !== undefined) return { cloud, project: project.id }
  throw inputError(
    'KILN_TARGET_UNUSABLE',
    `The login of the cloud ${cloud.settings.name} is for no project, and images belong to one.`,
    { hint: 'Give project_name (OS_PROJECT_NAME).' },
  )
}

function artifactOf({ artifacts, recipe }: Version, { format, cloud }: GlanceOptions): Artifact {
  const found = artifacts.find((each) => format === undefined || each.format === format)
  if (found) return found
  throw inputError(
    'KILN_TARGET_UNUSABLE',
    `The target glance:${cloud} wants the format ${format}, and ${recipe.name} has ${artifacts.map((each) => each.format).join(', ')}.`,
    { hint: "Name the format in the recipe's disk, or leave format= out." },
  )
}

/** An image of Kiln that holds just this version. */
async function equalOf(
  images: readonly Image[],
  { digest }: Version,
  source: Source,
): Promise<Image | undefined> {
  for (const image of images)
    if (image.status === 'active' && image[DIGEST] === digest && !(await source.differsFrom(image)))
      return image
  return undefined
}

/** Two images with one name would make the name useless: Heat and Nova take none of them then. */
function demandFree(images: readonly Image[], version: Version, cloud: Cloud): void {
  const other = images.find((image) => image[DIGEST] !== version.digest)
  if (!other) return
  throw new KilnError(
    'KILN_TARGET_NAME_TAKEN',
    `Another image is called ${other.name} in the cloud ${cloud.settings.name}: ${other.id}${other.owner ? `, of the project ${other.owner}` : ''}.`,
    { hint: 'Rename or remove it, or publish to another project.', data: { image: other.id } },
  )
}
