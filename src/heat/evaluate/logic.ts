import { equal, isList } from '../python.ts'
import type { Value } from '../types.ts'
import { whole } from './helpers.ts'
import { failure, hole, join, NO_DEPS, type Result, scalar, withDeps } from './result.ts'
import {
  evaluate,
  evaluateAlone,
  evaluateCondition,
  isEnabled,
  type Scope,
  type TemplateFunction,
} from './scope.ts'

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
  const parts = argument.map((part) => whole(evaluateAlone(scope, part)))
  const [a, b] = parts as [(typeof parts)[0], (typeof parts)[0]]
  if ('stop' in a || 'stop' in b) {
    const stops = parts.flatMap((part) => ('stop' in part ? [part.stop] : []))
    const deps = parts.map((part) => ('stop' in part ? part.stop.deps : part.deps)).reduce(join, NO_DEPS)
    return stops.find((stop) => stop.kind === 'error') ?? hole(deps)
  }
  return scalar(equal(a.value, b.value), join(a.deps, b.deps))
}

/** HOT takes a condition, CFN a list of one. */
export function not(listed: boolean): TemplateFunction {
  return (scope, argument, name) => {
    let inner: Value = argument
    if (listed) {
      if (!isList(argument) || argument.length !== 1) return failure(`${name} needs a list of one condition`)
      inner = argument[0]!
    } else if (argument === null) return failure(`${name} needs a condition`)
    const result = evaluateCondition(scope, inner)
    return result.kind === 'scalar' ? scalar(result.value !== true, result.deps) : result
  }
}

export const and: TemplateFunction = (scope, argument, name) => combine(scope, argument, name, false)
export const or: TemplateFunction = (scope, argument, name) => combine(scope, argument, name, true)

/** `decisive`: the operand that settles it whatever those after it are. */
function combine(scope: Scope, argument: Value, name: string, decisive: boolean): Result {
  if (!isList(argument) || argument.length < 2) return failure(`${name} needs two conditions or more`)
  const operands = argument
    .map((part) => evaluate(scope.inConditions, part))
    .filter((part) => part.kind !== 'nothing')
  const broken = operands.find((operand) => operand.kind === 'error')
  if (broken) return broken
  let deps = NO_DEPS
  let open = false
  for (const operand of operands) {
    // A name behind the decisive operand is not looked up.
    const result = isEnabled(scope, operand)
    if (result.kind === 'error') return result
    if (result.kind === 'scalar' && result.value === decisive) return result
    deps = join(deps, result.deps)
    open ||= result.kind === 'hole'
  }
  return open ? hole(deps) : scalar(!decisive, deps)
}

/** `{Condition: name}` of AWS. */
export const namedCondition: TemplateFunction = (scope, argument, name) =>
  typeof argument === 'string' ? evaluateCondition(scope, argument) : failure(`${name} needs a name`)
