import type { Environment } from '../environment/environment.ts'
import type { Result } from '../evaluate/result.ts'
import { type Budget, evaluate } from '../evaluate/scope.ts'
import { str } from '../python.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Files, Key, Value } from '../types.ts'
import type { Use } from './findings.ts'

/** What holds for a whole walk. */
export interface FindOptions {
  readonly files: Files
  readonly environment: Environment
  readonly budget: Budget
  readonly lenientAws: boolean
  readonly allowRemote: boolean
}

/** Where a walk is: one template, and the way to it. */
export interface Here {
  readonly scope: TemplateScope
  readonly prefix: string
  readonly depth: number
  readonly indexes: readonly string[]
  readonly uses: readonly Use[]
  /** Files on the way here, to find cycles. */
  readonly trail: readonly string[]
  /** Registry entries that led here: inside their own template they do not count, as in the engine. */
  readonly without: ReadonlySet<string>
}

/** What a definition says, be it a resource or a group's member. */
export interface Definition {
  readonly path: string
  readonly name: string
  readonly type: string
  readonly properties: Result
  readonly metadata: Result
  readonly place: readonly Key[]
  readonly indexes: readonly string[]
}

/** The resource `key` of the template that a walk is in. */
export function definitionOf(here: Here, key: Key, resource: ReadonlyMap<Key, Value>): Definition {
  const { scope } = here
  const { words } = scope.template
  const name = str(key)
  return {
    path: here.prefix + name,
    name,
    type: resource.get(words.type) as string,
    properties: scope.properties(name),
    metadata: evaluate(scope, resource.get(words.metadata) ?? null),
    place: [scope.version.kind === 'hot' ? 'resources' : 'Resources', key],
    indexes: here.indexes,
  }
}
