import { z } from 'zod'
import { Interrupted, inputError, KilnError } from '../../core/error.ts'
import { patience } from '../../tools/http.ts'
import { parseAnswer } from '../parse.ts'
import { oddAnswer, type Request, type Session } from '../session.ts'

const serverSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  image: z.union([z.object({ id: z.string() }), z.string()]).nullish(),
  fault: z.object({ message: z.string() }).optional(),
  metadata: z.record(z.string(), z.string()).default({}),
})
export type Server = z.infer<typeof serverSchema>

const oneSchema = z.object({ server: serverSchema })
const manySchema = z.object({ servers: z.array(serverSchema) })
const madeSchema = z.object({ server: z.looseObject({ id: z.string() }) })
const imageSchema = z.object({ image_id: z.string() })
const versionSchema = z.object({ version: z.looseObject({ version: z.string(), min_version: z.string() }) })

/** What Kiln asks for: the newest whose answers it knows, and the oldest with `networks: none` and an image's id in an answer. */
const NEWEST = 90
const OLDEST = 45

export interface NewServer {
  readonly name: string
  /** Id of an image. */
  readonly image: string
  /** Id of a flavor. */
  readonly flavor: string
  /** Ids of networks; none: no network at all. */
  readonly networks: readonly string[]
  /** Bytes that the guest finds as its user data. */
  readonly userData?: Uint8Array
  readonly keyName?: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** Servers of a cloud: Nova, version 2.1 with a microversion. */
export class Servers {
  readonly session: Session
  #microversion: Promise<string> | undefined

  constructor(session: Session) {
    this.session = session
  }

  /** The microversion in use: the newest that both sides know. @throws KilnError `KILN_CLOUD_TOO_OLD`. */
  microversion(): Promise<string> {
    this.#microversion ??= this.#negotiate()
    this.#microversion.catch(() => {
      this.#microversion = undefined
    })
    return this.#microversion
  }

  async create(server: NewServer, signal?: AbortSignal): Promise<string> {
    const { networks, userData, keyName } = server
    const json = {
      server: {
        name: server.name,
        imageRef: server.image,
        flavorRef: server.flavor,
        networks: networks.length === 0 ? 'none' : networks.map((uuid) => ({ uuid })),
        ...(userData === undefined ? {} : { user_data: Buffer.from(userData).toString('base64') }),
        ...(keyName === undefined ? {} : { key_name: keyName }),
        ...(server.metadata === undefined ? {} : { metadata: server.metadata }),
      },
    }
    // Twice would be two servers.
    return (await this.#read(madeSchema, '/servers', { method: 'POST', json, signal })).server.id
  }

  async get(id: string, signal?: AbortSignal): Promise<Server | undefined> {
    try {
      return (await this.#read(oneSchema, `/servers/${encodeURIComponent(id)}`, { signal })).server
    } catch (error) {
      if (error instanceof KilnError && error.data.status === 404) return undefined
      throw error
    }
  }

  /** All servers of the project, page by page. */
  async *list(query: { readonly image?: string } = {}, signal?: AbortSignal): AsyncGenerator<Server> {
    for (let marker: string | undefined; ; ) {
      const search = new URLSearchParams({ ...query, limit: '500', ...(marker ? { marker } : {}) })
      const { servers } = await this.#read(manySchema, `/servers/detail?${search}`, { signal })
      yield* servers
      const last = servers.at(-1)?.id
      // A cloud may give fewer at once than it was asked for.
      if (last === undefined || last === marker) return
      marker = last
    }
  }

  /** @returns false when there was none. */
  async remove(id: string): Promise<boolean> {
    const accept = [204, 404]
    const answer = await this.#send(`/servers/${encodeURIComponent(id)}`, { method: 'DELETE', accept })
    answer.drop()
    return answer.status === 204
  }

  /** Begins to make an image of a server's disk. @returns the image's id; it is `queued` at first. */
  async createImage(
    id: string,
    name: string,
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const json = { createImage: { name, metadata } }
    const path = `/servers/${encodeURIComponent(id)}/action`
    return (await this.#read(imageSchema, path, { method: 'POST', json, accept: [202] })).image_id
  }

  /** Waits until a server is in one of `states`, or in ERROR. @returns it, undefined when it is gone. */
  async reach(id: string, states: readonly string[], signal?: AbortSignal): Promise<Server | undefined> {
    for (let tried = 0; ; tried++) {
      const server = await this.get(id, signal)
      if (server === undefined || server.status === 'ERROR' || states.includes(server.status)) return server
      await patience.pause(Math.min(500 * 1.5 ** tried, 10_000), signal)
      if (signal?.aborted) throw new Interrupted()
    }
  }

  async #negotiate(): Promise<string> {
    const { name } = this.session.settings
    const { version } = parseAnswer(
      versionSchema,
      this.session,
      'servers',
      '/',
      await this.session.json('compute', '/'),
    )
    const newest = minor(version.version)
    const oldest = minor(version.min_version)
    if (newest === undefined || oldest === undefined)
      throw oddAnswer(name, 'servers', '/', 'it has no microversions')
    if (newest < OLDEST || oldest > NEWEST)
      throw inputError(
        'KILN_CLOUD_TOO_OLD',
        `Nova of the cloud ${name} knows the microversions ${version.min_version} to ${version.version}, and Kiln 2.${OLDEST} to 2.${NEWEST}.`,
        { hint: 'Servers of this cloud cannot be used; its images can.', data: { cloud: name } },
      )
    return `2.${Math.min(newest, NEWEST)}`
  }

  async #send(path: string, request: Request) {
    const version = await this.microversion()
    return this.session.send('compute', path, { ...request, headers: headersOf(version) })
  }

  async #read<S extends z.ZodType>(schema: S, path: string, request: Request): Promise<z.infer<S>> {
    const headers = headersOf(await this.microversion())
    const answer = await this.session.json('compute', path, { ...request, headers })
    return parseAnswer(schema, this.session, 'servers', path, answer)
  }
}

function headersOf(version: string): Record<string, string> {
  return { 'openstack-api-version': `compute ${version}`, 'x-openstack-nova-api-version': version }
}

function minor(text: string): number | undefined {
  const found = /^2\.(\d{1,4})$/.exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}
