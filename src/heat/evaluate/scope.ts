import { inputError } from '../../core/error.ts'
import type { Key, Value } from '../types.ts'
import { failure, known, type Lazy, once, type Result } from './result.ts'

/** A function of the template language: gets its argument as written. */
export type TemplateFunction = (scope: Scope, argument: Value, name: string) => Result

/** What an expression can see. One template has one scope. */
export interface Scope {
  /** Functions that this version knows, for properties and metadata. */
  readonly functions: ReadonlyMap<string, TemplateFunction>
  /** Those that its conditions know. */
  readonly conditionFunctions: ReadonlyMap<string, TemplateFunction>
  readonly version: Version
  /** Value of a parameter; undefined if the template does not declare it. */
  parameter(name: string): Result | undefined
  hasResource(name: string): boolean
  /** A condition by name; undefined if there is none. */
  condition(name: string): Result | undefined
  /** `mappings`: the section as written. */
  readonly mappings: Value
  /** Contents of a file that stands beside this template; a message where it may not be read. */
  file(name: string): { readonly text: string } | { readonly refused: string }
  /** An attribute that can be worked out without a stack, else undefined. */
  attribute(resource: string, path: readonly Value[]): Result | undefined
  /** The parent's resource, for `resource_facade`. */
  facade(part: string): Result | undefined
  readonly budget: Budget
}

export interface Version {
  readonly kind: 'hot' | 'cfn' | 'aws'
  /** HOT's date; names such as `ocata` are turned into it. */
  readonly date: string
  readonly lenient: boolean
}

/** Keeps small texts that grow (aliases, repeat) from taking all memory. Shared by all templates of an analysis. */
export interface Budget {
  steps: number
  characters: number
}

export function newBudget(): Budget {
  return { steps: 3_000_000, characters: 64 * 1024 * 1024 }
}

/** Takes from the budget; an input error when it is used up. */
export function spend(budget: Budget, steps: number, characters = 0): void {
  budget.steps -= steps
  budget.characters -= characters
  if (budget.steps < 0 || budget.characters < 0)
    throw inputError('KILN_TEMPLATE_TOO_LARGE', 'the template grows beyond all measure when it is evaluated')
}

/** Works out `value`: a map of exactly one key that names a function is a call of it, all else is data. */
export function evaluate(scope: Scope, value: Value, functions = scope.functions): Result {
  spend(scope.budget, 1)
  if (Array.isArray(value)) {
    const items = value.map((item: Value): Lazy => once(() => evaluate(scope, item, functions)))
    return { kind: 'list', items, deps: known(null).deps }
  }
  if (value instanceof Map) {
    const map = value as ReadonlyMap<Key, Value>
    if (map.size === 1) {
      const [name, argument] = [...map][0]!
      const call = typeof name === 'string' ? functions.get(name) : undefined
      if (call) return call(scope, argument, name as string)
    }
    const entries = new Map<Key, Lazy>()
    for (const [key, item] of map)
      entries.set(
        key,
        once(() => evaluate(scope, item, functions)),
      )
    return { kind: 'map', entries, deps: known(null).deps }
  }
  return known(value)
}

/** A condition: a name, a boolean, or a function of conditions. Its value is a boolean, or an error. */
export function evaluateCondition(scope: Scope, value: Value): Result {
  if (typeof value === 'string') {
    return scope.condition(value) ?? failure(`the condition '${value}' is not defined`)
  }
  const result = evaluate(scope, value, scope.conditionFunctions)
  if (result.kind === 'hole' || result.kind === 'error') return result
  if (result.kind === 'scalar' && typeof result.value === 'boolean') return result
  return failure('a condition must come to true or false', result.deps)
}
