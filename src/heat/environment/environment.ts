import { inputError } from '../../core/error.ts'
import { refusal } from '../files.ts'
import { fromPlain, isList, isMap, str, truthy } from '../python.ts'
import { decodeText } from '../read/bytes.ts'
import { readDocument } from '../read/document.ts'
import type { Files, Key, Value } from '../types.ts'
import { Merger, type TypeOf } from './merge.ts'
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
/** Only here something else counts as empty, if Python says that it is. */
const LOOSE = new Set(['parameters', 'parameter_defaults', 'resource_registry'])

/**
 * Reads environment files in order (the last wins) and puts what was given on top. `typeOf` tells the declared type of a
 * parameter of the main template: merge strategies work by it. Throws input errors.
 */
export function readEnvironments(
  paths: readonly string[],
  files: Files,
  given: ReadonlyMap<string, unknown>,
  typeOf: TypeOf,
): Environment {
  const parameters = new Map<string, Value>()
  const defaults = new Map<string, Value>()
  const registry = new Registry()
  const encrypted = new Set<string>()
  const merger = new Merger(typeOf)
  for (const path of paths) {
    const sections = readOne(path, files)
    const chosen = sections.get('parameter_merge_strategies') ?? null
    const strategies = isMap(chosen) ? chosen : new Map<Key, Value>()
    // In the order of the file, for what the first says of a parameter's strategy counts.
    for (const [section, values] of sections) {
      if (!isMap(values)) continue
      if (section === 'parameters') merger.add(parameters, { values, strategies, strict: true, path })
      if (section === 'parameter_defaults') merger.add(defaults, { values, strategies, strict: false, path })
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
  const document = readDocument(decodeText(answer.bytes, path), path, { yamlOnly: true })
  for (const [key, value] of document.value) {
    if (typeof key !== 'string' || !SECTIONS.has(key))
      throw inputError(
        'KILN_ENVIRONMENT_SECTION',
        `the environment file ${path} has a section '${str(key)}' that Heat does not know`,
      )
    if (value === null)
      throw inputError(
        'KILN_ENVIRONMENT_SECTION',
        `the section '${str(key)}' of the environment file ${path} is empty`,
      )
    if (MAPS.has(key) && !isMap(value) && !(LOOSE.has(key) && !truthy(value)))
      throw inputError(
        'KILN_ENVIRONMENT_SECTION',
        `the section '${str(key)}' of the environment file ${path} is not a map`,
      )
  }
  return document.value
}
