import type { Cloud, Image, Visibility } from '../../cloud/index.ts'
import { upload } from '../../cloud/index.ts'
import { clock } from '../../core/clock.ts'
import { Interrupted, KilnError } from '../../core/error.ts'
import type { Step } from '../../core/events.ts'
import { patience } from '../../tools/http.ts'
import { type Identity, imageId } from './ids.ts'
import { MARK } from './properties.ts'
import { type Standing, standingOf } from './state.ts'
import type { Source } from './verify.ts'

/** All that placing one file in one project needs. */
export interface Placing {
  readonly cloud: Cloud
  readonly identity: Identity
  /** Of this installation. */
  readonly secret: string
  readonly source: Source
  readonly visibility: Visibility
  /** GiB. */
  readonly minDisk: number
  readonly properties: Readonly<Record<string, string>>
  readonly tags: readonly string[]
  readonly store?: string | undefined
  readonly step: Step
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which an upload that nobody can be working on is given up. */
  readonly grace: number
  /** Whether this installation began the upload of an id: then nobody else can be sending it. */
  readonly begun: Begun
}

/** Uploads that were begun here, remembered on disk: whoever began one may have been killed. */
export interface Begun {
  has(id: string): Promise<boolean>
  add(id: string): Promise<void>
  remove(id: string): Promise<void>
}

/** An image in its place. `sent`: this call moved bytes. */
export interface Placed {
  readonly image: Image
  readonly sent: boolean
}

/** Failed uploads of one call; each begins from a state that was looked at anew. */
const ATTEMPTS = 5
/** More used up ids than this cannot come from anything that ends. */
const GENERATIONS = 1000
/** Bytes a second that an upload by somebody else may be slow as, and the least time that it gets, ms. */
const SLOWEST = 1 << 20
const LEAST = 10 * 60_000

/**
 * Moves the image of a file on until it is present, from whatever state it is found in. To be called by one at a time
 * of a store for one identity.
 * @throws KilnError of the cloud; nothing half-made is visible then, and the next call goes on from there.
 */
export async function place(placing: Placing): Promise<Placed> {
  const { cloud, source, signal } = placing
  const { images } = cloud
  const failures: unknown[] = []
  let sent = false
  let generation = 0
  let waited: Waiting | undefined
  for (;;) {
    if (signal?.aborted) throw new Interrupted()
    if (generation > GENERATIONS) throw endless(placing)
    const id = imageId(placing.secret, placing.identity, generation)
    const image = await images.get(id, signal)
    const standing = await standingOf(image, source)
    if (standing.busy !== true) waited = undefined
    switch (standing.state) {
      case 'absent':
        // Refused, and there is none: the id was used up.
        if (!(await create(placing, id)) && (await images.get(id, signal)) === undefined) generation++
        break
      case 'removed':
        generation++
        break
      case 'broken':
        if (image!.status === 'deactivated') throw deactivated(placing, image!)
        await discard(placing, id, standing)
        generation++
        break
      case 'uploading':
        if (standing.busy) {
          waited ??= await waitingFor(placing, id)
          if (waited.over()) {
            await discard(placing, id, { state: 'broken', why: 'whoever sent it is gone' })
            generation++
          } else await patience.pause(waited.pause(), signal)
          break
        }
        try {
          await send(placing, id)
          sent = true
        } catch (error) {
          if (!(await goesOn(placing, id, error, failures))) throw error
        }
        break
      default:
        return { image: await reveal(placing, image!), sent }
    }
  }
}

/** @returns false when the id is taken. Private and hidden: nobody finds it before it is right. */
async function create(placing: Placing, id: string): Promise<boolean> {
  const { cloud, identity, properties, tags, minDisk, source, signal } = placing
  const image = await cloud.images.create(
    {
      id,
      name: identity.name,
      disk_format: source.artifact.format,
      visibility: 'private',
      os_hidden: true,
      min_disk: minDisk,
      tags,
      properties,
    },
    signal,
  )
  return image !== undefined
}

async function send({ cloud, source, step, store, signal, begun }: Placing, id: string): Promise<void> {
  const { size } = source.artifact
  const before = await begun.has(id)
  await begun.add(id)
  const open = () => source.open((done) => step.progress(done, size, 'bytes'))
  try {
    await upload(cloud.images, id, { size, open }, { store, signal })
    await begun.remove(id)
  } catch (error) {
    // Somebody else is sending it: then it was not begun here.
    if (!before && error instanceof KilnError && error.data.status === 409) await begun.remove(id)
    throw error
  }
}

/** Whether another look at the image may lead on after a failed upload. Waits where that helps. */
async function goesOn(placing: Placing, id: string, error: unknown, failures: unknown[]): Promise<boolean> {
  if (placing.signal?.aborted || !(error instanceof KilnError)) return false
  const status = error.data.status
  // Deleted meanwhile, or somebody else sends it.
  if (status === 404 || status === 409 || status === 410) return true
  // No room, or no right: what was made for it goes, too.
  if (status === 413 || status === 403) {
    await placing.cloud.images.remove(id).catch(() => {})
    return false
  }
  failures.push(error)
  if (failures.length >= ATTEMPTS) return false
  // It may have been the image, spoilt by an earlier try, that was refused: once more with another.
  if (status === 415 || status === 500) await discard(placing, id, { state: 'broken', why: error.message })
  if (status === 415 && failures.length > 1) return false
  if (status !== undefined || error.code === 'KILN_CLOUD_UNREACHABLE') {
    await patience.pause(2 ** failures.length * 250 * (0.5 + patience.jitter()), placing.signal)
    return true
  }
  return false
}

async function discard({ cloud, step, begun }: Placing, id: string, { why }: Standing): Promise<void> {
  step.log(`the image ${id} is of no use (${why}): it is deleted and made anew`)
  await cloud.images.remove(id)
  await begun.remove(id)
}

interface Waiting {
  over(): boolean
  pause(): number
}

/** How long somebody else's upload is waited for. One that was begun here, where only we are, is of one that is dead. */
async function waitingFor({ source, grace, begun, step }: Placing, id: string): Promise<Waiting> {
  const start = clock.monotonic()
  const ours = await begun.has(id)
  const limit = ours ? grace : Math.max(LEAST, (source.artifact.size / SLOWEST) * 1000)
  if (!ours) step.log(`somebody else sends the image ${id}: waiting`)
  let pause = 250
  return {
    over: () => clock.monotonic() - start > limit,
    pause: () => {
      pause = Math.min(pause * 1.5, 5000)
      return Math.min(pause, grace / 4)
    },
  }
}

/** Makes an image that is right one that can be used: its name, its properties, who may see it. */
async function reveal(placing: Placing, image: Image): Promise<Image> {
  const { cloud, identity, properties, visibility, signal } = placing
  // When it was made is said once.
  const { kiln_made: _, ...rest } = properties
  const kept = typeof image.kiln_made === 'string' ? rest : properties
  const wanted = { ...kept, name: identity.name, [MARK]: 'present', visibility, os_hidden: false }
  return cloud.images.change(image, wanted, signal)
}

function deactivated({ cloud, identity }: Placing, { id }: Image): KilnError {
  return new KilnError(
    'KILN_TARGET_UNUSABLE',
    `The image ${identity.name} (${id}) of the cloud ${cloud.settings.name} was deactivated: somebody does not want it to be used.`,
    { hint: `If it should be after all: openstack image set --activate ${id}`, data: { image: id } },
  )
}

function endless({ cloud, identity }: Placing): KilnError {
  return new KilnError(
    'KILN_TARGET_UNUSABLE',
    `The cloud ${cloud.settings.name} takes no id for the image ${identity.name}: ${GENERATIONS} were refused.`,
    { hint: 'Something before Glance may answer 409 to all that is created: ask its administrator.' },
  )
}
