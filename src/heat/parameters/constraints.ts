import { compilePattern } from '../pattern/match.ts'
import { PatternProblem } from '../pattern/parse.ts'
import { equal, isList, isMap, str, toInt } from '../python.ts'
import type { Value } from '../types.ts'
import { type Constraint, convert, type ParameterType } from './schema.ts'

/** Why `value` (already of its type) breaks a constraint, as the end of a sentence; undefined if it breaks none. Values are not quoted: they may be secret. */
export function broken(
  type: ParameterType,
  constraints: readonly Constraint[],
  value: Value,
): string | undefined {
  for (const constraint of constraints) {
    const fault = faultOf(type, constraint, value)
    if (fault !== undefined) return constraint.description?.trim() || fault
  }
  return undefined
}

function faultOf(type: ParameterType, constraint: Constraint, value: Value): string | undefined {
  switch (constraint.kind) {
    case 'length': {
      const size = sizeOf(value)
      return outside(size, constraint) ? `its length ${size} is not ${range(constraint)}` : undefined
    }
    case 'range':
      return typeof value === 'bigint' || typeof value === 'number'
        ? outside(value, constraint)
          ? `it is not ${range(constraint)}`
          : undefined
        : 'it is not a number'
    case 'modulo': {
      const number = toInt(value)
      if (number === undefined) return 'it is not a whole number'
      const { step, offset } = constraint
      const rest = ((number % step) + step) % step
      return rest === ((offset % step) + step) % step
        ? undefined
        : `it is not ${offset} more than a multiple of ${step}`
    }
    case 'values': {
      const allowed = constraint.values
      if (isList(value)) {
        return value.every((item) => allowed.some((other) => equal(item, other)))
          ? undefined
          : 'it is not among the allowed values'
      }
      const found = allowed.some((other) => {
        const converted = convert(type, other)
        return 'value' in converted && equal(converted.value, value)
      })
      return found
        ? undefined
        : `it is not among the allowed values (${allowed.slice(0, 20).map(str).join(', ')})`
    }
    case 'pattern':
      try {
        return compilePattern(constraint.pattern).fits(str(value))
          ? undefined
          : `it does not match the pattern '${constraint.pattern}'`
      } catch (problem) {
        if (!(problem instanceof PatternProblem)) throw problem
        return `the pattern '${constraint.pattern.slice(0, 100)}' cannot be used: ${problem.message}`
      }
  }
}

function sizeOf(value: Value): bigint {
  if (typeof value === 'string') return BigInt([...value].length)
  if (isList(value)) return BigInt(value.length)
  return isMap(value) ? BigInt(value.size) : 0n
}

function outside(
  value: bigint | number,
  { least, most }: { least?: bigint | number; most?: bigint | number },
): boolean {
  return (least !== undefined && value < least) || (most !== undefined && value > most)
}

function range({ least, most }: { least?: bigint | number; most?: bigint | number }): string {
  if (least === undefined) return `at most ${most}`
  return most === undefined ? `at least ${least}` : `between ${least} and ${most}`
}
