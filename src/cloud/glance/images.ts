import type { z } from 'zod'
import { KilnError } from '../../core/error.ts'
import { parseAnswer } from '../parse.ts'
import { oddAnswer, type Request, type Session } from '../session.ts'
import {
  type Image,
  imageSchema,
  importSchema,
  listSchema,
  membersSchema,
  type NewImage,
  storesSchema,
  tasksSchema,
} from './schema.ts'
import type { Visibility } from './visibility.ts'

/** What a list may be narrowed by. Without `hidden`, hidden images are left out, as Glance does. */
export interface ImageQuery {
  readonly name?: string
  readonly owner?: string
  readonly visibility?: Visibility | 'all'
  readonly status?: string
  readonly hidden?: boolean
  readonly tag?: string
  /** Values of other properties. */
  readonly properties?: Readonly<Record<string, string>>
  /** Images an answer; all pages are read whatever it is. */
  readonly limit?: number
}

/** A change of an image: a value, or undefined to take the property away. */
export type Changes = Readonly<Record<string, string | number | boolean | undefined>>

/** Images of a cloud: Glance, version 2. Uploads are in `upload.ts`, downloads in `download.ts`. */
export class Images {
  readonly session: Session

  constructor(session: Session) {
    this.session = session
  }

  /** All images that fit, page by page, the newest first. */
  async *list(query: ImageQuery = {}, signal?: AbortSignal): AsyncGenerator<Image> {
    for await (const image of this.#pages(query, signal))
      if (query.name === undefined || image.name === query.name) yield image
  }

  async *#pages(query: ImageQuery, signal: AbortSignal | undefined): AsyncGenerator<Image> {
    let search: string | undefined = searchOf(query)
    const seen = new Set<string>()
    while (search !== undefined) {
      // A server that leads in a circle would never end.
      if (seen.has(search)) throw this.#odd('/images', 'its pages lead in a circle')
      seen.add(search)
      const page: z.infer<typeof listSchema> = await this.#read(listSchema, `/images${search}`, { signal })
      yield* page.images
      // Only what to ask for is taken from it, not whom.
      const at = page.next?.indexOf('?') ?? -1
      search = at < 0 ? undefined : page.next!.slice(at)
    }
  }

  /** @returns undefined when there is none (or none that this project may see). */
  async get(id: string, signal?: AbortSignal): Promise<Image | undefined> {
    const answer = await this.#maybe(`/images/${encodeURIComponent(id)}`, { signal })
    return answer === undefined ? undefined : this.#parse(imageSchema, `/images/${id}`, answer)
  }

  /** @returns undefined when the id is taken: by an image, or by one that was and is gone, for ids are never used again. */
  async create(image: NewImage, signal?: AbortSignal): Promise<Image | undefined> {
    const { properties, ...fields } = image
    const json = { container_format: 'bare', ...properties, ...fields }
    // With an id of ours, saying it twice cannot make two.
    const request: Request = { method: 'POST', json, repeatable: image.id !== undefined, signal }
    try {
      return this.#parse(imageSchema, '/images', await this.session.json('image', '/images', request))
    } catch (error) {
      if (image.id !== undefined && error instanceof KilnError && error.data.status === 409) return undefined
      throw error
    }
  }

  /** Changes properties. @returns the image as it is then. */
  async change(image: Image, changes: Changes, signal?: AbortSignal): Promise<Image> {
    const operations = Object.entries(changes).flatMap(([name, value]) => {
      const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      if (value === undefined) return Object.hasOwn(image, name) ? [{ op: 'remove', path }] : []
      if (image[name] === value) return []
      return [{ op: Object.hasOwn(image, name) ? 'replace' : 'add', path, value }]
    })
    if (operations.length === 0) return image
    const path = `/images/${image.id}`
    const answer = await this.session.json('image', path, {
      method: 'PATCH',
      headers: { 'content-type': 'application/openstack-images-v2.1-json-patch' },
      json: operations,
      // "add" and "replace" say what is to be, so twice is as once.
      repeatable: operations.every(({ op }) => op !== 'remove'),
      signal,
    })
    return this.#parse(imageSchema, path, answer)
  }

  /** @returns false when there was none. @throws KilnError `KILN_CLOUD_REFUSED` for one that is protected or in use. */
  async remove(id: string, signal?: AbortSignal): Promise<boolean> {
    const path = `/images/${encodeURIComponent(id)}`
    const accept = [204, 404]
    const answer = await this.session.send('image', path, { method: 'DELETE', accept, signal })
    answer.drop()
    return answer.status === 204
  }

  async addTag(id: string, tag: string): Promise<void> {
    await this.#do('PUT', `/images/${id}/tags/${encodeURIComponent(tag)}`)
  }

  async removeTag(id: string, tag: string): Promise<void> {
    await this.#do('DELETE', `/images/${id}/tags/${encodeURIComponent(tag)}`, [204, 404])
  }

  /** Projects that a shared image is offered to, and whether they took it. */
  async members(id: string): Promise<z.infer<typeof membersSchema>['members']> {
    return (await this.#read(membersSchema, `/images/${id}/members`, {})).members
  }

  /** Offers a shared image to a project; offered already is as well. */
  async addMember(id: string, project: string): Promise<void> {
    await this.#do('POST', `/images/${id}/members`, [200, 409], { member: project })
  }

  async removeMember(id: string, project: string): Promise<void> {
    await this.#do('DELETE', `/images/${id}/members/${encodeURIComponent(project)}`, [204, 404])
  }

  /** What the project of this login makes of an offer: accepted images are in its lists. */
  async answerOffer(id: string, project: string, status: 'accepted' | 'rejected' | 'pending'): Promise<void> {
    await this.#do('PUT', `/images/${id}/members/${encodeURIComponent(project)}`, [200], { status })
  }

  /** Nobody may download it, or start from it, until it is reactivated. */
  async deactivate(id: string): Promise<void> {
    await this.#do('POST', `/images/${id}/actions/deactivate`)
  }

  async reactivate(id: string): Promise<void> {
    await this.#do('POST', `/images/${id}/actions/reactivate`)
  }

  /** Work that Glance does on an image (imports), the newest first; none where it is too old to say. */
  async tasks(id: string): Promise<z.infer<typeof tasksSchema>['tasks']> {
    const answer = await this.#maybe(`/images/${id}/tasks`, {})
    return answer === undefined ? [] : this.#parse(tasksSchema, `/images/${id}/tasks`, answer).tasks
  }

  /** Ways of import besides the plain upload: `glance-direct`, `web-download`, `copy-image`. */
  async importMethods(): Promise<readonly string[]> {
    const answer = await this.#maybe('/info/import', {})
    return answer === undefined
      ? []
      : this.#parse(importSchema, '/info/import', answer)['import-methods'].value
  }

  /** Names of the stores that an upload may choose from; none where there is only one. */
  async stores(): Promise<readonly string[]> {
    const answer = await this.#maybe('/info/stores', {})
    return answer === undefined
      ? []
      : this.#parse(storesSchema, '/info/stores', answer).stores.map(({ id }) => id)
  }

  async #do(
    method: 'PUT' | 'POST' | 'DELETE',
    path: string,
    accept: readonly number[] = [200, 204],
    json?: unknown,
  ): Promise<void> {
    const answer = await this.session.send('image', path, { method, accept, json, repeatable: true })
    answer.drop()
  }

  async #maybe(path: string, request: Request): Promise<unknown> {
    try {
      return await this.session.json('image', path, request)
    } catch (error) {
      if (error instanceof KilnError && error.data.status === 404) return undefined
      throw error
    }
  }

  async #read<S extends z.ZodType>(schema: S, path: string, request: Request): Promise<z.infer<S>> {
    return this.#parse(schema, path, await this.session.json('image', path, request))
  }

  #parse<S extends z.ZodType>(schema: S, path: string, answer: unknown): z.infer<S> {
    return parseAnswer(schema, this.session, 'images', path, answer)
  }

  #odd(path: string, why: string): KilnError {
    return oddAnswer(this.session.settings.name, 'images', path, why)
  }
}

function searchOf(query: ImageQuery): string {
  const { properties, hidden, limit, ...plain } = query
  const search = new URLSearchParams({ ...properties, ...plain, limit: String(limit ?? 100) })
  // What begins like an operator would be read as one.
  if (query.name !== undefined && /^[a-z]{2,3}:/.test(query.name)) {
    // Quotes in quotes are beyond it: the caller's own comparison has to do.
    if (/["\\]/.test(query.name)) search.delete('name')
    else search.set('name', `in:"${query.name}"`)
  }
  if (hidden !== undefined) search.set('os_hidden', String(hidden))
  return `?${search}`
}
