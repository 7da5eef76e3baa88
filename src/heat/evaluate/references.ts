import { isList, str } from '../python.ts'
import type { Key, Value } from '../types.ts'
import { firstStop, items, step, whole } from './helpers.ts'
import { type Deps, failure, hole, join, known, NO_DEPS, type Result, scalar, withDeps } from './result.ts'
import { evaluate, type Scope, type TemplateFunction } from './scope.ts'

/*
 * Functions that refer to something: parameters, resources, mappings, files.
 */

/** A value that only the running stack has. */
export function runtime(what: string, deps: Deps = NO_DEPS): Result {
  return hole({ ...deps, runtime: new Set([...deps.runtime, what]) })
}

function resource(scope: Scope, name: string): Result {
  return {
    ...hole({ ...NO_DEPS, runtime: new Set([`get_resource:${name}`]) }),
    refers: { scope, resource: name },
  } as Result
}

export const ref: TemplateFunction = (scope, argument, name) => {
  const target = evaluate(scope, argument)
  if (target.kind !== 'scalar') return firstStop(target) ?? failure(`${name} needs a name`)
  const text = str(target.value)
  if (scope.hasResource(text)) return resource(scope, text)
  return scope.parameter(text) ?? failure(`${name}: there is no parameter or resource '${text}'`)
}

/** `Ref` in a condition: parameters only. */
export const refParameter: TemplateFunction = (scope, argument, name) => {
  if (typeof argument !== 'string') return failure(`${name} needs a name`)
  return scope.parameter(argument) ?? failure(`${name}: there is no parameter '${argument}'`)
}

export const getParam: TemplateFunction = (scope, argument, name) => {
  const target = evaluate(scope, argument)
  if (target.kind === 'scalar' && typeof target.value === 'string') return declared(scope, target.value, name)
  const list = items(target)
  if (list === undefined || list.length === 0)
    return firstStop(target) ?? failure(`${name} needs the name of a parameter`)
  const [first, ...path] = list as [Result, ...Result[]]
  if (first.kind !== 'scalar') return firstStop(first) ?? failure(`${name} needs the name of a parameter`)
  const parameter = declared(scope, str(first.value), name)
  const stop = firstStop(...path)
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
    here = part.kind === 'scalar' ? step(here, part.value) : undefined
    if (here === undefined) return scalar('', parameter.deps)
  }
  return withDeps(here, parameter.deps)
}

function declared(scope: Scope, parameter: string, name: string): Result {
  return scope.parameter(parameter) ?? failure(`${name}: the parameter '${parameter}' is not declared`)
}

export const getResource: TemplateFunction = (scope, argument, name) => {
  const target = evaluate(scope, argument)
  if (target.kind !== 'scalar') return firstStop(target) ?? failure(`${name} needs a name`)
  const text = str(target.value)
  return scope.hasResource(text) ? resource(scope, text) : failure(`${name}: there is no resource '${text}'`)
}

export const getAttr: TemplateFunction = (scope, argument, name) => {
  const list = typeof argument === 'string' ? argument.split('.') : argument
  if (!isList(list) || list.length === 0) return failure(`${name} needs a resource and an attribute`)
  const parts = list.map((item) => evaluate(scope, item as Value))
  const stop = firstStop(...parts)
  if (stop?.kind === 'error') return stop
  const target = parts[0]!
  const resource = target.kind === 'scalar' ? str(target.value) : ''
  if (target.kind === 'scalar' && !scope.hasResource(resource))
    return failure(`${name}: there is no resource '${resource}'`)
  const deps = parts.map((part) => part.deps).reduce(join, NO_DEPS)
  if (stop === undefined) {
    const found = scope.attribute(
      resource,
      parts.slice(1).map((part) => (part.kind === 'scalar' ? part.value : null)),
    )
    if (found) return withDeps(found, deps)
  }
  const path = parts.map((part) => (part.kind === 'scalar' ? str(part.value) : '…')).join('.')
  const result = runtime(`get_attr:${path}`, deps)
  // The `config` of a software config is its id again.
  const config = parts.length === 2 && parts[1]!.kind === 'scalar' && parts[1]!.value === 'config'
  return config && result.kind === 'hole' ? { ...result, refers: { scope, resource } } : result
}

export const getAvailabilityZones: TemplateFunction = () => runtime('availability zones')

export const findInMap: TemplateFunction = (scope, argument, name) => {
  if (!isList(argument) || argument.length !== 3) return failure(`${name} needs a map and two keys`)
  const parts = argument.map((item) => evaluate(scope, item))
  const stop = firstStop(...parts)
  if (stop) return stop
  const deps = parts.map((part) => part.deps).reduce(join, NO_DEPS)
  let here: Value = scope.mappings
  for (const part of parts) {
    const key: Key | undefined = part.kind === 'scalar' ? part.value : undefined
    const next: Value | undefined =
      key !== undefined && here instanceof Map ? (here as ReadonlyMap<Key, Value>).get(key) : undefined
    if (next === undefined)
      return failure(`${name}: '${key === undefined ? '' : shown(key, deps)}' is not in the mapping`, deps)
    here = next
  }
  return known(here, deps)
}

function shown(key: Key, deps: Deps): string {
  return deps.hidden.size > 0 ? '***' : str(key)
}

export const getFile: TemplateFunction = (scope, argument, name) => {
  const target = whole(evaluate(scope, argument))
  if ('stop' in target) return target.stop
  if (typeof target.value !== 'string') return failure(`${name} needs the name of a file`)
  const answer = scope.file(target.value)
  return 'text' in answer ? scalar(answer.text, target.deps) : failure(answer.refused)
}

export const resourceFacade: TemplateFunction = (scope, argument, name) => {
  if (typeof argument !== 'string') return failure(`${name} needs a name`)
  return scope.facade(argument) ?? runtime(`resource_facade:${argument}`)
}
