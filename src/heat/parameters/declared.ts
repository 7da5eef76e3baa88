import type { Version } from '../evaluate/scope.ts'
import { compilePattern } from '../pattern/match.ts'
import { PatternLimit, PatternProblem } from '../pattern/problem.ts'
import { isList, isMap, str, toNumber } from '../python.ts'
import type { Key, Value } from '../types.ts'
import type { ParameterType } from './convert.ts'

/*
 * Constraints as a template declares them.
 */

export type Constraint = { readonly description: string | undefined } & (
  | { readonly kind: 'length' | 'range'; readonly least?: bigint | number; readonly most?: bigint | number }
  | { readonly kind: 'values'; readonly values: readonly Value[] }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'modulo'; readonly step: bigint; readonly offset: bigint }
  /** `glance.image` and its like ask the cloud: nothing to check without one. */
  | { readonly kind: 'custom' }
)

/** A declaration that the engine refuses: one sentence. */
export class SchemaProblem extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SchemaProblem'
  }
}

/** Constraints of a CFN parameter, in the order in which the engine checks them. */
export function readCfnConstraints(name: string, declared: ReadonlyMap<Key, Value>): Constraint[] {
  const description = text(declared.get('ConstraintDescription'))
  const constraints: Constraint[] = []
  for (const [kind, low, high] of [
    ['range', 'MinValue', 'MaxValue'],
    ['length', 'MinLength', 'MaxLength'],
  ] as const)
    if (declared.has(low) || declared.has(high))
      constraints.push(bounds(name, kind, description, declared.get(low) ?? null, declared.get(high) ?? null))
  if (declared.has('AllowedValues'))
    constraints.push(allowed(name, declared.get('AllowedValues')!, description))
  if (declared.has('AllowedPattern'))
    constraints.push(pattern(name, declared.get('AllowedPattern')!, description))
  return constraints
}

const HOT_KINDS = [
  'modulo',
  'range',
  'length',
  'allowed_values',
  'allowed_pattern',
  'custom_constraint',
] as const
const MODULO_FROM = '2017-02-24'

/** One item of `constraints`. Of several kinds in one item only the first counts, as in the engine. */
export function readHotConstraint(name: string, item: Value, version: Version): Constraint {
  const fault = (message: string) => new SchemaProblem(`a constraint of the parameter ${name} ${message}`)
  if (!isMap(item)) throw fault('is not a map')
  for (const key of item.keys())
    if (key !== 'description' && !(HOT_KINDS as readonly Key[]).includes(key))
      throw fault(`is of the kind '${str(key)}', which is not known`)
  const description = text(item.get('description'))
  const kind = HOT_KINDS.find((one) => item.has(one) && (one !== 'modulo' || version.date >= MODULO_FROM))
  if (kind === undefined) throw fault('says nothing that this version knows')
  const argument = item.get(kind)!
  switch (kind) {
    case 'length':
    case 'range':
      if (!isMap(argument) || [...argument.keys()].some((key) => key !== 'min' && key !== 'max'))
        throw fault("needs 'min' or 'max'")
      return bounds(name, kind, description, argument.get('min') ?? null, argument.get('max') ?? null)
    case 'allowed_values':
      return allowed(name, argument, description)
    case 'allowed_pattern':
      return pattern(name, argument, description)
    case 'modulo':
      if (!isMap(argument) || [...argument.keys()].some((key) => key !== 'step' && key !== 'offset'))
        throw fault("needs 'step' and 'offset'")
      return modulo(name, argument, description)
    case 'custom_constraint':
      return { kind: 'custom', description }
  }
}

function bounds(
  name: string,
  kind: 'length' | 'range',
  description: string | undefined,
  low: Value,
  high: Value,
): Constraint {
  const least = number(name, low)
  const most = number(name, high)
  if (least === undefined && most === undefined)
    throw new SchemaProblem(`a ${kind} of the parameter ${name} has neither a least nor a most`)
  if (kind === 'length' && (typeof least === 'number' || typeof most === 'number'))
    throw new SchemaProblem(`a length of the parameter ${name} is not a whole number`)
  return {
    kind,
    description,
    ...(least === undefined ? {} : { least }),
    ...(most === undefined ? {} : { most }),
  }
}

function number(name: string, value: Value): bigint | number | undefined {
  if (value === null) return undefined
  const read = toNumber(value)
  if (read === undefined) throw new SchemaProblem(`a limit of the parameter ${name} is not a number`)
  return read
}

function modulo(
  name: string,
  argument: ReadonlyMap<Key, Value>,
  description: string | undefined,
): Constraint {
  const [step, offset] = ['step', 'offset'].map((key) => {
    const read = number(name, argument.get(key) ?? null)
    return typeof read === 'number' && Number.isInteger(read) ? BigInt(read) : read
  })
  const size = (value: bigint) => (value < 0n ? -value : value)
  if (
    typeof step !== 'bigint' ||
    typeof offset !== 'bigint' ||
    step === 0n ||
    size(offset) >= size(step) ||
    step * offset < 0n
  )
    throw new SchemaProblem(
      `a modulo of the parameter ${name} needs a whole 'step' and a smaller 'offset' of the same sign`,
    )
  return { kind: 'modulo', step, offset, description }
}

function allowed(name: string, values: Value, description: string | undefined): Constraint {
  if (!isList(values)) throw new SchemaProblem(`the allowed values of the parameter ${name} are not a list`)
  return { kind: 'values', values, description }
}

function pattern(name: string, value: Value, description: string | undefined): Constraint {
  if (typeof value !== 'string')
    throw new SchemaProblem(`the allowed pattern of the parameter ${name} is not a text`)
  try {
    compilePattern(value)
  } catch (problem) {
    if (!(problem instanceof PatternProblem)) throw problem
    // What is only too much for this program is said when the pattern is used.
    if (!(problem instanceof PatternLimit))
      throw new SchemaProblem(
        `the allowed pattern '${value.slice(0, 100)}' of the parameter ${name} cannot be read: ${problem.message}`,
      )
  }
  return { kind: 'pattern', pattern: value, description }
}

/** Whether the engine takes such a constraint for such a parameter. */
export function fitsType(constraint: Constraint, type: ParameterType): boolean {
  switch (constraint.kind) {
    case 'length':
      return type === 'string' || type === 'list' || type === 'json'
    case 'range':
    case 'modulo':
      return type === 'number'
    case 'pattern':
      return type === 'string'
    case 'values':
    case 'custom':
      return type !== 'json'
  }
}

function text(value: Value | undefined): string | undefined {
  return value === undefined || value === null ? undefined : str(value)
}
