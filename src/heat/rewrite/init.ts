import type { Placed } from '../analyse.ts'
import { INIT } from '../needs/cfn-init.ts'
import { isList, isMap, str } from '../python.ts'
import { type Entry, follow, type MapNode } from '../read/nodes.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Choice, Key, Value } from '../types.ts'
import { removeEntries } from './edits.ts'
import { callOf, locate } from './locate.ts'
import { BAKED, hasAnchor, leaves, type Removal } from './removal.ts'
import type { TemplateSheet } from './sheets.ts'
import { type Way, wayId } from './ways.ts'

const SECTIONS = ['packages', 'groups', 'users', 'sources']

/** A map of which entries may go, as far as one instance is concerned: a config, or its packages by their managers. */
interface Asked {
  readonly instance: string
  readonly way: Way
  readonly entry: Entry | undefined
  /** By section or manager, the needs in it. */
  readonly sections: ReadonlyMap<string, readonly string[]>
}

/**
 * Sections of `AWS::CloudFormation::Init` that are wholly in the images of all who share them. `members`: the instances of one
 * template, with what became of them.
 */
export function initRemovals(
  sheet: TemplateSheet,
  members: readonly { readonly placed: Placed; readonly choice: Choice }[],
): Removal[] {
  const asked = new Map<MapNode, Asked[]>()
  for (const { placed, choice } of members)
    for (const [map, one] of configsOf(placed, choice)) asked.set(map, [...(asked.get(map) ?? []), one])
  return [...asked].flatMap(([map, users]) => removalOf(sheet, map, users) ?? [])
}

function configsOf({ found, instance }: Placed, choice: Choice): [MapNode, Asked][] {
  const { scope } = found
  const needs = instance.needs.filter((need) => need.from === 'cfn-init' && need.config !== undefined)
  if (needs.length === 0 || readMetadata(scope).has(String(found.place[1]))) return []
  const metadata = found.place.length > 2 ? 'metadata' : scope.template.words.metadata
  /** Of these keys those below which all needs may go, with the needs. */
  const leaving = (prefix: string, keys: readonly string[]) => {
    const out = new Map<string, string[]>()
    for (const key of keys) {
      const inside = needs.filter((need) => need.id.startsWith(`${prefix}${key}/`))
      if (inside.length > 0 && inside.every((need) => leaves(need, choice)))
        out.set(
          key,
          inside.map((need) => need.id),
        )
    }
    return out
  }
  const asked = (keys: readonly Key[], sections: Asked['sections']): [MapNode, Asked][] => {
    const place = sections.size === 0 ? undefined : locate(scope, [...found.place, metadata, INIT, ...keys])
    const map = place === undefined ? undefined : follow(place.node)
    if (place === undefined || map?.kind !== 'map') return []
    const entry = place.node === map ? place.entry : undefined
    return [[map, { instance: instance.path, way: place.way, entry, sections }]]
  }
  return [...new Set(needs.map((need) => need.config!))].flatMap((config): [MapNode, Asked][] => {
    const sections = leaving(`cfn:${config}/`, SECTIONS)
    // Links, which cfn-init would write through.
    const files = needs.filter(
      (need) => need.kind === 'file' && need.config === config && leaves(need, choice),
    )
    const single = new Map(files.map((need) => [need.kind === 'file' ? need.path : '', [need.id]]))
    const own = [...asked([config], sections), ...asked([config, 'files'], single)]
    if (sections.has('packages')) return own
    // Each manager has a list of its own: one that is wholly in the image goes alone.
    const ids = needs.flatMap((need) => (need.kind === 'package' && need.config === config ? need : []))
    const managers = [...new Set(ids.map((need) => need.managerName))]
    const lists = leaving(`cfn:${config}/packages/`, managers)
    return [...own, ...asked([config, 'packages'], lists)]
  })
}

function removalOf(sheet: TemplateSheet, map: MapNode, users: readonly Asked[]): Removal | undefined {
  const { ways, document, scope } = sheet
  const byWay = new Map(users.map((user) => [wayId(user.way), user]))
  if (!ways.toAll(map).every((way) => byWay.has(wayId(way)))) return undefined
  const plain = [...new Set(users.flatMap((user) => [...user.sections.keys()]))].filter(
    (section) => users.every((user) => user.sections.has(section)) && isPlain(sheet, scope, map, section),
  )
  const entry = users.find((user) => user.entry !== undefined)?.entry
  const changes = removeEntries(document.text, map, entry, (one) => plain.includes(str(one.name)), BAKED)
  if (changes === undefined || changes.length === 0) return undefined
  const needs = new Map<string, string[]>()
  for (const { instance, sections } of users)
    needs.set(instance, [
      ...(needs.get(instance) ?? []),
      ...plain.flatMap((section) => sections.get(section)!),
    ])
  const gone = [...byWay.values()].flatMap(({ way }) => plain.map((section) => [...way, section]))
  return { changes, gone, texts: [], needs }
}

/** Written here, all of it: no alias, no `<<`, no anchor that others may use, no function as the section itself. */
function isPlain(sheet: TemplateSheet, scope: TemplateScope, map: MapNode, section: string): boolean {
  const entry = map.entries.get(section)
  if (entry === undefined || entry.merged || entry.value.kind !== 'map') return false
  return callOf(scope, entry.value) === undefined && !hasAnchor(sheet, entry)
}

const read = new WeakMap<TemplateScope, ReadonlySet<string>>()

/** The resources whose metadata some expression of their template looks at. */
function readMetadata(scope: TemplateScope): ReadonlySet<string> {
  const known = read.get(scope)
  if (known !== undefined) return known
  const found = new Set<string>()
  const stack: Value[] = [scope.template.document.value]
  const seen = new Set<Value>()
  while (stack.length > 0) {
    const value = stack.pop()!
    if (value === null || typeof value !== 'object' || seen.has(value)) continue
    seen.add(value)
    if (isMap(value) && value.size === 1) {
      const argument = value.get('get_attr') ?? value.get('Fn::GetAtt')
      const parts =
        typeof argument === 'string'
          ? argument.split('.')
          : isList(argument ?? null)
            ? (argument as readonly Value[])
            : []
      if (typeof parts[0] === 'string' && typeof parts[1] === 'string' && /^metadata/i.test(parts[1]))
        found.add(parts[0])
    }
    for (const child of value.values()) stack.push(child as Value)
  }
  read.set(scope, found)
  return found
}
