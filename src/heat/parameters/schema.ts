import type { Version } from '../evaluate/scope.ts'
import { isList, isMap, str, truthy } from '../python.ts'
import type { Key, Value } from '../types.ts'
import type { ParameterType } from './convert.ts'
import {
  type Constraint,
  fitsType,
  readCfnConstraints,
  readHotConstraint,
  SchemaProblem,
} from './declared.ts'

export { convert, type ParameterType } from './convert.ts'
export { SchemaProblem } from './declared.ts'

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
])
const HOT_KEYS = new Set([
  'type',
  'default',
  'hidden',
  'constraints',
  'description',
  'label',
  'immutable',
  'schema',
])
/** From this version on a parameter may have `tags`. */
const TAGS_FROM = '2018-03-02'

/** Reads one declaration. Throws {@link SchemaProblem}. */
export function readSchema(name: string, declared: Value, version: Version): Schema {
  if (!isMap(declared)) throw new SchemaProblem(`the parameter ${name} is not declared by a map`)
  const hot = version.kind === 'hot'
  const keys = hot ? HOT_KEYS : CFN_KEYS
  for (const key of declared.keys()) {
    const tags = key === 'tags' && hot && version.date >= TAGS_FROM
    if (!tags && !(typeof key === 'string' && keys.has(key)) && !version.lenient)
      throw new SchemaProblem(`the parameter ${name} has '${str(key)}', which is not known`)
    if (tags && !isList(declared.get(key)))
      throw new SchemaProblem(`the tags of the parameter ${name} are not a list`)
  }
  return hot ? readHot(name, declared, version) : readCfn(name, declared, version)
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
  const constraints = readCfnConstraints(name, declared)
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
  const constraints = (list ?? []).map((item) => readHotConstraint(name, item, version))
  return {
    name,
    type,
    ssm: false,
    hidden: truthy(declared.get('hidden') ?? false),
    default: declared.get('default') ?? null,
    constraints: checked(name, type, constraints),
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
