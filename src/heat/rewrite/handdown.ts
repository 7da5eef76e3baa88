import type { Use } from '../instances/findings.ts'
import { broken } from '../parameters/constraints.ts'
import { isList, isMap } from '../python.ts'
import { follow, type Node } from '../read/nodes.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Key } from '../types.ts'
import { callOf, locate } from './locate.ts'
import type { TemplateSheet, Want } from './sheets.ts'
import { wayId } from './ways.ts'

/**
 * Moves wants of a nested template to its parent: an image that is a parameter, and that parameter nothing else, is changed in the
 * property that hands it down. So the nested template stays as it is, whoever else uses it.
 */
export function handDown(child: TemplateSheet, parent: TemplateSheet, use: Use): void {
  const byParameter = new Map<string, Want[]>()
  for (const want of child.wants) {
    const name = parameterAt(child, want)
    if (name !== undefined) byParameter.set(name, [...(byParameter.get(name) ?? []), want])
  }
  for (const [name, wants] of byParameter) {
    const [first] = wants
    if (first === undefined || wants.some((want) => want.text !== first.text)) continue
    const ways = new Set(wants.map((want) => wayId(want.way)))
    if (!usersOf(child, name).every((id) => ways.has(id)) || !takes(child.scope, name, first.text)) continue
    const place = propertyOf(parent, use, name)
    if (place === undefined) continue
    const moved = new Set(wants)
    child.wants.splice(0, child.wants.length, ...child.wants.filter((want) => !moved.has(want)))
    for (const want of wants) parent.wants.push({ ...want, way: place })
  }
}

/** The parameter that an expression consists of. */
function parameterAt(sheet: TemplateSheet, want: Want): string | undefined {
  const { node } = sheet.ways.follow(want.way)!.stops.at(-1)!
  return nameIn(sheet.scope, node)
}

function nameIn(scope: TemplateScope, node: Node): string | undefined {
  const call = callOf(scope, node)
  if (call === undefined || (call.name !== 'get_param' && call.name !== 'Ref')) return undefined
  const argument = follow(call.entry.value)
  const name = argument.kind === 'seq' && argument.items.length === 1 ? follow(argument.items[0]!) : argument
  if (name.kind !== 'scalar' || typeof name.value !== 'string') return undefined
  return call.name === 'Ref' && scope.hasResource(name.value) ? undefined : name.value
}

/** Every place that may look at a parameter; those that do not read it as it is have a name that is no way. */
function usersOf({ document, ways, scope }: TemplateSheet, name: string): string[] {
  const users: string[] = []
  const seen = new Set<Node>()
  const stack: Node[] = [document.root]
  while (stack.length > 0) {
    const node = follow(stack.pop()!)
    if (seen.has(node)) continue
    seen.add(node)
    if (node.kind === 'scalar') {
      if (typeof node.value === 'string' && node.value.includes(`\${${name}`)) users.push('')
    } else if (nameIn(scope, node) === name) users.push(...ways.toAll(node).map(wayId))
    else if (node.kind === 'seq') stack.push(...node.items)
    else {
      for (const [key, { value }] of node.entries) {
        if ((key === 'get_param' || key === 'Ref') && mentions(value, name)) users.push('')
        else stack.push(value)
      }
    }
  }
  return users
}

/** A call that takes the name apart from other things, or out of another function. */
function mentions(argument: Node, name: string): boolean {
  const real = follow(argument)
  if (real.kind === 'scalar') return real.value === name
  if (real.kind === 'map') return true
  const first = real.items[0] === undefined ? undefined : follow(real.items[0])
  return first !== undefined && (first.kind !== 'scalar' || first.value === name)
}

/** The parameter's own declaration allows the new name. */
function takes(scope: TemplateScope, name: string, text: string): boolean {
  const schema = scope.schemas.get(name)
  return schema?.type === 'string' && broken(schema.type, schema.constraints, text) === undefined
}

/** Where the parent gives the parameter a value; a chain gives it to all its members, so it is nobody's. */
function propertyOf(parent: TemplateSheet, use: Use, name: string): readonly Key[] | undefined {
  if (use.place.at(-1) === 'resource_properties') return undefined
  const { scope } = parent
  const inGroup = use.place.length > 2
  const properties = inGroup ? 'properties' : scope.template.words.properties
  const stack = use.by === 'property' ? [stackWords(parent, use).parameters] : []
  const place = locate(scope, [...use.place, properties, ...stack, name])
  const real = place === undefined ? undefined : follow(place.node)
  return place === undefined || (real?.kind === 'scalar' && real.value === null) ? undefined : place.way
}

/** How the resource that is a stack of its own names its template and what it hands down. */
export function stackWords(
  parent: TemplateSheet,
  use: Use,
): { readonly template: string; readonly parameters: string } {
  let here: unknown = parent.document.value
  for (const key of use.place)
    here = isMap(here) ? here.get(key) : isList(here) ? here[Number(key)] : undefined
  const type = isMap(here) ? (here.get('type') ?? here.get('Type')) : undefined
  return type === 'AWS::CloudFormation::Stack'
    ? { template: 'TemplateURL', parameters: 'Parameters' }
    : { template: 'template', parameters: 'parameters' }
}
