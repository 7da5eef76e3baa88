import { inputError } from '../../core/error.ts'
import type { Placed, Plan } from '../analyse.ts'
import type { Use } from '../instances/findings.ts'
import { isImageRequest } from '../instances/requests.ts'
import { isMap, str } from '../python.ts'
import { type Entry, follow, type MapNode, type Node } from '../read/nodes.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Choice, Key, Residue } from '../types.ts'
import { type Change, removeEntries, removeItems } from './edits.ts'
import { callOf } from './locate.ts'
import type { Sheets, TemplateSheet } from './sheets.ts'

const WHY = 'the image it asked for is built'

/** One `Kiln::Image` resource, and the images of the instances that refer to it. */
interface Request {
  readonly sheet: TemplateSheet
  readonly name: string
  readonly images: Set<string>
  /** Some instance that refers to it keeps its old image. */
  open: boolean
}

/**
 * Takes `Kiln::Image` resources away whose every instance has its image: what else refers to them names the image too, and nothing
 * waits for them any more.
 */
export function dropRequests(plan: Plan, choices: ReadonlyMap<string, Choice>, sheets: Sheets): Residue[] {
  const requests = new Map<string, Request>()
  for (const placed of plan.places) {
    const request = requestOf(placed, sheets)
    if (request === undefined) continue
    const id = `${request.sheet.use?.path ?? ''}\0${request.name}`
    const held = requests.get(id) ?? request
    requests.set(id, held)
    const choice = choices.get(placed.instance.path)
    if (choice === undefined) held.open = true
    else held.images.add(choice.image)
  }
  for (const request of requests.values()) if (!request.open) drop(request)
  return choices.size === 0 && plan.places.length > 0 ? [] : dropUnused(plan, sheets, requests)
}

/** Those that no instance is built from: they go if nothing refers to them; else they stay, which is to be told. */
function dropUnused(plan: Plan, sheets: Sheets, used: ReadonlyMap<string, Request>): Residue[] {
  const left: Residue[] = []
  const all = new Map<TemplateScope, Use | undefined>([[plan.scope, undefined]])
  for (const { found } of plan.places) for (const use of found.uses) all.set(use.scope, use)
  for (const [scope, use] of all) {
    for (const [key, definition] of scope.template.resources) {
      const name = str(key)
      if (used.has(`${use?.path ?? ''}\0${name}`)) continue
      if (!isMap(definition) || !isImageRequest(definition.get(scope.template.words.type))) continue
      const request = { sheet: sheets.of(scope, use), name, images: new Set<string>(), open: false }
      if (calls(request.sheet, name).every((node) => isReplaced(request.sheet, node))) drop(request)
      else {
        const path = `${use === undefined ? '' : `${use.path}/`}${name}`
        left.push({
          path,
          what: 'image',
          why: 'no instance is built from it, so it is still asked for at boot',
        })
      }
    }
  }
  return left
}

function requestOf({ finding, found }: Placed, sheets: Sheets): Request | undefined {
  if (finding.kind !== 'resource') return undefined
  const scope = finding.refers.scope as TemplateScope
  const { resource } = finding.refers
  if (!isImageRequest(scope.resource(resource)?.get(scope.template.words.type))) return undefined
  const use = found.uses.findLast((one) => one.scope === scope)
  return { sheet: sheets.of(scope, use), name: resource, images: new Set(), open: false }
}

function drop(request: Request): void {
  const { sheet, name } = request
  const { scope, document, ways } = sheet
  const section = scope.version.kind === 'hot' ? 'resources' : 'Resources'
  const resources = ways.follow([section])!.stops[1]!
  const map = follow(resources.node)
  const refuse = (why: string) => refused(name, why)
  if (map.kind !== 'map' || resources.node !== map) throw refuse('the resources are an alias')
  const gone = map.written.filter((entry) => entry.name === name)
  const changes =
    gone.length === 0 || gone.some((entry) => anchored(sheet, entry))
      ? undefined
      : removeEntries(document.text, map, resources.entry, (entry) => gone.includes(entry), WHY)
  if (changes === undefined) throw refuse('others share what it is written with')
  replaceReferences(request)
  dropDependencies(request, map)
  sheet.changes.push(...changes)
  sheet.patches.push({ path: [section, name], gone: true })
}

function anchored(sheet: TemplateSheet, entry: Entry): boolean {
  return sheet.ways.aliases.some(
    ({ start, target }) =>
      target.start >= entry.key.start &&
      target.end <= entry.value.end &&
      !(start >= entry.key.start && start < entry.value.end),
  )
}

/** `{get_resource: img}` anywhere else: in a property handed down, a volume, an output. */
function replaceReferences({ sheet, name, images }: Request): void {
  const { ways, wants, scope } = sheet
  const section = scope.version.kind === 'hot' ? 'resources' : 'Resources'
  const own = (way: readonly Key[]) => way[0] === section && way[1] === name
  for (const node of calls(sheet, name)) {
    for (const way of ways.toAll(node)) {
      if (own(way) || isBelow(sheet, way)) continue
      const call = callOf(scope, node)!
      const path = way.slice(1, 2).map(str).join('')
      if (call.name !== 'get_resource' && call.name !== 'Ref')
        throw refused(name, `${path} reads an attribute of it`)
      if (images.size !== 1)
        throw refused(name, `it has become ${images.size} images, and ${path} refers to it too`)
      wants.push({ way, text: [...images][0]!, why: `the image ${name}`, path })
    }
  }
}

/** It stands where something else is written, as a branch of an image that is replaced. */
function isBelow({ wants }: TemplateSheet, way: readonly Key[]): boolean {
  return wants.some((want) => want.way.length <= way.length && want.way.every((key, i) => key === way[i]))
}

function isReplaced(sheet: TemplateSheet, node: Node): boolean {
  return sheet.ways.toAll(node).every((way) => isBelow(sheet, way))
}

/** Calls that name the resource, each where it is written. */
function calls({ document, scope }: TemplateSheet, name: string): Node[] {
  const out: Node[] = []
  const seen = new Set<Node>()
  const stack: Node[] = [document.root]
  while (stack.length > 0) {
    const node = follow(stack.pop()!)
    if (node.kind === 'scalar' || seen.has(node)) continue
    seen.add(node)
    const call = callOf(scope, node)
    if (call !== undefined && REFERRING.has(call.name) && names(follow(call.entry.value), name))
      out.push(node)
    else if (node.kind === 'seq') stack.push(...node.items)
    else stack.push(...[...node.entries.values()].map((entry) => entry.value))
  }
  return out.sort((a, b) => a.start - b.start)
}

const REFERRING = new Set(['get_resource', 'Ref', 'get_attr', 'Fn::GetAtt'])

function names(argument: ReturnType<typeof follow>, name: string): boolean {
  if (argument.kind === 'scalar')
    return argument.value === name || String(argument.value).startsWith(`${name}.`)
  const first = argument.kind === 'seq' ? argument.items[0] : undefined
  const real = first === undefined ? undefined : follow(first)
  return real?.kind === 'scalar' && real.value === name
}

/** `depends_on: img` goes, and so does `img` in a list; a list of nothing else goes as a whole. */
function dropDependencies({ sheet, name }: Request, resources: MapNode): void {
  const { document, ways, changes, patches, scope } = sheet
  const key = scope.version.kind === 'hot' ? 'depends_on' : 'DependsOn'
  for (const [resource, entry] of resources.entries) {
    if (resource === name) continue
    const definition = follow(entry.value)
    const depends = definition.kind === 'map' ? definition.entries.get(key) : undefined
    if (depends === undefined || definition.kind !== 'map') continue
    const value = follow(depends.value)
    const is = (node: Node) => {
      const real = follow(node)
      return real.kind === 'scalar' && real.value === name
    }
    const inList = value.kind === 'seq' && value.items.some(is)
    if (!inList && !is(value)) continue
    const way = [...ways.toAll(definition)[0]!, key]
    if (ways.toAll(definition).length !== 1 || depends.merged || depends.value.kind === 'alias')
      throw refused(name, `${str(resource)} shares with others that it waits for it`)
    let made: Change[] | undefined
    if (value.kind === 'seq' && !value.items.every(is)) {
      made = removeItems(document.text, value, is, WHY)
      const left = value.items
        .filter((item) => !is(item))
        .map((item) => (follow(item) as { value: Key }).value)
      patches.push({ path: way, to: left })
    } else {
      made = removeEntries(document.text, definition, entry, (one) => one.name === key, WHY)
      patches.push({ path: way, gone: true })
    }
    if (made === undefined) throw refused(name, `that ${str(resource)} waits for it cannot be taken out`)
    changes.push(...made)
  }
}

function refused(name: string, why: string) {
  return inputError(
    'KILN_TEMPLATE_NOT_WRITABLE',
    `the resource ${name} cannot be replaced by the name of its image: ${why}`,
  )
}
