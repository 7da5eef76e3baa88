import { items } from '../evaluate/helpers.ts'
import { type Result, scalar } from '../evaluate/result.ts'
import { property, type TemplateScope } from '../template/scope.ts'
import type { Key } from '../types.ts'
import { type Findings, noteUnknown } from './findings.ts'
import type { Definition } from './walk.ts'

/** True for a resource that holds definitions of others. */
export function isGroup(type: string): boolean {
  return (
    type === 'OS::Heat::ResourceGroup' ||
    type === 'OS::Heat::AutoScalingGroup' ||
    type === 'OS::Heat::ResourceChain'
  )
}

/** The definitions in a group: one for all alike members, each type's of a chain. What is not known is noted. */
export function groupMembers(scope: TemplateScope, group: Definition, findings: Findings): Definition[] {
  if (group.type === 'OS::Heat::ResourceChain') return chainMembers(scope, group)
  const counted = group.type === 'OS::Heat::ResourceGroup'
  const key = counted ? 'resource_def' : 'resource'
  const inner = property(group.properties, key)
  if (inner === undefined) return []
  const indexes = counted ? [...group.indexes, indexVariable(group.properties)] : group.indexes
  const place = [...group.place, scope.template.words.properties, key]
  const member = memberOf({ ...group, path: `${group.path}.${key}`, place, indexes }, inner, findings)
  return member === undefined ? [] : [member]
}

function indexVariable(properties: Result): string {
  const index = property(properties, 'index_var')
  return index?.kind === 'scalar' && typeof index.value === 'string' && index.value !== ''
    ? index.value
    : '%index%'
}

/** `at` is the group's own definition, moved to where the member stands. */
function memberOf(at: Definition, inner: Result, findings: Findings): Definition | undefined {
  const { path } = at
  const code = 'KILN_TEMPLATE_GROUP'
  if (inner.kind !== 'map') {
    noteUnknown(findings, inner, (error) => ({
      code,
      path,
      message: `${path} ${error ?? 'is not a map that is known before the stack runs'}`,
    }))
    return undefined
  }
  const type = property(inner, 'type')
  if (type?.kind !== 'scalar' || typeof type.value !== 'string') {
    const message = `the type of ${path} is not known before the stack runs`
    noteUnknown(findings, type, () => ({ code, path, message }))
    return undefined
  }
  return {
    ...at,
    type: type.value,
    properties: property(inner, 'properties') ?? scalar(null),
    metadata: property(inner, 'metadata') ?? scalar(null),
  }
}

function chainMembers(scope: TemplateScope, chain: Definition): Definition[] {
  const types = property(chain.properties, 'resources')
  const list = (types === undefined ? undefined : items(types)) ?? []
  const properties = property(chain.properties, 'resource_properties') ?? scalar(null)
  const place: Key[] = [...chain.place, scope.template.words.properties, 'resource_properties']
  return list.flatMap((type, i) =>
    type.kind === 'scalar' && typeof type.value === 'string'
      ? [
          {
            ...chain,
            path: `${chain.path}.${i}`,
            type: type.value,
            properties,
            metadata: scalar(null),
            place,
          },
        ]
      : [],
  )
}
