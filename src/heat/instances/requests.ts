import { type Reference, settle } from '../evaluate/result.ts'
import { isList, isMap, str } from '../python.ts'
import { TemplateScope } from '../template/scope.ts'
import type { ImageRequest, Key, Value } from '../types.ts'
import { conditionOf } from './conditions.ts'
import { usedParameters } from './describe.ts'
import { type Findings, type Found, noteUnknown } from './findings.ts'

/** Types by which a template asks for an image by its content. */
export function isImageRequest(type: unknown): boolean {
  return type === 'Kiln::Image' || type === 'OS::Kiln::Image'
}

/** The `Kiln::Image` resource that an instance's image refers to; any other resource is a fault, noted in `findings`. */
export function requestOf(found: Found, refers: Reference, findings: Findings): ImageRequest | undefined {
  const scope = refers.scope instanceof TemplateScope ? refers.scope : found.scope
  const { resource } = refers
  const definition = scope.resource(resource)
  const fault = (code: string, path: string, message: string): undefined => {
    findings.reasons.push({ code, path, message: `${path}: ${message}` })
  }
  if (definition === undefined || !isImageRequest(definition.get(scope.template.words.type)))
    return fault(
      'KILN_TEMPLATE_IMAGE_RUNTIME',
      found.path,
      `its image is the resource ${resource}, which is only known when the stack runs`,
    )
  const use = found.uses.findLast((one) => one.scope === scope)
  const path = `${use === undefined ? '' : `${use.path}/`}${resource}`
  if (use === undefined && scope !== (found.uses[0]?.parent ?? found.scope))
    return fault(
      'KILN_TEMPLATE_IMAGE',
      found.path,
      `its image is the ${definition.get(scope.template.words.type)} ${resource} inside of another nested template; describe it where the instance is, or above`,
    )
  const condition = conditionOf(scope, definition)
  if (condition !== undefined && condition.kind !== 'scalar') {
    noteUnknown(findings, condition, (error) => ({
      code: 'KILN_TEMPLATE_CONDITION',
      path,
      message: `the condition of ${path} ${error ?? 'is only known at run time'}`,
    }))
    return undefined
  }
  const settled = settle(scope.properties(resource))
  if (settled.status === 'missing') {
    for (const name of settled.deps.missing) findings.missing.add(name)
    return undefined
  }
  const wrong = (why: string) => fault('KILN_TEMPLATE_IMAGE', path, `the image cannot be worked out: ${why}`)
  if (settled.status === 'error') return wrong(settled.error!)
  if (settled.deps.hidden.size > 0) return wrong('a hidden parameter is in it')
  if (settled.status === 'runtime') return wrong('its properties are not known before the stack runs')
  if (!isMap(settled.value)) return wrong('it has no properties')
  const properties = new Map<string, Value>([...settled.value].map(([key, value]) => [str(key), value]))
  return { path, properties, resolvedFrom: usedParameters(settled.deps, scope) }
}

/** Says which `Kiln::Image` resources are no instance's image: one that something else wants cannot be built. */
export function noteUnused(findings: Findings, used: ReadonlySet<string>): void {
  // What is wrong already is why nobody uses it.
  if (findings.reasons.length > 0 || findings.missing.size > 0) return
  for (const { path, scope, name, inGroup } of findings.requests) {
    if (used.has(path)) continue
    const where = inGroup ? undefined : referrer(scope, name, waysToInstances(findings, scope))
    const message = inGroup
      ? `${path}: a group has no use for an image; describe it as a resource of its own, and refer to it in the group`
      : where === undefined
        ? `${path} describes an image that no instance is built from; it is not built`
        : `${path} is the image of no instance, and ${where} refers to it: Kiln builds images for instances only`
    if (inGroup || where !== undefined) findings.reasons.push({ code: 'KILN_TEMPLATE_IMAGE', path, message })
    else findings.warnings.push({ code: 'KILN_TEMPLATE_IMAGE_UNUSED', path, message })
  }
}

/** Resources of a template that are instances or lead to some: their image may lie in a branch that is not taken. */
function waysToInstances({ found }: Findings, scope: TemplateScope): ReadonlySet<string> {
  const ways = new Set<string>()
  for (const one of found) {
    if (one.scope === scope) ways.add(str(one.place[1]!))
    for (const use of one.uses) if (use.parent === scope) ways.add(str(use.place[1]!))
  }
  return ways
}

/** The resource or section that refers to `name`, if any does that is no way to an instance. */
function referrer(scope: TemplateScope, name: string, ways: ReadonlySet<string>): string | undefined {
  const { document } = scope.template
  for (const [section, content] of document.value) {
    if (!isMap(content)) continue
    const own = /^resources$/i.test(str(section))
    for (const [key, value] of content) {
      if (own && (str(key) === name || ways.has(str(key)))) continue
      if (refersTo(value, name)) return own ? str(key) : `${str(section)}.${str(key)}`
    }
  }
  return undefined
}

function refersTo(root: Value, name: string): boolean {
  const seen = new Set<Value>()
  const stack: Value[] = [root]
  while (stack.length > 0) {
    const value = stack.pop()!
    if (value === null || typeof value !== 'object' || seen.has(value)) continue
    seen.add(value)
    if (isMap(value) && value.size === 1) {
      const argument =
        value.get('get_resource') ?? value.get('Ref') ?? value.get('get_attr') ?? value.get('Fn::GetAtt')
      const first: Value | undefined = isList(argument ?? null) ? (argument as readonly Value[])[0] : argument
      if (typeof first === 'string' && (first === name || first.startsWith(`${name}.`))) return true
    }
    for (const child of (value as ReadonlyMap<Key, Value>).values()) stack.push(child)
  }
  return false
}
