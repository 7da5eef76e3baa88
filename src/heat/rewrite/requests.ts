import { inputError } from '../../core/error.ts'
import type { Placed, Plan } from '../analyse.ts'
import type { Use } from '../instances/findings.ts'
import { isImageRequest } from '../instances/requests.ts'
import { isMap, str } from '../python.ts'
import { type Entry, follow, type Node } from '../read/nodes.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Choice, Key, Residue } from '../types.ts'
import { dropDependencies } from './dependencies.ts'
import { removeEntries } from './edits.ts'
import { callOf } from './locate.ts'
import type { Sheets, TemplateSheet } from './sheets.ts'
import { type Way, wayId } from './ways.ts'

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
  const gone = [...requests.values()].filter((request) => !request.open)
  const unused = unusedIn(plan, sheets, requests)
  const left: Residue[] = []
  if (choices.size > 0 || plan.places.length === 0) {
    for (const request of unused) {
      const { sheet, name } = request
      if (calls(sheet, name).every((node) => isReplaced(sheet, node))) gone.push(request)
      else {
        const path = `${sheet.use === undefined ? '' : `${sheet.use.path}/`}${name}`
        const why = 'no instance is built from it, so it is still asked for at boot'
        left.push({ path, what: 'image', why })
      }
    }
  }
  for (const sheet of new Set(gone.map((request) => request.sheet)))
    drop(
      sheet,
      gone.filter((request) => request.sheet === sheet),
    )
  return left
}

/** Those that no instance is built from. */
function unusedIn(plan: Plan, sheets: Sheets, used: ReadonlyMap<string, Request>): Request[] {
  const unused: Request[] = []
  const all = new Map<TemplateScope, Use | undefined>([[plan.scope, undefined]])
  for (const { found } of plan.places) for (const use of found.uses) all.set(use.scope, use)
  for (const [scope, use] of all) {
    for (const [key, definition] of scope.template.resources) {
      const name = str(key)
      if (used.has(`${use?.path ?? ''}\0${name}`)) continue
      if (isMap(definition) && isImageRequest(definition.get(scope.template.words.type)))
        unused.push({ sheet: sheets.of(scope, use), name, images: new Set(), open: false })
    }
  }
  return unused
}

function requestOf({ finding, found }: Placed, sheets: Sheets): Request | undefined {
  if (finding.kind !== 'resource') return undefined
  const scope = finding.refers.scope as TemplateScope
  const { resource } = finding.refers
  if (!isImageRequest(scope.resource(resource)?.get(scope.template.words.type))) return undefined
  const use = found.uses.findLast((one) => one.scope === scope)
  return { sheet: sheets.of(scope, use), name: resource, images: new Set(), open: false }
}

function drop(sheet: TemplateSheet, requests: readonly Request[]): void {
  const { scope, document, ways } = sheet
  const section = scope.version.kind === 'hot' ? 'resources' : 'Resources'
  const resources = ways.follow([section])!.stops[1]!
  const map = follow(resources.node)
  const names = new Set(requests.map(({ name }) => name))
  const listed = [...names].join(', ')
  if (map.kind !== 'map' || resources.node !== map) throw refused(listed, 'the resources are an alias')
  const gone = map.written.filter((entry) => names.has(str(entry.name)))
  const changes =
    gone.length < names.size || gone.some((entry) => anchored(sheet, entry))
      ? undefined
      : removeEntries(document.text, map, resources.entry, (entry) => gone.includes(entry), WHY)
  if (changes === undefined) throw refused(listed, 'others share what it is written with')
  for (const request of requests) replaceReferences(request, names)
  const waiting = dropDependencies(sheet, map, names, WHY)
  if (waiting !== undefined) throw refused(listed, `that ${waiting} waits for it cannot be taken out`)
  sheet.changes.push(...changes)
  for (const name of names) sheet.patches.push({ path: [section, name], gone: true })
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
function replaceReferences({ sheet, name, images }: Request, gone: ReadonlySet<string>): void {
  const { ways, wants, scope } = sheet
  const section = scope.version.kind === 'hot' ? 'resources' : 'Resources'
  const own = (way: readonly Key[]) => way[0] === section && gone.has(str(way[1] ?? null))
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
function isBelow(sheet: TemplateSheet, way: Way): boolean {
  let held = below.get(sheet)
  if (held?.count !== sheet.wants.length) {
    held = { count: sheet.wants.length, ids: new Set(sheet.wants.map((want) => wayId(want.way))) }
    below.set(sheet, held)
  }
  return way.some((_, i) => held.ids.has(wayId(way.slice(0, i + 1))))
}

/** The ways of a sheet's wants. */
const below = new WeakMap<TemplateSheet, { readonly count: number; readonly ids: ReadonlySet<string> }>()

function isReplaced(sheet: TemplateSheet, node: Node): boolean {
  return sheet.ways.toAll(node).every((way) => isBelow(sheet, way))
}

/** Calls that name a resource, each where it is written. */
function calls(sheet: TemplateSheet, name: string): readonly Node[] {
  let held = byName.get(sheet)
  if (held === undefined) {
    held = callsByName(sheet)
    byName.set(sheet, held)
  }
  return held.get(name) ?? []
}

const byName = new WeakMap<TemplateSheet, ReadonlyMap<string, readonly Node[]>>()

const REFERRING = new Set(['get_resource', 'Ref', 'get_attr', 'Fn::GetAtt'])

function callsByName({ document, scope }: TemplateSheet): Map<string, Node[]> {
  const out = new Map<string, Node[]>()
  const seen = new Set<Node>()
  const stack: Node[] = [document.root]
  while (stack.length > 0) {
    const node = follow(stack.pop()!)
    if (node.kind === 'scalar' || seen.has(node)) continue
    seen.add(node)
    const call = callOf(scope, node)
    const named = call && REFERRING.has(call.name) ? namesIn(follow(call.entry.value)) : []
    for (const name of named) out.set(name, [...(out.get(name) ?? []), node])
    if (named.length > 0) continue
    if (node.kind === 'seq') for (const item of node.items) stack.push(item)
    else for (const { value } of node.entries.values()) stack.push(value)
  }
  return out
}

/** `img`, `img.attribute` and `[img, attribute]` name `img`; a name may have dots itself. */
function namesIn(argument: ReturnType<typeof follow>): string[] {
  const first = argument.kind === 'seq' ? argument.items[0] : argument
  const real = first === undefined ? undefined : follow(first)
  if (real?.kind !== 'scalar' || typeof real.value !== 'string') return []
  if (argument.kind === 'seq') return [real.value]
  const parts = real.value.split('.')
  return parts.map((_, i) => parts.slice(0, i + 1).join('.'))
}

function refused(name: string, why: string) {
  return inputError(
    'KILN_TEMPLATE_NOT_WRITABLE',
    `the resource ${name} cannot be replaced by the name of its image: ${why}`,
  )
}
