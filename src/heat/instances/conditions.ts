import type { Result } from '../evaluate/result.ts'
import { evaluateCondition } from '../evaluate/scope.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Key, Value } from '../types.ts'

/** The condition of a resource or output; undefined where there is none, or where the version knows none. */
export function conditionOf(scope: TemplateScope, definition: ReadonlyMap<Key, Value>): Result | undefined {
  const condition = definition.get(scope.template.words.condition) ?? null
  const { kind, date } = scope.version
  if (condition === null || kind === 'cfn' || (kind === 'hot' && date < '2016-10-14')) return undefined
  return evaluateCondition(scope, condition)
}
