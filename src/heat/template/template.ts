import { inputError } from '../../core/error.ts'
import type { Version } from '../evaluate/scope.ts'
import { HOT_VERSIONS } from '../evaluate/versions.ts'
import { isMap, str } from '../python.ts'
import { type Document, readDocument } from '../read/document.ts'
import type { Key, Value } from '../types.ts'

/** A template that the engine would take: its version and its sections, checked. */
export interface Template {
  readonly document: Document
  readonly version: Version
  readonly parameters: ReadonlyMap<Key, Value>
  readonly mappings: Value
  readonly conditions: ReadonlyMap<Key, Value>
  readonly resources: ReadonlyMap<Key, Value>
  readonly outputs: ReadonlyMap<Key, Value>
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
const HOT_RESOURCE = new Set([
  'type',
  'properties',
  'metadata',
  'depends_on',
  'deletion_policy',
  'update_policy',
  'description',
])
const VERSION_KEYS = ['heat_template_version', 'HeatTemplateFormatVersion', 'AWSTemplateFormatVersion']
const EMPTY: ReadonlyMap<Key, Value> = new Map()

/** Reads and checks a template. `name` is for messages. Throws input errors. */
export function readTemplate(text: string, name: string, options: { lenientAws?: boolean } = {}): Template {
  const document = readDocument(text, name, { awsTags: options.lenientAws === true })
  const version = readVersion(document, options.lenientAws === true)
  const hot = version.kind === 'hot'
  const root = document.value
  checkSections(document, version)
  const section = (key: string): ReadonlyMap<Key, Value> => {
    const value = root.get(key) ?? null
    if (value === null) return EMPTY
    if (!isMap(value)) throw fault(name, `the section '${key}' is not a map`)
    return value
  }
  const words = hot ? HOT_WORDS : CFN_WORDS
  const resources = section(hot ? 'resources' : 'Resources')
  for (const [key, resource] of resources) checkResource(name, str(key), resource, version, words)
  return {
    document,
    version,
    words,
    resources,
    parameters: section(hot ? 'parameters' : 'Parameters'),
    mappings: hot ? EMPTY : section('Mappings'),
    conditions: section(hot ? 'conditions' : 'Conditions'),
    outputs: section(hot ? 'outputs' : 'Outputs'),
  }
}

function fault(name: string, message: string) {
  return inputError('KILN_TEMPLATE_INVALID', `${name}: ${message}`)
}

function readVersion({ value, name }: Document, lenient: boolean): Version {
  const present = VERSION_KEYS.filter((key) => value.has(key))
  if (present.length === 0 && lenient && value.has('Resources'))
    return { kind: 'aws', date: '2010-09-09', lenient }
  if (present.length !== 1)
    throw fault(
      name,
      present.length === 0
        ? 'it does not say its version (heat_template_version and the like)'
        : `it says two versions: ${present.join(' and ')}`,
    )
  const key = present[0]!
  const date = value.get(key)!
  if (typeof date !== 'string') throw fault(name, `${key} is not a text`)
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
  const known = new Set<string>(VERSION_KEYS)
  if (version.kind === 'hot') {
    for (const key of ['description', 'parameter_groups', 'parameters', 'resources', 'outputs'])
      known.add(key)
    if (version.date >= '2016-10-14') known.add('conditions')
  } else {
    for (const key of ['Description', 'Mappings', 'Parameters', 'Resources', 'Outputs']) known.add(key)
    if (version.kind === 'aws') known.add('Conditions')
    if (version.lenient) for (const key of ['Metadata', 'Rules', 'Transform', 'Hooks']) known.add(key)
  }
  for (const key of value.keys())
    if (!known.has(str(key)))
      throw fault(name, `the section '${str(key)}' is not one that Heat knows in this version`)
}

function checkResource(name: string, resource: string, value: Value, version: Version, words: Words): void {
  if (resource.includes('/'))
    throw fault(name, `the resource ${resource} has a "/" in its name, which Heat does not take`)
  if (!isMap(value)) throw fault(name, `the resource ${resource} is not a map`)
  const type = value.get(words.type)
  if (typeof type !== 'string' || type === '') throw fault(name, `the resource ${resource} has no type`)
  if (version.kind !== 'hot') return
  const more = version.date >= '2016-10-14' ? ['condition', 'external_id'] : []
  for (const key of value.keys())
    if (!HOT_RESOURCE.has(str(key)) && !more.includes(str(key)))
      throw fault(
        name,
        `the resource ${resource} has '${str(key)}', which Heat does not know in this version`,
      )
}
