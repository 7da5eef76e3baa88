import type { Placed } from '../analyse.ts'
import { describeUserData, type Part } from '../needs/user-data.ts'
import { str } from '../python.ts'
import type { Entry } from '../read/nodes.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Choice } from '../types.ts'
import { removeEntries } from './edits.ts'
import { fromText } from './literal.ts'
import { locate } from './locate.ts'
import { BAKED, hasAnchor, leaves, type Removal } from './removal.ts'
import type { TemplateSheet } from './sheets.ts'
import { wayId } from './ways.ts'

/** A cloud-config and the instances that get it. */
export interface SharedPart {
  readonly part: Part
  readonly index: number
  readonly users: { readonly placed: Placed; readonly choice: Choice }[]
}

/** The cloud-configs of all instances with a choice, each once. `others`: instances without one use it too, then it must stay. */
export function cloudConfigs(
  all: readonly { readonly placed: Placed; readonly choice: Choice | undefined }[],
): SharedPart[] {
  const parts = new Map<string, { shared: SharedPart; blocked: boolean }>()
  const scopes = new Map<TemplateScope, number>()
  for (const { placed, choice } of all) {
    for (const [index, part] of describeUserData(placed.found).parts.entries()) {
      if (!part.config) continue
      // One use of a template is one scope; an output may hand its cloud-config to instances outside.
      if (!scopes.has(part.scope)) scopes.set(part.scope, scopes.size)
      const key = `${scopes.get(part.scope)}\0${wayId(part.place)}`
      const held = parts.get(key) ?? { shared: { part, index, users: [] }, blocked: false }
      if (choice === undefined) held.blocked = true
      else held.shared.users.push({ placed, choice })
      parts.set(key, held)
    }
  }
  return [...parts.values()].filter((held) => !held.blocked).map((held) => held.shared)
}

/** `packages` of a cloud-config, with `package_update`, if all of them are in the images of all that get it. */
export function cloudRemoval(sheet: TemplateSheet, { part, users }: SharedPart): Removal | undefined {
  const ids = new Map<string, readonly string[]>()
  for (const { placed, choice } of users) {
    const index = describeUserData(placed.found).parts.findIndex(
      (other) => other.place === part.place || samePlace(other, part),
    )
    const prefix = `cloud${index === 0 ? '' : index}:packages`
    const needs = placed.instance.needs.filter((need) => need.id.startsWith(prefix))
    if (needs.length === 0 || !needs.every((need) => leaves(need, choice))) return undefined
    ids.set(
      placed.instance.path,
      needs.map((need) => need.id),
    )
  }
  const keys = new Set(['packages', 'package_update'])
  return part.structured ? fromMap(sheet, part, keys, ids) : fromText(sheet, part, keys, ids)
}

function samePlace(a: Part, b: Part): boolean {
  return (
    a.scope === b.scope && a.place.length === b.place.length && a.place.every((key, i) => key === b.place[i])
  )
}

function fromMap(
  sheet: TemplateSheet,
  part: Part,
  keys: ReadonlySet<string>,
  needs: Removal['needs'],
): Removal | undefined {
  const place = locate(part.scope, part.place)
  if (place?.node.kind !== 'map' || sheet.ways.toAll(place.node).length !== 1) return undefined
  const map = place.node
  const packages = map.entries.get('packages')
  if (packages === undefined || packages.merged || packages.value.kind === 'alias') return undefined
  if (hasAnchor(sheet, packages)) return undefined
  const gone = (entry: Entry) => keys.has(str(entry.name)) && !hasAnchor(sheet, entry)
  const changes = removeEntries(sheet.document.text, map, place.entry, gone, BAKED)
  if (changes === undefined || changes.length === 0) return undefined
  const paths = map.written.filter(gone).map((entry) => [...place.way, entry.name])
  return { changes, gone: paths, texts: [], needs }
}
