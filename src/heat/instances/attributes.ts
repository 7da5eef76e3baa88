import { step } from '../evaluate/helpers.ts'
import { failure, type Result, settle, withDeps } from '../evaluate/result.ts'
import { evaluate, spend } from '../evaluate/scope.ts'
import { isList, isMap } from '../python.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Key, Value } from '../types.ts'
import { conditionOf } from './conditions.ts'
import { typedValue } from './value.ts'

/** What a resource stands for, by the registry: its real type, and the scope of its nested template if it has one. */
export interface Meaning {
  readonly type: string
  readonly child?: TemplateScope | undefined
}

/**
 * Attributes that do not need a running stack: the value of an `OS::Heat::Value`, an output of a nested template.
 * Worked out when somebody asks; one that hangs on itself is an error.
 */
export class Attributes {
  readonly #meaning: (scope: TemplateScope, resource: string) => Meaning | undefined
  readonly #open = new Map<TemplateScope, Set<string>>()
  readonly #known = new Map<TemplateScope, Map<string, Result | undefined>>()

  /** `meaning` is asked with scopes that are not masked. */
  constructor(meaning: (scope: TemplateScope, resource: string) => Meaning | undefined) {
    this.#meaning = meaning
  }

  /** undefined: only the running stack has it. */
  read(scope: TemplateScope, resource: string, path: readonly Value[]): Result | undefined {
    const known = this.#known.get(scope) ?? new Map<string, Result | undefined>()
    this.#known.set(scope, known)
    // A list index may be a number or its text, which lead to different places in a map.
    const key = JSON.stringify([resource, ...path.map((part) => [typeof part, String(part)])])
    if (!known.has(key)) {
      const result = this.#work(scope, resource, path)
      // On a circle: whoever began it keeps the answer.
      if (result === 'open') return failure(`the resource ${resource} depends on itself`)
      known.set(key, result)
    }
    return known.get(key)
  }

  #work(scope: TemplateScope, resource: string, path: readonly Value[]): Result | 'open' | undefined {
    const open = this.#open.get(scope) ?? new Set()
    this.#open.set(scope, open)
    if (open.has(resource)) return 'open'
    open.add(resource)
    try {
      const result = this.#find(scope, resource, path)
      // All of it, while it is open: a part that leads back here must not be met later, where it has no end.
      if (result !== undefined) spend(scope.budget, sizeOf(settle(result).value))
      return result
    } finally {
      open.delete(resource)
    }
  }

  #find(scope: TemplateScope, resource: string, path: readonly Value[]): Result | undefined {
    const definition = scope.resource(resource)
    if (definition === undefined || path.length === 0) return undefined
    const condition = conditionOf(scope, definition)
    if (condition !== undefined && condition.kind !== 'scalar') return condition
    if (condition?.value === false)
      return failure(`the resource ${resource} is switched off by its condition`, condition.deps)
    const meaning = this.#meaning(scope.origin, resource)
    if (meaning === undefined) return undefined
    const found =
      meaning.type !== 'OS::Heat::Value'
        ? output(scope, meaning, path)
        : path[0] === 'value'
          ? reach(typedValue(scope.properties(resource)), path.slice(1))
          : undefined
    return found === undefined || condition === undefined ? found : withDeps(found, condition.deps)
  }
}

function output(scope: TemplateScope, { type, child }: Meaning, path: readonly Value[]): Result | undefined {
  const asked = nameOfOutput(type, path)
  if (asked === undefined || child === undefined) return undefined
  const inner = scope.mask === undefined ? child : child.masked(scope.mask)
  const definition = inner.template.outputs.get(asked.name) ?? null
  const value = isMap(definition)
    ? definition.get(inner.version.kind === 'hot' ? 'value' : 'Value')
    : undefined
  if (!isMap(definition) || value === undefined) return undefined
  const condition = conditionOf(inner, definition)
  if (condition !== undefined && condition.kind !== 'scalar') return condition
  if (condition?.value === false) return undefined
  const found = reach(evaluate(inner, value), asked.rest)
  return found === undefined || condition === undefined ? found : withDeps(found, condition.deps)
}

/** Nested templates have their outputs as attributes; stacks have them in `outputs`, AWS's behind `Outputs.`. */
function nameOfOutput(
  type: string,
  path: readonly Value[],
): { readonly name: Key; readonly rest: readonly Value[] } | undefined {
  const [first, second] = path
  if (type === 'OS::Heat::Stack')
    return first === 'outputs' && typeof second === 'string'
      ? { name: second, rest: path.slice(2) }
      : undefined
  if (typeof first !== 'string') return undefined
  if (type !== 'AWS::CloudFormation::Stack') return { name: first, rest: path.slice(1) }
  return first.startsWith('Outputs.')
    ? { name: first.slice('Outputs.'.length), rest: path.slice(1) }
    : undefined
}

/** Goes on into a value; undefined where the path leads nowhere. */
function reach(from: Result | undefined, path: readonly Value[]): Result | undefined {
  let here = from
  for (const key of path) {
    if (here === undefined || here.kind === 'hole' || here.kind === 'error') return here
    if (here.kind === 'scalar' || here.kind === 'nothing') return undefined
    const next = step(here, key as Key)
    here = next === undefined ? undefined : withDeps(next, here.deps)
  }
  return here
}

function sizeOf(value: Value): number {
  if (!isList(value) && !isMap(value)) return 1
  let size = 1
  for (const item of value.values()) size += sizeOf(item)
  return size
}
