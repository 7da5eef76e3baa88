import { compilePattern } from '../pattern/match.ts'
import { PatternProblem } from '../pattern/problem.ts'
import { equal, isList, isMap, str, toNumber } from '../python.ts'
import type { Value } from '../types.ts'
import { convert, type ParameterType } from './convert.ts'
import type { Constraint } from './declared.ts'

/**
 * Why a value breaks a constraint, as the end of a sentence; undefined if it breaks none. `value`: as its type has it, `given`: as
 * it was given. The engine looks at the one or the other. Values are not quoted: they may be secret.
 */
export function broken(
  type: ParameterType,
  constraints: readonly Constraint[],
  value: Value,
  given: Value = value,
): string | undefined {
  const subject = type === 'list' || type === 'json' ? value : given
  for (const constraint of constraints) {
    const fault = faultOf(type, constraint, subject)
    if (fault !== undefined) return constraint.description?.trim() || fault
  }
  return undefined
}

/** A default is looked at once more as it is written: an empty list is one empty item there, JSON is a text. */
export function brokenDefault(
  type: ParameterType,
  constraints: readonly Constraint[],
  written: Value,
): string | undefined {
  if (type === 'list' && written === '') return broken(type, constraints, [''])
  return type === 'json' ? broken(type, constraints, written) : undefined
}

function faultOf(type: ParameterType, constraint: Constraint, value: Value): string | undefined {
  switch (constraint.kind) {
    case 'length': {
      const size = sizeOf(value)
      if (size === undefined) return 'it is not a text, so it has no length; quote it'
      return outside(size, constraint) ? `its length ${size} is not ${range(constraint)}` : undefined
    }
    case 'range': {
      const number = toNumber(value)
      if (number === undefined) return 'it is not a number'
      return outside(number, constraint) ? `it is not ${range(constraint)}` : undefined
    }
    case 'modulo': {
      const number = toNumber(value)
      return number !== undefined && remainder(number, constraint.step, constraint.offset)
        ? undefined
        : `it is not ${constraint.offset} more than a multiple of ${constraint.step}`
    }
    case 'values':
      return isAllowed(type, constraint.values, value)
        ? undefined
        : `it is not among the allowed values (${constraint.values.slice(0, 20).map(str).join(', ')})`
    case 'pattern':
      if (typeof value !== 'string') return 'it is not a text, so it cannot match a pattern; quote it'
      try {
        return compilePattern(constraint.pattern).fits(value)
          ? undefined
          : `it does not match the pattern '${constraint.pattern}'`
      } catch (problem) {
        if (!(problem instanceof PatternProblem)) throw problem
        return `the pattern '${constraint.pattern.slice(0, 100)}' cannot be used: ${problem.message}`
      }
    case 'custom':
      return undefined
  }
}

/** Each item of a list must be allowed as it is; anything else once both are of the parameter's type. */
function isAllowed(type: ParameterType, allowed: readonly Value[], value: Value): boolean {
  if (isList(value)) return value.every((item) => allowed.some((other) => equal(item, other)))
  const wanted = convert(type, value)
  if ('fault' in wanted) return false
  let found = false
  for (const other of allowed) {
    const converted = convert(type, other)
    // One that is not of the type spoils the whole list.
    if ('fault' in converted) return false
    found ||= equal(converted.value, wanted.value)
  }
  return found
}

function sizeOf(value: Value): bigint | undefined {
  if (typeof value === 'string') return BigInt([...value].length)
  if (isList(value)) return BigInt(value.length)
  return isMap(value) ? BigInt(value.size) : undefined
}

function outside(
  value: bigint | number,
  { least, most }: { least?: bigint | number; most?: bigint | number },
): boolean {
  return (least !== undefined && value < least) || (most !== undefined && value > most)
}

/** `value % step == offset`: the rest has the sign of the step. */
function remainder(value: bigint | number, step: bigint, offset: bigint): boolean {
  if (typeof value === 'bigint') {
    const rest = value % step
    return (rest !== 0n && rest < 0n !== step < 0n ? rest + step : rest) === offset
  }
  const size = Number(step)
  const rest = value % size
  return (rest !== 0 && rest < 0 !== size < 0 ? rest + size : rest) === Number(offset)
}

function range({ least, most }: { least?: bigint | number; most?: bigint | number }): string {
  if (least === undefined) return `at most ${most}`
  return most === undefined ? `at least ${least}` : `between ${least} and ${most}`
}
