import type { Version } from '../evaluate/scope.ts'
import { fromPlain, isList, isMap, str, toInt, toNumber, truthy } from '../python.ts'
import type { Key, Value } from '../types.ts'

export type ParameterType = 'string' | 'number' | 'boolean' | 'list' | 'json'

export type Constraint = { readonly description: string | undefined } & (
  | { readonly kind: 'length' | 'range'; readonly least?: bigint | number; readonly most?: bigint | number }
  | { readonly kind: 'values'; readonly values: readonly Value[] }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'modulo'; readonly step: bigint; readonly offset: bigint }
)

/** A parameter as a template declares it. */
export interface Schema {
  readonly name: string
  readonly type: ParameterType
  readonly hidden: boolean
  /** null: none. */
  readonly default: Value
  readonly constraints: readonly Constraint[]
  /** AWS looks the value up at run time if it is the path of an SSM parameter. */
  readonly ssm: boolean
}

/** A declaration that the engine refuses: one sentence. */
export class SchemaProblem extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SchemaProblem'
  }
}

const CFN_TYPES: Readonly<Record<string, ParameterType>> = {
  String: 'string',
  Number: 'number',
  Boolean: 'boolean',
  CommaDelimitedList: 'list',
  Json: 'json',
}
const HOT_TYPES: Readonly<Record<string, ParameterType>> = {
  string: 'string',
  number: 'number',
  boolean: 'boolean',
  comma_delimited_list: 'list',
  json: 'json',
}
const CFN_KEYS = new Set([
  'Type',
  'Default',
  'NoEcho',
  'AllowedValues',
  'AllowedPattern',
  'MaxLength',
  'MinLength',
  'MaxValue',
  'MinValue',
  'Description',
  'ConstraintDescription',
  'Label',
]) // prettier-ignore
const HOT_KEYS = new Set([
  'type',
  'default',
  'hidden',
  'constraints',
  'description',
  'label',
  'immutable',
  'tags',
])

/** Reads one declaration. Throws {@link SchemaProblem}. */
export function readSchema(name: string, declared: Value, version: Version): Schema {
  if (!isMap(declared)) throw new SchemaProblem(`the parameter ${name} is not declared by a map`)
  const keys = version.kind === 'hot' ? HOT_KEYS : CFN_KEYS
  for (const key of declared.keys())
    if (!keys.has(str(key)) && !version.lenient)
      throw new SchemaProblem(`the parameter ${name} has '${str(key)}', which is not known`)
  return version.kind === 'hot' ? readHot(name, declared, version) : readCfn(name, declared, version)
}

function readCfn(name: string, declared: ReadonlyMap<Key, Value>, version: Version): Schema {
  const written = declared.get('Type') ?? null
  let type = typeof written === 'string' && Object.hasOwn(CFN_TYPES, written) ? CFN_TYPES[written] : undefined
  let ssm = false
  if (type === undefined && version.lenient && typeof written === 'string') {
    ssm = written.startsWith('AWS::SSM::Parameter::Value<')
    const inner = ssm ? written.slice('AWS::SSM::Parameter::Value<'.length, -1) : written
    type = /^List<Number>$|^List<|^CommaDelimitedList$/.test(inner) ? 'list' : 'string'
  }
  if (type === undefined)
    throw new SchemaProblem(
      `the parameter ${name} has the type ${written === null ? 'null' : str(written)}, which Heat does not know`,
    )
  const description = text(declared.get('ConstraintDescription'))
  const constraints: Constraint[] = []
  const bounds = (kind: 'length' | 'range', low: string, high: string) => {
    const least = bound(name, declared.get(low) ?? null)
    const most = bound(name, declared.get(high) ?? null)
    if (least !== undefined || most !== undefined)
      constraints.push(withBounds(kind, description, least, most))
  }
  bounds('length', 'MinLength', 'MaxLength')
  bounds('range', 'MinValue', 'MaxValue')
  const values = declared.get('AllowedValues')
  if (values !== undefined && values !== null) {
    if (!isList(values)) throw new SchemaProblem(`AllowedValues of the parameter ${name} is not a list`)
    constraints.push({ kind: 'values', values, description })
  }
  const pattern = declared.get('AllowedPattern')
  if (pattern !== undefined && pattern !== null)
    constraints.push({ kind: 'pattern', pattern: str(pattern), description })
  return {
    name,
    type,
    ssm,
    hidden: str(declared.get('NoEcho') ?? 'false').toLowerCase() === 'true',
    default: declared.get('Default') ?? null,
    constraints: version.lenient
      ? constraints.filter((constraint) => fitsType(constraint, type))
      : checked(name, type, constraints),
  }
}

function readHot(name: string, declared: ReadonlyMap<Key, Value>, version: Version): Schema {
  const written = declared.get('type') ?? null
  const type =
    typeof written === 'string' && Object.hasOwn(HOT_TYPES, written) ? HOT_TYPES[written] : undefined
  if (type === undefined)
    throw new SchemaProblem(
      `the parameter ${name} has the type ${written === null ? 'null' : str(written)}, which Heat does not know`,
    )
  const list = declared.get('constraints') ?? null
  if (list !== null && !isList(list))
    throw new SchemaProblem(`the constraints of the parameter ${name} are not a list`)
  const constraints = (list ?? []).flatMap((item) => readHotConstraint(name, item, version))
  return {
    name,
    type,
    ssm: false,
    hidden: truthy(declared.get('hidden') ?? false),
    default: declared.get('default') ?? null,
    constraints: checked(name, type, constraints),
  }
}

function readHotConstraint(name: string, item: Value, version: Version): Constraint[] {
  const fault = (message: string) => new SchemaProblem(`a constraint of the parameter ${name} ${message}`)
  if (!isMap(item)) throw fault('is not a map')
  const description = text(item.get('description'))
  const kinds = [...item.keys()].filter((key) => key !== 'description')
  if (kinds.length !== 1) throw fault('must be of exactly one kind')
  const kind = kinds[0]!
  const argument = item.get(kind)!
  switch (kind) {
    case 'length':
    case 'range': {
      if (!isMap(argument) || [...argument.keys()].some((key) => key !== 'min' && key !== 'max'))
        throw fault("needs 'min' or 'max'")
      const least = bound(name, argument.get('min') ?? null)
      const most = bound(name, argument.get('max') ?? null)
      if (least === undefined && most === undefined) throw fault("needs 'min' or 'max'")
      return [withBounds(kind, description, least, most)]
    }
    case 'allowed_values':
      if (!isList(argument)) throw fault('needs a list of values')
      return [{ kind: 'values', values: argument, description }]
    case 'allowed_pattern':
      return [{ kind: 'pattern', pattern: str(argument), description }]
    case 'modulo': {
      if (version.date < '2017-02-24' || !isMap(argument))
        throw fault("'modulo' needs a newer version, 'step' and 'offset'")
      const step = toInt(argument.get('step') ?? null)
      const offset = toInt(argument.get('offset') ?? null)
      if (step === undefined || offset === undefined || step === 0n)
        throw fault("needs whole numbers for 'step' and 'offset'")
      return [{ kind: 'modulo', step, offset, description }]
    }
    case 'custom_constraint':
      // glance.image and its like ask the cloud: nothing to check without one.
      return []
    default:
      throw fault(`is of the kind '${str(kind)}', which is not known`)
  }
}

function withBounds(
  kind: 'length' | 'range',
  description: string | undefined,
  least: bigint | number | undefined,
  most: bigint | number | undefined,
): Constraint {
  return {
    kind,
    description,
    ...(least === undefined ? {} : { least }),
    ...(most === undefined ? {} : { most }),
  }
}

function bound(name: string, value: Value): bigint | number | undefined {
  if (value === null) return undefined
  const number = toNumber(value)
  if (number === undefined) throw new SchemaProblem(`a limit of the parameter ${name} is not a number`)
  return number
}

function fitsType(constraint: Constraint, type: ParameterType): boolean {
  switch (constraint.kind) {
    case 'length':
      return type === 'string' || type === 'list' || type === 'json'
    case 'range':
    case 'modulo':
      return type === 'number'
    case 'pattern':
      return type === 'string'
    default:
      return true
  }
}

function checked(
  name: string,
  type: ParameterType,
  constraints: readonly Constraint[],
): readonly Constraint[] {
  for (const constraint of constraints)
    if (!fitsType(constraint, type))
      throw new SchemaProblem(`a constraint of the parameter ${name} does not fit its type`)
  return constraints
}

function text(value: Value | undefined): string | undefined {
  return value === undefined || value === null ? undefined : str(value)
}

/** `value` as the type has it, or a sentence's end that says why not. */
export function convert(
  type: ParameterType,
  value: Value,
): { readonly value: Value } | { readonly fault: string } {
  switch (type) {
    case 'string':
      return { value: str(value) }
    case 'number': {
      const number = typeof value === 'boolean' ? undefined : toNumber(value)
      return number === undefined ? { fault: 'is not a number' } : { value: number }
    }
    case 'boolean': {
      const word = str(value).trim().toLowerCase()
      if (['1', 't', 'true', 'on', 'y', 'yes'].includes(word)) return { value: true }
      if (['0', 'f', 'false', 'off', 'n', 'no'].includes(word)) return { value: false }
      return { fault: 'is not a boolean' }
    }
    case 'list':
      if (isList(value)) return { value: value.map((item) => (item === null ? '' : str(item))) }
      if (typeof value !== 'string') return { fault: 'is not a list' }
      return { value: value === '' ? [] : value.split(',') }
    case 'json': {
      if (typeof value !== 'string') return { value }
      if (value === '') return { value: new Map() }
      try {
        return { value: fromPlain(JSON.parse(value)) }
      } catch {
        return { fault: 'is not JSON' }
      }
    }
  }
}
