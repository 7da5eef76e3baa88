import type { Environment } from '../environment/environment.ts'
import type { Result } from '../evaluate/result.ts'
import type { Budget } from '../evaluate/scope.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Files, Key } from '../types.ts'
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
