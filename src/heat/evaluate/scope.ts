import { inputError } from '../../core/error.ts'
import type { Key, Value } from '../types.ts'
import { failure, known, type Lazy, NO_DEPS, once, type Result, scalar, withDeps } from './result.ts'

/** A function of the template language: gets its argument as written. */
export type TemplateFunction = (scope: Scope, argument: Value, name: string) => Result

/** What an expression can see. One template has one scope. */
export interface Scope {
  /** Functions that are known here. */
  readonly functions: ReadonlyMap<string, TemplateFunction>
  /** The same as conditions see it: they know other functions. */
  readonly inConditions: Scope
  readonly version: Version
  /** Value of a parameter; undefined if the template does not declare it. */
  parameter(name: string): Result | undefined
  hasResource(name: string): boolean
  /** Its condition is false: for what refers to it, it does not exist. */
  isOff(name: string): boolean
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
  /** How deep functions may still be in one another. */
  depth: number
}

/** A template's own nesting is bounded; this also bounds values that refer to values. */
const MOST_DEPTH = 400

export function newBudget(): Budget {
  return { steps: 3_000_000, characters: 64 * 1024 * 1024, depth: MOST_DEPTH }
}

/** Takes from the budget; an input error when it is used up. */
export function spend(budget: Budget, steps: number, characters = 0): void {
  budget.steps -= steps
  budget.characters -= characters
  if (budget.steps < 0 || budget.characters < 0)
    throw inputError('KILN_TEMPLATE_TOO_LARGE', 'the template grows beyond all measure when it is evaluated')
}

/** Works out `value`: a map of exactly one key that names a function is a call of it, all else is data. */
export function evaluate(scope: Scope, value: Value): Result {
  spend(scope.budget, 1)
  if (Array.isArray(value)) {
    const items = value.map((item: Value): Lazy => once(() => evaluate(scope, item)))
    return { kind: 'list', items, deps: NO_DEPS }
  }
  if (value instanceof Map) {
    const map = value as ReadonlyMap<Key, Value>
    if (map.size === 1) {
      const [name, argument] = [...map][0]!
      const call = typeof name === 'string' ? scope.functions.get(name) : undefined
      if (call) return callIn(scope, call, argument, name as string)
    }
    const entries = new Map<Key, Lazy>()
    for (const [key, item] of map)
      entries.set(
        key,
        once(() => evaluate(scope, item)),
      )
    return { kind: 'map', entries, deps: NO_DEPS }
  }
  return known(value)
}

function callIn(scope: Scope, call: TemplateFunction, argument: Value, name: string): Result {
  if (--scope.budget.depth < 0) {
    scope.budget.depth++
    return failure(`${name} is reached through more than ${MOST_DEPTH} other functions`)
  }
  try {
    return call(scope, argument, name)
  } finally {
    scope.budget.depth++
  }
}

/** The same for an argument that stands alone: `if` without an else gives nothing in a list, but null here. */
export function evaluateAlone(scope: Scope, value: Value): Result {
  const result = evaluate(scope, value)
  return result.kind === 'nothing' ? scalar(null, result.deps) : result
}

/** A condition: a name, a boolean, or a function of conditions. Its value is a boolean, or an error. */
export function evaluateCondition(scope: Scope, value: Value): Result {
  return isEnabled(scope, evaluateAlone(scope.inConditions, value))
}

/** Takes the value of a condition function for what it says: a boolean, the name of a condition, or null for true. */
export function isEnabled(scope: Scope, result: Result): Result {
  if (result.kind === 'hole' || result.kind === 'error') return result
  if (result.kind === 'scalar') {
    if (typeof result.value === 'boolean') return result
    if (result.value === null) return scalar(true, result.deps)
    if (typeof result.value === 'string') {
      const named = scope.condition(result.value)
      return named === undefined
        ? failure(`the condition '${result.value}' is not defined`, result.deps)
        : withDeps(named, result.deps)
    }
  }
  return failure('a condition must come to true or false', result.deps)
}

/** What the conditions of a template see: the same with `functions`. */
export function conditionScope(base: Scope, functions: ReadonlyMap<string, TemplateFunction>): Scope {
  const scope: Scope = {
    functions,
    get inConditions() {
      return scope
    },
    version: base.version,
    mappings: base.mappings,
    budget: base.budget,
    parameter: (name) => base.parameter(name),
    hasResource: (name) => base.hasResource(name),
    isOff: (name) => base.isOff(name),
    condition: (name) => base.condition(name),
    file: (name) => base.file(name),
    attribute: (resource, path) => base.attribute(resource, path),
    facade: (part) => base.facade(part),
  }
  return scope
}
