import { isList, isMap, lookUp, str } from '../python.ts'
import type { Key, Value } from '../types.ts'
import { firstStop, items, placeOf, step, unpack } from './helpers.ts'
import { type Deps, failure, hole, join, known, NO_DEPS, type Result, scalar, withDeps } from './result.ts'
import { evaluate, evaluateAlone, type Scope, type TemplateFunction } from './scope.ts'

/*
 * Functions that refer to something: parameters, resources, mappings, files.
 */

/** A value that only the running stack has. */
export function runtime(what: string, deps: Deps = NO_DEPS): Result {
  return hole({ ...deps, runtime: new Set([...deps.runtime, what]) })
}

/** `deps`: what the name was worked out from. */
function resource(scope: Scope, resourceName: string, name: string, deps = NO_DEPS): Result {
  // What a false condition takes away is not there for others, either.
  if (!scope.hasResource(resourceName) || scope.isOff(resourceName))
    return noResource(name, resourceName, deps)
  return {
    ...hole({ ...deps, runtime: new Set([`get_resource:${shown(resourceName, deps)}`]) }),
    refers: { scope, resource: resourceName },
  } as Result
}

function noResource(name: string, resourceName: string, deps: Deps): Result {
  return failure(`${name}: there is no resource '${shown(resourceName, deps)}'`, deps)
}

/** `Ref` of CFN: what stands there is the name itself, no function. */
export const ref: TemplateFunction = (scope, argument, name) => {
  if (typeof argument !== 'string') return failure(`${name} needs a name`)
  if (scope.hasResource(argument)) return resource(scope, argument, name)
  return scope.parameter(argument) ?? failure(`${name}: there is no parameter or resource '${argument}'`)
}

/** `Ref` in a condition: parameters only. */
export const refParameter: TemplateFunction = (scope, argument, name) => {
  const target = evaluate(scope, argument)
  if (target.kind !== 'scalar' || typeof target.value !== 'string')
    return firstStop([target]) ?? failure(`${name} needs a name`)
  return scope.parameter(target.value) ?? failure(`${name}: there is no parameter '${target.value}'`)
}

export const getParam: TemplateFunction = (scope, argument, name) => {
  const target = evaluate(scope, argument)
  if (target.kind === 'scalar' && typeof target.value === 'string' && target.value !== '')
    return declared(scope, target.value, name, target.deps)
  const list = items(target)
  if (list === undefined || list.length === 0)
    return firstStop([target]) ?? failure(`${name} needs the name of a parameter`)
  const [first, ...path] = list as [Result, ...Result[]]
  if (first.kind !== 'scalar' || typeof first.value !== 'string')
    return firstStop([first]) ?? failure(`${name} needs the name of a parameter`)
  const chosen = list.map((part) => part.deps).reduce(join, target.deps)
  const parameter = declared(scope, first.value, name, chosen)
  const stop = firstStop(path)
  if (stop) return stop.kind === 'error' ? stop : hole(join(stop.deps, parameter.deps))
  // The engine reaches into nothing here and finds the empty text, so the parameter is not asked for.
  if (
    path.length > 0 &&
    parameter.kind === 'hole' &&
    parameter.deps.missing.size > 0 &&
    parameter.deps.runtime.size === 0
  )
    return scalar('', { ...parameter.deps, missing: NO_DEPS.missing })
  if (parameter.kind === 'hole' || parameter.kind === 'error') return parameter
  let here: Result | undefined = parameter
  for (const part of path) {
    if (here.kind === 'hole' || here.kind === 'error') return here
    // A path that leads nowhere is an empty text in the engine, not an error.
    const usable = part.kind === 'scalar' && part.value !== null && typeof part.value !== 'number'
    here = usable ? step(here, part.value) : undefined
    if (here === undefined) return scalar('', parameter.deps)
  }
  return withDeps(here, parameter.deps)
}

/** `deps`: what the choice of the parameter, or of a part of it, was worked out from. */
function declared(scope: Scope, parameter: string, name: string, deps: Deps): Result {
  const value = scope.parameter(parameter)
  return value === undefined
    ? failure(`${name}: the parameter '${shown(parameter, deps)}' is not declared`, deps)
    : withDeps(value, deps)
}

export const getResource: TemplateFunction = (scope, argument, name) => {
  const target = evaluate(scope, argument)
  if (target.kind !== 'scalar' || typeof target.value !== 'string')
    return firstStop([target]) ?? failure(`${name} needs the name of a resource`)
  return resource(scope, target.value, name, target.deps)
}

/** `least` and `most`: how many arguments it takes. */
export function getAttr(least: number, most = Number.POSITIVE_INFINITY): TemplateFunction {
  return (scope, argument, name) => {
    const list = typeof argument === 'string' && scope.version.lenient ? atDot(argument) : argument
    if (!isList(list) || list.length < least || list.length > most)
      return failure(`${name} needs a resource and an attribute`)
    return attribute(scope, list, name)
  }
}

function atDot(text: string): string[] {
  const dot = text.indexOf('.')
  return dot < 0 ? [text] : [text.slice(0, dot), text.slice(dot + 1)]
}

function attribute(scope: Scope, list: readonly Value[], name: string): Result {
  const parts = list.map((item) => evaluate(scope, item))
  const stop = firstStop(parts)
  if (stop?.kind === 'error') return stop
  const target = parts[0]!
  const resource = target.kind === 'scalar' ? str(target.value) : ''
  if (target.kind === 'scalar' && (!scope.hasResource(resource) || scope.isOff(resource)))
    return noResource(name, resource, target.deps)
  const deps = parts.map((part) => part.deps).reduce(join, NO_DEPS)
  if (stop === undefined) {
    const found = scope.attribute(
      resource,
      parts.slice(1).map((part) => (part.kind === 'scalar' ? part.value : null)),
    )
    if (found) return withDeps(found, deps)
  }
  const path = parts.map((part) => (part.kind === 'scalar' ? shown(part.value, part.deps) : '…')).join('.')
  const result = runtime(`get_attr:${path}`, deps)
  // The `config` of a software config is its id again.
  const config = parts.length === 2 && parts[1]!.kind === 'scalar' && parts[1]!.value === 'config'
  return config && result.kind === 'hole' ? { ...result, refers: { scope, resource } } : result
}

export const getAvailabilityZones: TemplateFunction = () => runtime('availability zones')

export const findInMap: TemplateFunction = (scope, argument, name) => {
  const three = unpack(argument, 3)
  if (three === undefined) return failure(`${name} needs a map and two keys`)
  const parts = three.map((item) => evaluateAlone(scope, item))
  const stop = firstStop(parts)
  if (stop) return stop
  const deps = parts.map((part) => part.deps).reduce(join, NO_DEPS)
  let here: Value = scope.mappings
  for (const part of parts) {
    const key: Key | undefined = part.kind === 'scalar' ? part.value : undefined
    const next = key === undefined ? undefined : at(here, key)
    if (next === undefined)
      return failure(`${name}: '${key === undefined ? '' : shown(key, deps)}' is not in the mapping`, deps)
    here = next
  }
  return known(here, deps)
}

/** `collection[key]`; undefined where Python raises. */
function at(collection: Value, key: Key): Value | undefined {
  if (isMap(collection)) return lookUp(collection, key)
  if (typeof key !== 'bigint' && typeof key !== 'boolean') return undefined
  if (isList(collection)) return collection.at(placeOf(BigInt(key), collection.length))
  return typeof collection === 'string' ? [...collection].at(Number(key)) : undefined
}

function shown(key: Key, deps: Deps): string {
  return deps.hidden.size > 0 ? '***' : str(key)
}

/** The client that sends a template puts in the files that it names itself; a name that is worked out finds nothing. */
export const getFile: TemplateFunction = (scope, argument, name) => {
  if (typeof argument !== 'string') return failure(`${name} needs the name of a file, written out`)
  const answer = scope.file(argument)
  return 'text' in answer ? scalar(answer.text) : failure(answer.refused)
}

const FACADE = new Map([
  ['metadata', 'metadata'],
  ['deletion_policy', 'deletion_policy'],
  ['update_policy', 'update_policy'],
])
const CFN_FACADE = new Map([
  ['Metadata', 'metadata'],
  ['DeletionPolicy', 'deletion_policy'],
  ['UpdatePolicy', 'update_policy'],
])

export const resourceFacade: TemplateFunction = (scope, argument, name) => {
  const parts = name === 'resource_facade' ? FACADE : CFN_FACADE
  const part = typeof argument === 'string' ? parts.get(argument) : undefined
  if (part === undefined) return failure(`${name} needs one of ${[...parts.keys()].join(', ')}`)
  return scope.facade(part) ?? runtime(`resource_facade:${part}`)
}

/** A function of older versions. */
export const removed: TemplateFunction = (_scope, _argument, name) =>
  failure(`${name} is no function in this version of the template`)
