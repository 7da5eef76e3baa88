import { inputError } from '../../core/error.ts'
import { refusal } from '../files.ts'
import { convert, type ParameterType } from '../parameters/schema.ts'
import { fromPlain, isList, isMap, str } from '../python.ts'
import { readDocument } from '../read/document.ts'
import type { Files, Key, Value } from '../types.ts'
import { Registry } from './registry.ts'

/** What is given beside the template, all files and the command line merged. */
export interface Environment {
  readonly parameters: ReadonlyMap<string, Value>
  /** They reach nested templates too. */
  readonly defaults: ReadonlyMap<string, Value>
  readonly registry: Registry
  /** Named in `encrypted_param_names`: as if hidden. */
  readonly encrypted: ReadonlySet<string>
}

const SECTIONS = new Set([
  'parameters',
  'parameter_defaults',
  'resource_registry',
  'encrypted_param_names',
  'event_sinks',
  'parameter_merge_strategies',
])

/** Sections that hold names with something to each. */
const MAPS = new Set(['parameters', 'parameter_defaults', 'resource_registry', 'parameter_merge_strategies'])

type Strategy = 'overwrite' | 'merge' | 'deep_merge'

/**
 * Reads environment files in order (the last wins) and puts what was given on top. `typeOf` tells the declared type of a
 * parameter of the main template: merge strategies work by it. Throws input errors.
 */
export function readEnvironments(
  paths: readonly string[],
  files: Files,
  given: ReadonlyMap<string, unknown>,
  typeOf: (parameter: string) => ParameterType | undefined,
): Environment {
  const parameters = new Map<string, Value>()
  const defaults = new Map<string, Value>()
  const registry = new Registry()
  const encrypted = new Set<string>()
  const strategies = new Map<string, Strategy>()
  for (const path of paths) {
    const sections = readOne(path, files)
    const chosen = sections.get('parameter_merge_strategies') ?? null
    const map = isMap(chosen) ? chosen : new Map<Key, Value>()
    for (const [section, into] of [
      ['parameters', parameters],
      ['parameter_defaults', defaults],
    ] as const) {
      const values = sections.get(section)
      if (!isMap(values)) continue
      const first = into.size === 0
      for (const [key, value] of values)
        merge(into, str(key), value, first ? undefined : map, strategies, typeOf, path)
    }
    const types = sections.get('resource_registry')
    if (isMap(types)) registry.add(types, path)
    const names = sections.get('encrypted_param_names')
    if (isList(names)) for (const name of names) encrypted.add(str(name))
  }
  for (const [name, value] of given) parameters.set(name, fromPlain(value))
  return { parameters, defaults, registry, encrypted }
}

function readOne(path: string, files: Files): ReadonlyMap<Key, Value> {
  const answer = files.read(path)
  if (!answer.ok)
    throw inputError('KILN_ENVIRONMENT_UNREADABLE', `the environment file ${path} ${refusal(answer.why)}`)
  const document = readDocument(new TextDecoder().decode(answer.bytes), path)
  for (const [key, value] of document.value) {
    if (!SECTIONS.has(str(key)))
      throw inputError(
        'KILN_ENVIRONMENT_SECTION',
        `the environment file ${path} has a section '${str(key)}' that Heat does not know`,
      )
    if (value === null)
      throw inputError(
        'KILN_ENVIRONMENT_SECTION',
        `the section '${str(key)}' of the environment file ${path} is empty`,
      )
    if (MAPS.has(str(key)) && !isMap(value))
      throw inputError(
        'KILN_ENVIRONMENT_SECTION',
        `the section '${str(key)}' of the environment file ${path} is not a map`,
      )
  }
  return document.value
}

function merge(
  into: Map<string, Value>,
  name: string,
  value: Value,
  chosen: ReadonlyMap<Key, Value> | undefined,
  strategies: Map<string, Strategy>,
  typeOf: (parameter: string) => ParameterType | undefined,
  path: string,
): void {
  const type = typeOf(name)
  if (chosen === undefined || type === undefined) {
    if (value !== null || !into.has(name)) into.set(name, value)
    return
  }
  if (value === null) return
  const strategy = strategyOf(chosen, name)
  const before = strategies.get(name)
  if (before !== undefined && before !== strategy)
    throw inputError(
      'KILN_ENVIRONMENT_STRATEGY',
      `${path} merges the parameter ${name} in another way than an earlier environment file`,
    )
  strategies.set(name, strategy)
  const old = into.get(name)
  if (strategy === 'overwrite' || old === undefined || old === null) {
    into.set(name, value)
    return
  }
  const next = converted(type, value, name, path)
  const last = converted(type, old, name, path)
  if (type === 'boolean')
    throw inputError(
      'KILN_ENVIRONMENT_STRATEGY',
      `${path} cannot merge the parameter ${name}: it is a boolean`,
    )
  into.set(name, combine(last, next, strategy === 'deep_merge'))
}

function strategyOf(chosen: ReadonlyMap<Key, Value>, name: string): Strategy {
  for (const value of [chosen.get(name), chosen.get('default')])
    if (value === 'overwrite' || value === 'merge' || value === 'deep_merge') return value
  return 'overwrite'
}

function converted(type: ParameterType, value: Value, name: string, path: string): Value {
  const result = convert(type, value)
  if ('value' in result) return result.value
  throw inputError('KILN_PARAMETER_VALUE', `${path}: the value of the parameter ${name} ${result.fault}`)
}

function combine(old: Value, value: Value, deep: boolean): Value {
  if (isList(old) && isList(value)) return [...old, ...value]
  if (isMap(old) && isMap(value)) {
    const map = new Map(old)
    for (const [key, item] of value) {
      if (item === null) continue
      const before = map.get(key)
      map.set(
        key,
        deep && before !== undefined && before !== null && sameShape(before, item)
          ? combine(before, item, true)
          : item,
      )
    }
    return map
  }
  if (typeof old === 'string' && typeof value === 'string') return old + value
  if (typeof old === 'bigint' && typeof value === 'bigint') return old + value
  if (typeof old === 'number' || typeof value === 'number') return Number(old) + Number(value)
  return value
}

function sameShape(a: Value, b: Value): boolean {
  return (
    (isMap(a) && isMap(b)) || (isList(a) && isList(b)) || (typeof a === 'string' && typeof b === 'string')
  )
}
