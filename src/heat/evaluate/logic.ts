import { equal, isList } from '../python.ts'
import type { Value } from '../types.ts'
import { whole } from './helpers.ts'
import { failure, hole, join, NO_DEPS, type Result, scalar, withDeps } from './result.ts'
import { evaluate, evaluateCondition, type Scope, type TemplateFunction } from './scope.ts'

/*
 * Conditions and the functions that choose by them.
 */

/** `if`: only the chosen branch is looked at. `short`: it may have no else. */
export function choose(short: boolean): TemplateFunction {
  return (scope, argument, name) => {
    const given = isList(argument) ? argument.length : 0
    if (!isList(argument) || (given !== 3 && !(short && given === 2)))
      return failure(`${name} needs a condition and ${short ? 'one or two values' : 'two values'}`)
    const condition = evaluateCondition(scope, argument[0]!)
    if (condition.kind !== 'scalar') return condition
    const branch = condition.value === true ? argument[1] : argument[2]
    if (branch === undefined) return { kind: 'nothing', deps: condition.deps }
    return withDeps(evaluate(scope, branch), condition.deps)
  }
}

export const equals: TemplateFunction = (scope, argument, name) => {
  if (!isList(argument) || argument.length !== 2) return failure(`${name} needs two values`)
  const parts = argument.map((part) => whole(evaluate(scope, part, scope.conditionFunctions)))
  const [a, b] = parts as [(typeof parts)[0], (typeof parts)[0]]
  if ('stop' in a || 'stop' in b) {
    const stops = parts.flatMap((part) => ('stop' in part ? [part.stop] : []))
    const deps = parts.map((part) => ('stop' in part ? part.stop.deps : part.deps)).reduce(join, NO_DEPS)
    return stops.find((stop) => stop.kind === 'error') ?? hole(deps)
  }
  return scalar(equal(a.value, b.value), join(a.deps, b.deps))
}

export const not: TemplateFunction = (scope, argument, name) => {
  let inner: Value = argument
  // CFN takes a list of one, HOT the condition itself.
  if (isList(argument)) {
    if (argument.length !== 1) return failure(`${name} needs one condition`)
    inner = argument[0]!
  }
  const result = operand(scope, inner)
  if (result.kind !== 'scalar') return result
  return scalar(!(result.value as boolean), result.deps)
}

export const and: TemplateFunction = (scope, argument, name) => combine(scope, argument, name, false)
export const or: TemplateFunction = (scope, argument, name) => combine(scope, argument, name, true)

/** `decisive`: the operand that settles it whatever the others are. */
function combine(scope: Scope, argument: Value, name: string, decisive: boolean): Result {
  if (!isList(argument) || argument.length < 2) return failure(`${name} needs two conditions or more`)
  const results = argument.map((part) => operand(scope, part))
  const broken = results.find((result) => result.kind === 'error')
  if (broken) return broken
  const settled = results.find((result) => result.kind === 'scalar' && result.value === decisive)
  if (settled) return settled
  const deps = results.map((result) => result.deps).reduce(join, NO_DEPS)
  if (results.some((result) => result.kind === 'hole')) return hole(deps)
  return scalar(!decisive, deps)
}

function operand(scope: Scope, value: Value): Result {
  return evaluateCondition(scope, value)
}

/** `{Condition: name}` of AWS. */
export const namedCondition: TemplateFunction = (scope, argument, name) =>
  typeof argument === 'string' ? evaluateCondition(scope, argument) : failure(`${name} needs a name`)
