import { registerSecret } from '../../core/redact.ts'
import { awsPseudo } from '../evaluate/aws.ts'
import { runtime } from '../evaluate/references.ts'
import {
  failure,
  hole,
  known,
  type Lazy,
  NO_DEPS,
  type Result,
  scalar,
  settle,
  withDeps,
} from '../evaluate/result.ts'
import {
  type Budget,
  conditionScope,
  evaluate,
  evaluateAlone,
  evaluateCondition,
  type Scope,
  type TemplateFunction,
  type Version,
} from '../evaluate/scope.ts'
import { functionsOf } from '../evaluate/versions.ts'
import { broken, brokenDefault } from '../parameters/constraints.ts'
import { convert } from '../parameters/convert.ts'
import { readSchema, type Schema, SchemaProblem } from '../parameters/schema.ts'
import { isList, isMap, str } from '../python.ts'
import { DEPTH_LIMIT } from '../read/problem.ts'
import type { Key, Value } from '../types.ts'
import type { Template } from './template.ts'

/** Where a parameter's value comes from: the user, `parameter_defaults`, or the parent's property. */
export interface Given {
  readonly value: (name: string) => Result | undefined
  readonly fallback: (name: string) => Value | undefined
  /** Hidden whatever the template says. */
  readonly hidden: (name: string) => boolean
}

export type AttributeReader = (
  scope: TemplateScope,
  resource: string,
  path: readonly Value[],
) => Result | undefined

export interface ScopeOptions {
  readonly template: Template
  /** Path of the template below the root; what its relative names start from. */
  readonly path: string
  /** The template that the user gives parameters to. */
  readonly root: boolean
  readonly mask?: 'hidden' | 'all'
  /** The scope that this one is a masked copy of. */
  readonly origin?: TemplateScope
  readonly given: Given
  readonly budget: Budget
  readonly file: (name: string, from: string) => { readonly text: string } | { readonly refused: string }
  readonly facade: (part: string) => Result | undefined
  /** Attributes that can be worked out without a stack; `scope` is the one that asks, masked or not. */
  readonly attribute?: AttributeReader
  /** Told once for each value that breaks a constraint or does not fit its type. */
  readonly complain: (parameter: string, message: string) => void
}

const PSEUDO_RUNTIME: ReadonlySet<string> = new Set([
  'AWS::StackName',
  'AWS::StackId',
  'OS::stack_name',
  'OS::stack_id',
  'OS::project_id',
])
/** What the engine says on every cloud. */
const ENGINE_REGION = 'ap-southeast-1'

interface Declared {
  readonly schemas: ReadonlyMap<string, Schema>
  readonly problems: readonly string[]
}

function readSchemas({ parameters, version }: Template): Declared {
  const schemas = new Map<string, Schema>()
  const problems: string[] = []
  for (const [key, declared] of parameters) {
    try {
      const schema = readSchema(str(key), declared, version)
      // A number as a name is no text: nothing can refer to it.
      if (typeof key === 'string') schemas.set(key, schema)
    } catch (problem) {
      if (!(problem instanceof SchemaProblem)) throw problem
      problems.push(problem.message)
    }
  }
  return { schemas, problems }
}

/** One template with its parameters: what its expressions see. */
export class TemplateScope implements Scope {
  readonly functions: ReadonlyMap<string, TemplateFunction>
  readonly inConditions: Scope
  readonly version: Version
  readonly mappings: Value
  readonly budget: Budget
  readonly template: Template
  readonly path: string
  readonly schemas: ReadonlyMap<string, Schema>
  /** Declarations that the engine refuses. */
  readonly schemaProblems: readonly string[]
  readonly #options: ScopeOptions
  readonly #parameters = new Map<string, Result | undefined>()
  readonly #conditions = new Map<string, Result | 'open'>()
  #openConditions = 0
  readonly #properties = new Map<string, Result>()
  readonly #masked = new Map<string, TemplateScope>()

  constructor(options: ScopeOptions) {
    this.#options = options
    this.template = options.template
    this.path = options.path
    this.version = options.template.version
    this.mappings = options.template.mappings
    this.budget = options.budget
    const table = functionsOf(this.version)
    this.functions = table.functions
    this.inConditions = conditionScope(this, table.conditionFunctions)
    const { schemas, problems } = options.origin?.declared ?? readSchemas(options.template)
    this.schemas = schemas
    this.schemaProblems = problems
  }

  /** Its parameters as declared, for masked copies of it. */
  get declared(): Declared {
    return { schemas: this.schemas, problems: this.schemaProblems }
  }

  get mask(): 'hidden' | 'all' | undefined {
    return this.#options.mask
  }

  /** The scope without a mask. */
  get origin(): TemplateScope {
    return this.#options.origin ?? this
  }

  isHidden(name: string): boolean {
    return this.schemas.get(name)?.hidden === true || this.#options.given.hidden(name)
  }

  parameter(name: string): Result | undefined {
    if (!this.#parameters.has(name)) this.#parameters.set(name, this.#readParameter(name))
    return this.#parameters.get(name)
  }

  /**
   * The same template where hidden parameters (`hidden`) or all of them (`all`) are not known: what still comes out the same does
   * not depend on them.
   */
  masked(mask: 'hidden' | 'all'): TemplateScope {
    let scope = this.#masked.get(mask)
    if (scope === undefined) {
      scope = new TemplateScope({ ...this.#options, mask, origin: this.origin, complain: () => {} })
      this.#masked.set(mask, scope)
    }
    return scope
  }

  #readParameter(name: string): Result | undefined {
    const result = this.#parameterValue(name)
    const { mask } = this.#options
    if (result === undefined || mask === undefined || result.kind === 'error') return result
    return mask === 'hidden' && settle(result).deps.hidden.size === 0
      ? result
      : hole({ ...NO_DEPS, runtime: new Set([`masked:${name}`]) })
  }

  #parameterValue(name: string): Result | undefined {
    // What a nested template is given is its parent's doing: only names that a user can set count as parameters.
    const used = this.#options.root ? { ...NO_DEPS, params: new Set([name]) } : NO_DEPS
    if (PSEUDO_RUNTIME.has(name)) {
      // Each kind of template knows its own names only.
      if (name.startsWith('AWS::') === (this.version.kind === 'hot')) return undefined
      return runtime(`pseudo:${name}`, used)
    }
    if (name === 'AWS::Region' && this.version.kind !== 'hot') return scalar(ENGINE_REGION, used)
    if (this.version.lenient) {
      const pseudo = awsPseudo(name)
      if (pseudo) return pseudo()
    }
    const schema = this.schemas.get(name)
    if (schema === undefined) return undefined
    const hidden = this.isHidden(name)
    const deps = hidden ? { ...used, hidden: new Set([name]) } : used
    const given = this.#options.given.value(name)
    if (given !== undefined && !(given.kind === 'scalar' && given.value === null) && given.kind !== 'nothing')
      return withDeps(this.#typed(schema, given), deps)
    const fallback = this.#options.given.fallback(name) ?? null
    if (fallback !== null)
      return withDeps(this.#typed(schema, known(fallback)), { ...deps, params: new Set([name]) })
    if (schema.default !== null) return withDeps(this.#typed(schema, known(schema.default), true), deps)
    if (this.#options.root) return hole({ ...deps, missing: new Set([name]) })
    return failure(`the nested template ${this.path} needs its parameter ${name}, which nobody gives`, deps)
  }

  #typed(schema: Schema, given: Result, isDefault = false): Result {
    const settled = settle(given)
    // A value that is only partly known keeps its shape; its type is the stack's business.
    if (settled.status === 'error' || settled.status === 'missing' || settled.status === 'runtime')
      return given
    if (this.isHidden(schema.name)) register(settled.value)
    let value = settled.value
    // A list that a parent hands down arrives as text.
    if (schema.type === 'string' && isList(value) && given.deps !== NO_DEPS)
      value = value.map((item) => str(item)).join(',')
    const converted = convert(schema.type, value)
    if ('fault' in converted) {
      this.#options.complain(schema.name, `the value of the parameter ${schema.name} ${converted.fault}`)
      return withDeps(known(value), settled.deps)
    }
    if (schema.ssm && typeof converted.value === 'string' && converted.value.startsWith('/'))
      return runtime(`ssm:${converted.value}`, settled.deps)
    const { type, constraints } = schema
    const fault =
      broken(type, constraints, converted.value, value) ??
      (isDefault ? brokenDefault(type, constraints, value) : undefined)
    if (fault !== undefined)
      this.#options.complain(
        schema.name,
        `the value of the parameter ${schema.name} is not allowed: ${fault}`,
      )
    return withDeps(known(converted.value), settled.deps)
  }

  hasResource(name: string): boolean {
    return this.template.resources.has(name)
  }

  condition(name: string): Result | undefined {
    const held = this.#conditions.get(name)
    if (held === 'open') return failure(`the condition '${name}' depends on itself`)
    if (held !== undefined) return held
    const value = this.template.conditions.get(name)
    if (value === undefined) return undefined
    if (this.#openConditions >= DEPTH_LIMIT)
      return failure(`the condition '${name}' is reached through more than ${DEPTH_LIMIT} others`)
    this.#openConditions++
    this.#conditions.set(name, 'open')
    // A definition is a boolean or a function that comes to one; a name alone is none.
    const worked = evaluateAlone(this.inConditions, value)
    const result =
      worked.kind === 'hole' ||
      worked.kind === 'error' ||
      (worked.kind === 'scalar' && typeof worked.value === 'boolean')
        ? worked
        : failure(`the definition of the condition '${name}' does not come to true or false`, worked.deps)
    this.#conditions.set(name, result)
    this.#openConditions--
    return result
  }

  isOff(name: string): boolean {
    const { words, conditional } = this.template
    const condition = this.resource(name)?.get(words.condition)
    if (condition === undefined || !conditional) return false
    const result = evaluateCondition(this, condition)
    return result.kind === 'scalar' && result.value === false
  }

  file(name: string) {
    return this.#options.file(name, this.path)
  }

  facade(part: string) {
    return this.#options.facade(part)
  }

  /** Definition of a resource. */
  resource(name: string): ReadonlyMap<Key, Value> | undefined {
    const value = this.template.resources.get(name)
    return isMap(value ?? null) ? (value as ReadonlyMap<Key, Value>) : undefined
  }

  /** All properties of a resource, as one result. */
  properties(name: string): Result {
    let result = this.#properties.get(name)
    if (result === undefined) {
      result = propertiesOf(evaluate(this, this.resource(name)?.get(this.template.words.properties) ?? null))
      this.#properties.set(name, result)
    }
    return result
  }

  attribute(resource: string, path: readonly Value[]): Result | undefined {
    return this.#options.attribute?.(this, resource, path)
  }
}

/** One property out of evaluated properties; undefined if it is not there. */
export function property(properties: Result, name: string): Result | undefined {
  if (properties.kind === 'map') {
    const entry: Lazy | undefined = properties.entries.get(name)
    if (entry === undefined) return undefined
    const result = entry()
    if (result.kind === 'nothing') return undefined
    return withDeps(result, properties.deps)
  }
  return properties.kind === 'hole' || properties.kind === 'error' ? properties : undefined
}

/** What stands for all properties at once must come to a map, or to nothing. */
function propertiesOf(result: Result): Result {
  return result.kind === 'list' || (result.kind === 'scalar' && result.value !== null)
    ? failure('the properties do not come to a map', result.deps)
    : result
}

function register(value: Value): void {
  if (typeof value === 'string') registerSecret(value)
  else if (isList(value)) for (const item of value) register(item)
  else if (isMap(value)) for (const item of value.values()) register(item)
}
