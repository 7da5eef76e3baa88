import { items } from '../evaluate/helpers.ts'
import { type Result, scalar } from '../evaluate/result.ts'
import { property, type TemplateScope } from '../template/scope.ts'
import type { Key } from '../types.ts'
import { type Findings, noteUnknown } from './findings.ts'
import { ofMembers } from './members.ts'
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
  if (group.type === 'OS::Heat::ResourceChain') return chainMembers(scope, group, findings)
  const counted = group.type === 'OS::Heat::ResourceGroup'
  const key = counted ? 'resource_def' : 'resource'
  const inner = property(group.properties, key)
  if (inner === undefined) return []
  const path = `${group.path}.${key}`
  const place = [...group.place, scope.template.words.properties, key]
  if (!counted) return memberOf({ ...group, path, place }, inner, findings)
  const variable = indexVariable(group, findings)
  if (variable === undefined) return []
  const indexes = [...group.indexes, variable]
  return memberOf({ ...group, path, place, indexes }, inner, findings, variable)
}

/** The text that stands for a member's index; undefined if it is not known, which is noted. */
function indexVariable(group: Definition, findings: Findings): string | undefined {
  const index = property(group.properties, 'index_var')
  if (index === undefined || (index.kind === 'scalar' && index.value === null)) return '%index%'
  const hidden = index.deps.hidden.size > 0
  if (index.kind === 'scalar' && typeof index.value === 'string' && index.value !== '' && !hidden)
    return index.value
  const { path } = group
  noteUnknown(findings, index, (error) => ({
    code: 'KILN_TEMPLATE_GROUP',
    path,
    message: `the index_var of ${path} ${error ?? 'is not a text that is known before the stack runs'}`,
  }))
  return undefined
}

/** `at` is the group's own definition, moved to where the member stands. */
function memberOf(at: Definition, inner: Result, findings: Findings, index?: string): Definition[] {
  const { path } = at
  const code = 'KILN_TEMPLATE_GROUP'
  if (inner.kind !== 'map') {
    noteUnknown(findings, inner, (error) => ({
      code,
      path,
      message: `${path} ${error ?? 'is not a map that is known before the stack runs'}`,
    }))
    return []
  }
  const type = property(inner, 'type')
  if (type?.kind !== 'scalar' || typeof type.value !== 'string' || type.deps.hidden.size > 0) {
    const message = `the type of ${path} is not known before the stack runs`
    noteUnknown(findings, type, () => ({ code, path, message }))
    return []
  }
  const part = (name: string) => {
    const value = property(inner, name) ?? scalar(null)
    return index === undefined ? value : ofMembers(value, index)
  }
  return [{ ...at, type: type.value, properties: part('properties'), metadata: part('metadata') }]
}

function chainMembers(scope: TemplateScope, chain: Definition, findings: Findings): Definition[] {
  const { path } = chain
  const unknown = (result: Result | undefined, what: string) =>
    noteUnknown(findings, result, (error) => ({
      code: 'KILN_TEMPLATE_GROUP',
      path,
      message: `${what} of ${path} ${error ?? 'are not texts that are known before the stack runs'}`,
    }))
  const types = property(chain.properties, 'resources')
  const list = types === undefined ? [] : items(types)
  if (list === undefined) {
    unknown(types, 'the types')
    return []
  }
  const properties = property(chain.properties, 'resource_properties') ?? scalar(null)
  const place: Key[] = [...chain.place, scope.template.words.properties, 'resource_properties']
  const metadata = scalar(null)
  return list.flatMap((type, i): Definition[] => {
    if (type.kind === 'scalar' && typeof type.value === 'string' && type.deps.hidden.size === 0)
      return [{ ...chain, path: `${path}.${i}`, type: type.value, properties, metadata, place }]
    unknown(type, 'the types')
    return []
  })
}
