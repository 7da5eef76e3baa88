import type { Version } from '../evaluate/scope.ts'
import { functionsOf } from '../evaluate/versions.ts'
import { isList, isMap, str } from '../python.ts'
import type { Key, Value } from '../types.ts'

/** The first HOT version with conditions. */
export const CONDITIONS_FROM = '2016-10-14'

/** What may stand behind a key of a resource; a function that comes to it will do, unless it says so. */
type Kind = 'type' | 'map' | 'text' | 'plain text' | 'names' | 'policy' | 'condition'

const FIELDS: ReadonlyMap<string, Kind> = new Map([
  ['Type', 'type'],
  ['Properties', 'map'],
  ['Metadata', 'map'],
  ['DependsOn', 'names'],
  ['DeletionPolicy', 'policy'],
  ['UpdatePolicy', 'map'],
  ['Description', 'plain text'],
])
const HOT_FIELDS: ReadonlyMap<string, Kind> = new Map([
  ['type', 'type'],
  ['properties', 'map'],
  ['metadata', 'map'],
  ['depends_on', 'names'],
  ['deletion_policy', 'policy'],
  ['update_policy', 'map'],
  ['description', 'plain text'],
])
const POLICIES = ['Delete', 'Retain', 'Snapshot']
const MORE_POLICIES = ['delete', 'retain', 'snapshot']

/** Why the engine refuses the definition of a resource as it is written, in one sentence; undefined if it does not. */
export function resourceProblem(
  key: Key,
  definition: Value,
  version: Version,
  conditional: boolean,
): string | undefined {
  const name = str(key)
  const hot = version.kind === 'hot'
  if (typeof key !== 'string') return `the name of the resource ${name} is not a text; quote it`
  if (name.includes('/')) return `the resource ${name} has a "/" in its name, which Heat does not take`
  if (!isMap(definition)) return `the resource ${name} is not a map`
  const fields = new Map(hot ? HOT_FIELDS : FIELDS)
  if (conditional) fields.set(hot ? 'condition' : 'Condition', 'condition')
  if (conditional && hot) fields.set('external_id', 'text')
  const type = definition.get(hot ? 'type' : 'Type')
  if (typeof type !== 'string' || type === '') return `the resource ${name} has no type`
  for (const [field, value] of definition) {
    const kind = typeof field === 'string' ? fields.get(field) : undefined
    if (kind === undefined) {
      if (hot) return `the resource ${name} has '${str(field)}', which Heat does not know in this version`
    } else if (!version.lenient) {
      const wanted = wantedInstead(kind, value, version)
      if (wanted !== undefined) return `'${str(field)}' of the resource ${name} is not ${wanted}`
    }
  }
  return undefined
}

/** What should stand there; undefined if it does. */
function wantedInstead(kind: Kind, value: Value, version: Version): string | undefined {
  switch (kind) {
    case 'type':
      return undefined
    case 'map':
      return isMap(value) ? undefined : 'a map'
    case 'text':
      return typeof value === 'string' || isCall(value, version) ? undefined : 'a text'
    case 'plain text':
      return typeof value === 'string' ? undefined : 'a text'
    case 'names':
      return typeof value === 'string' || (isList(value) && value.every((item) => typeof item === 'string'))
        ? undefined
        : 'a name or a list of names'
    case 'policy': {
      const known =
        version.kind === 'hot' && version.date >= CONDITIONS_FROM ? [...POLICIES, ...MORE_POLICIES] : POLICIES
      return (typeof value === 'string' && known.includes(value)) || isCall(value, version)
        ? undefined
        : `one of ${known.join(', ')}`
    }
    case 'condition':
      return typeof value === 'string' || typeof value === 'boolean' || isMap(value)
        ? undefined
        : 'a condition'
  }
}

function isCall(value: Value, version: Version): boolean {
  if (!isMap(value) || value.size !== 1) return false
  const [name] = value.keys()
  return typeof name === 'string' && functionsOf(version).functions.has(name)
}
