import { inputError } from '../../core/error.ts'
import type { Plan } from '../analyse.ts'
import type { Use } from '../instances/findings.ts'
import { TEMPLATE_LIMIT, tooLarge } from '../read/document.ts'
import { follow } from '../read/nodes.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Edit, Files, Key } from '../types.ts'
import { applyChanges } from './edits.ts'
import { handDown, stackWords } from './handdown.ts'
import { locate } from './locate.ts'
import { copyName, relativeName } from './names.ts'
import { Registries } from './registries.ts'
import type { Sheet, Sheets, TemplateSheet } from './sheets.ts'
import { writeWants } from './wants.ts'

/** What all the sheets come to. */
export interface Written {
  /** The text of the main template. */
  readonly main: string
  /** Copies of nested templates and environments by their path. */
  readonly files: ReadonlyMap<string, string>
  /** Environments that have a copy, and its path. */
  readonly environments: ReadonlyMap<string, string>
  readonly environmentSheets: readonly Sheet[]
  readonly edits: readonly Edit[]
}

/** Writes children before their parents, since a parent holds what it hands down, and the child's new name. */
export function writeAll(plan: Plan, sheets: Sheets, given: Files): Written {
  const files = new Map<string, string>()
  const edits = new Map<string, readonly Edit[]>()
  const registries = new Registries(plan, given)
  const chains = new Map<TemplateScope, readonly Use[]>()
  for (const { found } of plan.places)
    for (const [i, use] of found.uses.entries()) chains.set(use.scope, found.uses.slice(0, i + 1))
  const depth = (sheet: TemplateSheet) => chains.get(sheet.scope)?.length ?? 0
  const keep = (name: string, sheet: Sheet, text: string) => {
    files.set(name, text)
    edits.set(name, editsOf(sheet, name))
  }
  for (let level = Math.max(0, ...[...chains.values()].map((chain) => chain.length)); level > 0; level--) {
    for (const sheet of sheets.all().filter((one) => depth(one) === level)) {
      const chain = chains.get(sheet.scope)!
      const use = chain.at(-1)!
      const parent = sheets.of(use.parent, chain.at(-2))
      handDown(sheet, parent, use)
      writeWants(sheet)
      if (sheet.changes.length === 0 || putText(parent, use, sheet)) continue
      const name = copyName(sheet.scope.path, changed(sheet), use.path)
      keep(name, sheet, changed(sheet))
      point(parent, chain, name, registries)
    }
  }
  registries.check()
  const environments = new Map<string, string>()
  for (const [path, sheet] of registries.sheets) {
    writeWants(sheet)
    const name = copyName(path, changed(sheet), path)
    keep(name, sheet, changed(sheet))
    environments.set(path, name)
  }
  const main = sheets.of(plan.scope, undefined)
  writeWants(main)
  edits.set(plan.scope.path, editsOf(main, plan.scope.path))
  return {
    main: changed(main),
    files,
    environments,
    environmentSheets: [...registries.sheets.values()],
    edits: [...edits.values()].flat(),
  }
}

function editsOf(sheet: Sheet, file: string): Edit[] {
  const seen = new Set<string>()
  return sheet.changes.flatMap((change) => {
    const id = JSON.stringify([change.start, change.end, change.text])
    if (seen.has(id)) return []
    seen.add(id)
    return [{ ...change, file, original: sheet.document.name }]
  })
}

function changed(sheet: Sheet): string {
  const { text, name } = sheet.document
  const out = applyChanges(text, sheet.changes)
  if (out === undefined)
    throw inputError(
      'KILN_TEMPLATE_SHARED',
      `${name}: instances share a part of the template (an anchor or alias) but need different images`,
      {
        hint: 'Write the image at each of them.',
      },
    )
  if (tooLarge(out))
    throw inputError(
      'KILN_TEMPLATE_TOO_LARGE',
      `${name} would grow beyond the ${TEMPLATE_LIMIT / 1024} KiB that Heat takes`,
    )
  return out
}

/** A nested template that stands in its parent as a text changes there. False where it comes from elsewhere, or out of a function. */
function putText(parent: TemplateSheet, use: Use, sheet: TemplateSheet): boolean {
  const way = use.by === 'property' ? namePlace(parent, use) : undefined
  const node = way === undefined ? undefined : parent.ways.follow(way)?.stops.at(-1)?.node
  const real = node === undefined ? undefined : follow(node)
  if (way === undefined || real?.kind !== 'scalar' || real.value !== sheet.document.text) return false
  parent.wants.push({ way, text: changed(sheet), why: `the template inside ${use.path}`, path: use.path })
  return true
}

/** Makes the parent of a nested template name its copy, or the registry where the parent cannot. */
function point(parent: TemplateSheet, chain: readonly Use[], name: string, registries: Registries): void {
  const use = chain.at(-1)!
  const place = registries.mustName(chain) ? undefined : namePlace(parent, use)
  if (place === undefined) {
    registries.point(chain, name)
    return
  }
  registries.named(use)
  const text = relativeName(parent.scope.path, name)
  parent.wants.push({ way: place, text, why: `the nested template of ${use.path}`, path: use.path })
}

/** The way to the text that names a nested template. */
function namePlace(parent: TemplateSheet, use: Use): readonly Key[] | undefined {
  const { scope } = parent
  const inGroup = use.place.length > 2
  const properties = inGroup ? 'properties' : scope.template.words.properties
  let keys: readonly Key[] = [...use.place, inGroup ? 'type' : scope.template.words.type]
  if (use.by === 'property') keys = [...use.place, properties, stackWords(parent, use).template]
  else if (use.place.at(-1) === 'resource_properties')
    keys = [...use.place.slice(0, -1), 'resources', BigInt(use.path.slice(use.path.lastIndexOf('.') + 1))]
  const place = locate(scope, keys)
  const real = place === undefined ? undefined : follow(place.node)
  if (place === undefined || real === undefined) return undefined
  if (real.kind === 'scalar') return place.way
  // Into the argument of `get_file` too.
  const file = real.kind === 'map' && use.by === 'property' ? real.entries.get('get_file') : undefined
  return file && follow(file.value).kind === 'scalar' ? [...place.way, 'get_file'] : undefined
}
