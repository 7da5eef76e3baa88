import { type Result, settle } from '../evaluate/result.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Key, Reason } from '../types.ts'
import type { InstanceType } from './types.ts'

/** An enabled resource that is or may be an instance. */
export interface Found {
  readonly path: string
  readonly type: string
  readonly kind: InstanceType
  readonly scope: TemplateScope
  readonly properties: Result
  readonly metadata: Result
  /** Keys from the root of its template to the definition (`resources`, name, then into groups). */
  readonly place: readonly Key[]
  /** `%index%` and the like of the groups around it: a text with one of them differs from member to member. */
  readonly indexes: readonly string[]
  /** The nested template uses it is in, outermost first. */
  readonly uses: readonly Use[]
}

/** One use of a nested template. */
export interface Use {
  readonly path: string
  /** The template that uses it, and where the resource's definition is. */
  readonly parent: TemplateScope
  readonly place: readonly Key[]
  readonly scope: TemplateScope
  /** How the child was named: the type itself, the registry, or a `template` property. */
  readonly by: 'type' | 'registry' | 'property'
}

/** A software deployment and the server it is for. */
export interface FoundDeployment {
  readonly path: string
  readonly type: string
  readonly scope: TemplateScope
  readonly properties: Result
}

/** An enabled `Kiln::Image`, whoever wants it. */
export interface FoundRequest {
  readonly path: string
  readonly scope: TemplateScope
  readonly name: string
  readonly inGroup: boolean
}

/** All that a walk through templates comes to. */
export interface Findings {
  readonly found: Found[]
  readonly requests: FoundRequest[]
  readonly deployments: FoundDeployment[]
  readonly missing: Set<string>
  readonly reasons: Reason[]
  readonly warnings: Reason[]
  readonly skipped: { path: string; why: string }[]
}

/** Notes that `result` is not known: the parameters it lacks, or else `reason`, which is told the result's own error. */
export function noteUnknown(
  findings: Findings,
  result: Result | undefined,
  reason: (error: string | undefined) => Reason,
): void {
  const settled = result === undefined ? undefined : settle(result)
  if (settled?.status === 'missing') for (const name of settled.deps.missing) findings.missing.add(name)
  else findings.reasons.push(reason(settled?.error))
}
