import { inputError } from '../../core/error.ts'
import type { Version } from '../evaluate/scope.ts'
import { HOT_VERSIONS } from '../evaluate/versions.ts'
import { isMap, str, truthy } from '../python.ts'
import { type Document, readDocument } from '../read/document.ts'
import type { Key, Value } from '../types.ts'
import { CONDITIONS_FROM, resourceProblem } from './resource.ts'

/** A template that the engine would take: its version and its sections, checked. */
export interface Template {
  readonly document: Document
  readonly version: Version
  readonly parameters: ReadonlyMap<Key, Value>
  readonly mappings: Value
  readonly conditions: ReadonlyMap<Key, Value>
  readonly resources: ReadonlyMap<Key, Value>
  readonly outputs: ReadonlyMap<Key, Value>
  /** This version has conditions. */
  readonly conditional: boolean
  /** Names of things in this version. */
  readonly words: Words
}

export interface Words {
  readonly type: string
  readonly properties: string
  readonly metadata: string
  readonly condition: string
}

const HOT_WORDS: Words = {
  type: 'type',
  properties: 'properties',
  metadata: 'metadata',
  condition: 'condition',
}
const CFN_WORDS: Words = {
  type: 'Type',
  properties: 'Properties',
  metadata: 'Metadata',
  condition: 'Condition',
}
const VERSION_KEYS = ['heat_template_version', 'HeatTemplateFormatVersion', 'AWSTemplateFormatVersion']
const EMPTY: ReadonlyMap<Key, Value> = new Map()

/** Reads and checks a template. `name` is for messages. Throws input errors. */
export function readTemplate(text: string, name: string, options: { lenientAws?: boolean } = {}): Template {
  const document = readDocument(text, name, { awsTags: options.lenientAws === true })
  const version = readVersion(document, options.lenientAws === true)
  const hot = version.kind === 'hot'
  const root = document.value
  checkSections(document, version)
  // What Python counts as empty stands for an absent section.
  const section = (key: string): ReadonlyMap<Key, Value> => {
    const value = root.get(key) ?? null
    if (!truthy(value)) return EMPTY
    if (!isMap(value)) throw fault(name, `the section '${key}' is not a map`)
    return value
  }
  const words = hot ? HOT_WORDS : CFN_WORDS
  const conditional = version.kind === 'aws' || (hot && version.date >= CONDITIONS_FROM)
  const resources = section(hot ? 'resources' : 'Resources')
  for (const [key, resource] of resources) {
    const problem = resourceProblem(key, resource, version, conditional)
    if (problem !== undefined) throw fault(name, problem)
  }
  const conditions = hot ? 'conditions' : 'Conditions'
  if (root.has(conditions) && !isMap(root.get(conditions)))
    throw fault(name, `the section '${conditions}' is not a map`)
  for (const key of section(conditions).keys())
    if (typeof key !== 'string')
      throw fault(name, `the name of the condition ${str(key)} is not a text; quote it`)
  return {
    document,
    version,
    words,
    resources,
    conditional,
    parameters: section(hot ? 'parameters' : 'Parameters'),
    mappings: hot ? EMPTY : orEmpty(root.get('Mappings') ?? null),
    conditions: section(conditions),
    outputs: section(hot ? 'outputs' : 'Outputs'),
  }
}

/** Mappings may be anything: the engine looks at them when a function reaches into them. */
function orEmpty(value: Value): Value {
  return truthy(value) ? value : EMPTY
}

function fault(name: string, message: string) {
  return inputError('KILN_TEMPLATE_INVALID', `${name}: ${message}`)
}

function readVersion({ value, name }: Document, lenient: boolean): Version {
  // A version that is no text does not count; what is left of it is then a section too many.
  const present = VERSION_KEYS.filter((key) => typeof value.get(key) === 'string')
  if (present.length === 0 && lenient && value.has('Resources'))
    return { kind: 'aws', date: '2010-09-09', lenient }
  const notText = VERSION_KEYS.find((key) => value.has(key))
  if (present.length === 0)
    throw fault(
      name,
      notText === undefined
        ? 'it does not say its version (heat_template_version and the like)'
        : `${notText} is not a text`,
    )
  if (present.length > 1) throw fault(name, `it says two versions: ${present.join(' and ')}`)
  const key = present[0]!
  const date = value.get(key) as string
  if (key === 'heat_template_version') {
    const known = HOT_VERSIONS.get(date)
    if (known === undefined) throw fault(name, `${key} '${date}' is not known; the newest is 2021-04-16`)
    return { kind: 'hot', date: known, lenient: false }
  }
  const wanted = key === 'AWSTemplateFormatVersion' ? '2010-09-09' : '2012-12-12'
  if (date !== wanted) throw fault(name, `${key} '${date}' is not known, only ${wanted} is`)
  return { kind: key === 'AWSTemplateFormatVersion' ? 'aws' : 'cfn', date, lenient }
}

function checkSections({ value, name }: Document, version: Version): void {
  const known = new Set<Key>()
  if (version.kind === 'hot') {
    for (const key of [
      'heat_template_version',
      'description',
      'parameter_groups',
      'parameters',
      'resources',
      'outputs',
      '__undefined__',
    ])
      known.add(key)
    if (version.date >= CONDITIONS_FROM) known.add('conditions')
  } else {
    for (const key of [
      'AWSTemplateFormatVersion',
      'HeatTemplateFormatVersion',
      'Description',
      'Mappings',
      'Parameters',
      'Resources',
      'Outputs',
    ])
      known.add(key)
    if (version.kind === 'aws') known.add('Conditions')
    if (version.lenient) for (const key of ['Metadata', 'Rules', 'Transform', 'Hooks']) known.add(key)
  }
  for (const key of value.keys())
    if (!known.has(key))
      throw fault(name, `the section '${str(key)}' is not one that Heat knows in this version`)
}
