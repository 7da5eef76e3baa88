import { sha256 } from '../../core/digest.ts'
import { inputError } from '../../core/error.ts'
import type { Plan } from '../analyse.ts'
import type { Use } from '../instances/findings.ts'
import { TEMPLATE_LIMIT } from '../read/document.ts'
import { follow } from '../read/nodes.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Edit, Key } from '../types.ts'
import { applyChanges, replaceValue, scalarText } from './edits.ts'
import { locate } from './locate.ts'
import type { Sheet, Sheets } from './sheets.ts'

/** What all the sheets come to. */
interface Written {
  /** The text of the main template. */
  readonly main: string
  /** Copies of nested templates by their path. */
  readonly files: ReadonlyMap<string, string>
  readonly edits: readonly Edit[]
}

/** Writes children before their parents, since a parent holds the child's new name. */
export function writeAll(plan: Plan, sheets: Sheets): Written {
  const files = new Map<string, string>()
  const edits: Edit[] = []
  const chains = new Map<TemplateScope, readonly Use[]>()
  for (const { found } of plan.places)
    for (const [i, use] of found.uses.entries()) chains.set(use.scope, found.uses.slice(0, i + 1))
  const depth = (sheet: Sheet) => chains.get(sheet.scope)?.length ?? 0
  for (let level = Math.max(0, ...sheets.all().map(depth)); level > 0; level--) {
    for (const sheet of sheets.all().filter((one) => depth(one) === level && one.changes.length > 0)) {
      const chain = chains.get(sheet.scope)!
      const use = chain.at(-1)!
      const text = changed(sheet)
      const path = sheet.scope.path
      if (path.includes('#'))
        throw inputError(
          'KILN_TEMPLATE_NOT_WRITABLE',
          `the template inside ${use.path} is a text and cannot be rewritten; put it in a file`,
        )
      const dot = path.lastIndexOf('.')
      const name = `${path.slice(0, dot)}-${sha256(text).slice(0, 12)}${path.slice(dot)}`
      files.set(name, text)
      edits.push(...sheet.changes.map((change) => ({ ...change, file: name, original: path })))
      point(sheets.of(use.parent, chain.at(-2)), use, name)
    }
  }
  const main = sheets.of(plan.scope, undefined)
  edits.push(
    ...main.changes.map((change) => ({ ...change, file: plan.scope.path, original: plan.scope.path })),
  )
  return { main: changed(main), files, edits }
}

function changed(sheet: Sheet): string {
  const text = applyChanges(sheet.scope.template.document.text, sheet.changes)
  if (text === undefined)
    throw inputError(
      'KILN_TEMPLATE_SHARED',
      `${sheet.scope.path}: instances share a part of the template (an anchor or alias) but need different images`,
      {
        hint: 'Write the image at each of them.',
      },
    )
  if (Buffer.byteLength(text) > TEMPLATE_LIMIT)
    throw inputError(
      'KILN_TEMPLATE_TOO_LARGE',
      `${sheet.scope.path} would grow beyond the ${TEMPLATE_LIMIT / 1024} KiB that Heat takes`,
    )
  return text
}

/** Makes the parent of a nested template name its copy. */
function point(parent: Sheet, use: Use, name: string): void {
  const { scope } = parent
  const { words } = scope.template
  const inGroup = use.place.length > 2
  const keys =
    use.by === 'property'
      ? [...use.place, inGroup ? 'properties' : words.properties, 'template', 'get_file']
      : [...use.place, inGroup ? 'type' : words.type]
  const place = locateRaw(scope, keys)
  if (place === undefined || place.shared || follow(place.node).kind !== 'scalar')
    throw inputError(
      'KILN_TEMPLATE_NOT_WRITABLE',
      `${use.path} names its nested template in a way that cannot be rewritten`,
    )
  const relative = relativeName(scope.path, name)
  const style = place.node.kind === 'scalar' ? place.node.style : ''
  parent.changes.push(
    replaceValue(
      scope.template.document.text,
      place.node,
      place.entry,
      scalarText(relative, scope.template.document.syntax, style),
      `the nested template of ${use.path}`,
    ),
  )
  parent.patches.push({ path: place.path, to: relative })
}

/** Like `locate`, but into the argument of `get_file` too. */
function locateRaw(scope: TemplateScope, keys: readonly Key[]) {
  if (keys.at(-1) !== 'get_file') return locate(scope, keys)
  const place = locate(scope, keys.slice(0, -1))
  const real = place === undefined ? undefined : follow(place.node)
  const entry = real?.kind === 'map' ? real.entries.get('get_file') : undefined
  if (place === undefined || entry === undefined) return undefined
  return {
    node: entry.value,
    entry,
    path: [...place.path, 'get_file'],
    ...(place.shared ? { shared: place.shared } : {}),
  }
}

function relativeName(from: string, to: string): string {
  const start = from.split('/').slice(0, -1)
  const end = to.split('/')
  let common = 0
  while (common < start.length && common < end.length - 1 && start[common] === end[common]) common++
  return [...start.slice(common).map(() => '..'), ...end.slice(common)].join('/')
}
