import type { z } from 'zod'
import { Interrupted, KilnError } from '../../core/error.ts'
import { patience } from '../../tools/http.ts'
import { parseAnswer } from '../parse.ts'
import type { Request, Session } from '../session.ts'
import {
  eventsSchema,
  functionsSchema,
  madeSchema,
  manySchema,
  oneSchema,
  previewSchema,
  resourcesSchema,
  type Stack,
  type StackEvent,
  type StackResource,
  typesSchema,
  validatedSchema,
  versionsSchema,
} from './schema.ts'

/** A template with all that belongs to it. */
export interface TemplateRequest {
  /** Text of the template. */
  readonly template: string
  /** Texts by the names that the template and its environments say. */
  readonly files?: Readonly<Record<string, string>>
  readonly parameters?: Readonly<Record<string, unknown>>
  /** One environment, as a tree; or texts in `files` by name, the last one wins. */
  readonly environment?: Readonly<Record<string, unknown>>
  readonly environmentFiles?: readonly string[]
}

export interface NewStack extends TemplateRequest {
  readonly name: string
  readonly timeoutMinutes?: number
  readonly disableRollback?: boolean
  readonly tags?: readonly string[]
}

/** A stack, named so that no other can be meant. */
export type StackRef = Pick<Stack, 'id' | 'stack_name'>

/** Stacks of a cloud: Heat, version 1. */
export class Stacks {
  readonly session: Session

  constructor(session: Session) {
    this.session = session
  }

  /**
   * What Heat's engine says of a template, without making anything.
   * @throws KilnError `KILN_CLOUD_REFUSED` with the engine's own message in `data.said` when it does not take it.
   */
  validate(request: TemplateRequest, signal?: AbortSignal): Promise<z.infer<typeof validatedSchema>> {
    const json = bodyOf(request)
    return this.#read(validatedSchema, '/validate', { method: 'POST', json, repeatable: true, signal })
  }

  /** Resources that a stack would have. @throws like {@link validate}, for more: properties are looked at, too. */
  async preview(stack: NewStack, signal?: AbortSignal): Promise<readonly unknown[]> {
    const json = stackBody(stack)
    const request = { method: 'POST', json, repeatable: true, signal } as const
    return (await this.#read(previewSchema, '/stacks/preview', request)).stack.resources
  }

  /** Begins to make a stack. @throws KilnError also `KILN_CLOUD_TRUST_REFUSED` for an application credential. */
  async create(stack: NewStack, signal?: AbortSignal): Promise<StackRef> {
    const made = await this.#read(madeSchema, '/stacks', { method: 'POST', json: stackBody(stack), signal })
    return { id: made.stack.id, stack_name: stack.name }
  }

  /** @returns undefined when there is none, or it is gone. */
  async get(stack: StackRef, signal?: AbortSignal): Promise<Stack | undefined> {
    try {
      return (await this.#read(oneSchema, pathOf(stack), { signal })).stack
    } catch (error) {
      if (error instanceof KilnError && error.data.status === 404) return undefined
      throw error
    }
  }

  /** The stack with a name: no two of a project have the same. */
  async find(name: string, signal?: AbortSignal): Promise<Stack | undefined> {
    const found = await this.#read(manySchema, `/stacks?${new URLSearchParams({ name })}`, { signal })
    // One that is just gone may still be told of.
    return found.stacks.find((stack) => stack.stack_name === name && stack.stack_status !== 'DELETE_COMPLETE')
  }

  async list(signal?: AbortSignal): Promise<readonly Stack[]> {
    const all: Stack[] = []
    for (let marker: string | undefined; ; ) {
      const search = new URLSearchParams({ limit: '100', ...(marker === undefined ? {} : { marker }) })
      const { stacks } = await this.#read(manySchema, `/stacks?${search}`, { signal })
      all.push(...stacks)
      marker = stacks.at(-1)?.id
      if (stacks.length < 100) return all
    }
  }

  async resources(stack: StackRef, depth = 0): Promise<readonly StackResource[]> {
    const path = `${pathOf(stack)}/resources?nested_depth=${depth}`
    return (await this.#read(resourcesSchema, path, {})).resources
  }

  async events(stack: StackRef): Promise<readonly StackEvent[]> {
    return (await this.#read(eventsSchema, `${pathOf(stack)}/events`, {})).events
  }

  /** Begins to take a stack away. @returns false when there was none. */
  async remove(stack: StackRef): Promise<boolean> {
    const accept = [204, 404]
    const answer = await this.session.send('orchestration', pathOf(stack), { method: 'DELETE', accept })
    answer.drop()
    return answer.status === 204
  }

  /** Waits until nothing is in progress. @returns the stack, undefined when it is gone. */
  async settled(stack: StackRef, signal?: AbortSignal): Promise<Stack | undefined> {
    for (let tried = 0; ; tried++) {
      const now = await this.get(stack, signal)
      if (now === undefined || !now.stack_status.endsWith('_IN_PROGRESS'))
        return now?.stack_status === 'DELETE_COMPLETE' ? undefined : now
      await patience.pause(Math.min(500 * 1.5 ** tried, 10_000), signal)
      if (signal?.aborted) throw new Interrupted()
    }
  }

  /** Versions of templates that the engine reads: `heat_template_version.2021-04-16`. */
  async templateVersions(): Promise<readonly string[]> {
    const { template_versions: all } = await this.#read(versionsSchema, '/template_versions', {})
    return all.map(({ version }) => version)
  }

  /** Functions of a version of templates, as {@link templateVersions} names it. */
  async templateFunctions(version: string): Promise<readonly string[]> {
    const path = `/template_versions/${encodeURIComponent(version)}/functions`
    return (await this.#read(functionsSchema, path, {})).template_functions.map(({ functions }) => functions)
  }

  async resourceTypes(): Promise<readonly string[]> {
    return (await this.#read(typesSchema, '/resource_types', {})).resource_types
  }

  async #read<S extends z.ZodType>(schema: S, path: string, request: Request): Promise<z.infer<S>> {
    const answer = await this.session.json('orchestration', path, request)
    return parseAnswer(schema, this.session, 'stacks', path, answer)
  }
}

function pathOf({ id, stack_name: name }: StackRef): string {
  return `/stacks/${encodeURIComponent(name)}/${encodeURIComponent(id)}`
}

function bodyOf({ template, files, parameters, environment, environmentFiles }: TemplateRequest) {
  return {
    template,
    files: files ?? {},
    parameters: parameters ?? {},
    environment: environment ?? {},
    ...(environmentFiles && environmentFiles.length > 0 ? { environment_files: environmentFiles } : {}),
  }
}

function stackBody(stack: NewStack) {
  return {
    ...bodyOf(stack),
    stack_name: stack.name,
    disable_rollback: stack.disableRollback ?? true,
    ...(stack.timeoutMinutes === undefined ? {} : { timeout_mins: stack.timeoutMinutes }),
    ...(stack.tags === undefined ? {} : { tags: stack.tags.join(',') }),
  }
}
