import { isTemplateName, type Registry } from '../environment/registry.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Meaning } from './attributes.ts'
import type { Nested } from './nested.ts'
import { isStack } from './types.ts'
import { definitionOf } from './walk.ts'

/** What a resource of an entered template stands for; its nested template is entered. */
export function meaningOf(
  nested: Nested,
  registry: Registry,
  scope: TemplateScope,
  resource: string,
): Meaning | undefined {
  const here = nested.hereOf(scope)
  const value = scope.resource(resource)
  if (here === undefined || value === undefined) return undefined
  const definition = definitionOf(here, resource, value)
  const target = registry.resolve(definition.type, resource, here.without)
  if (target.kind === 'loop') return undefined
  if (target.kind === 'template') {
    const inside = { ...here, without: new Set([...here.without, target.entry]) }
    const { name, from } = target
    const child = nested.named(inside, definition, { name, from, by: 'registry' })
    return { type: definition.type, child: child?.scope }
  }
  const { type } = target
  if (isTemplateName(type)) {
    const child = nested.named(here, definition, { name: type, from: scope.path, by: 'type' })
    return { type, child: child?.scope }
  }
  if (isStack(type)) return { type, child: nested.stack(here, { ...definition, type })?.scope }
  return { type }
}
