import { inputError } from '../../core/error.ts'
import type { Placed, Plan } from '../analyse.ts'
import { isImageRequest } from '../instances/requests.ts'
import type { Entry, MapNode } from '../read/nodes.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Choice, Key } from '../types.ts'
import { addEntry, type Change, removeEntries, replaceValue, scalarText } from './edits.ts'
import { locate } from './locate.ts'
import type { Sheet, Sheets } from './sheets.ts'

/** Writes the new image where the old one stands, or over it where that place is shared. */
export function changeImage(sheet: Sheet, placed: Placed, image: string): void {
  const { scope } = sheet
  const { document } = scope.template
  const { path } = placed.instance
  const why = `the image of ${path}`
  const place = locate(scope, imagePlace(placed))
  if (place === undefined) throw notWritable(path, 'it comes out of a function as a whole')
  const { shared, node, entry } = place
  sheet.patches.push({ path: place.path, to: image })
  // YAML that looks like JSON (with a byte order mark, tabs or a comma too many) stays like it.
  const jsonLike = entry !== undefined && document.text[entry.key.start] === '"'
  const style = node.kind === 'scalar' ? node.style : jsonLike ? '"' : ''
  const text = scalarText(image, document.syntax, style === '|' || style === '>' ? '' : style)
  const key = String(place.path.at(-1))
  if (shared?.how === 'merge' && shared.rest === 0 && shared.map && shared.node.kind !== 'alias') {
    const change = addEntry(document.text, shared.map, key, text, why)
    if (change) sheet.changes.push(change)
    return
  }
  if (
    shared?.how === 'alias' &&
    shared.rest === 1 &&
    shared.node.kind === 'alias' &&
    document.syntax === 'yaml'
  ) {
    const alias = document.text.slice(shared.node.start, shared.node.end)
    sheet.changes.push({
      start: shared.node.start,
      end: shared.node.end,
      text: `{<<: ${alias}, ${key}: ${text}}`,
      why,
    })
    return
  }
  // Further up it is shared as a whole: one edit for all, if all want the same; the check afterwards says so if not.
  sheet.changes.push(replaceValue(document.text, node, entry, text, why))
}

function imagePlace({ found, finding }: Placed): Key[] {
  const inGroup = found.place.length > 2
  const properties = inGroup ? 'properties' : found.scope.template.words.properties
  const head = found.place.at(-1) === 'resource_properties' ? found.place : [...found.place, properties]
  return [...head, ...finding.place]
}

/** Takes `Kiln::Image` resources away whose every use has been replaced. */
export function dropRequests(plan: Plan, choices: ReadonlyMap<string, Choice>, sheets: Sheets): void {
  const done = new Set<string>()
  for (const placed of plan.places) {
    if (placed.finding.kind !== 'resource' || !choices.has(placed.instance.path)) continue
    const { refers } = placed.finding
    const scope = refers.scope as TemplateScope
    const use = placed.found.uses.findLast((one) => one.scope === scope)
    const key = `${use?.path ?? ''}\0${refers.resource}`
    if (done.has(key)) continue
    done.add(key)
    const section = scope.version.kind === 'hot' ? 'resources' : 'Resources'
    const place = locate(scope, [section])
    if (
      place?.node.kind !== 'map' ||
      !isImageRequest(scope.resource(refers.resource)?.get(scope.template.words.type))
    )
      continue
    const sheet = sheets.of(scope, use)
    const gone = place.node.written.filter((entry) => entry.name === refers.resource)
    const changes = removeRequests(scope, place.node, new Set(gone))
    if (changes === undefined)
      throw notWritable(placed.instance.path, `${refers.resource} cannot be taken out`)
    sheet.changes.push(...changes)
    sheet.patches.push({ path: [section, refers.resource], gone: true })
  }
}

function removeRequests(scope: TemplateScope, map: MapNode, gone: ReadonlySet<Entry>): Change[] | undefined {
  const why = 'the image it asked for is built'
  return removeEntries(scope.template.document.text, map, undefined, (entry) => gone.has(entry), why)
}

function notWritable(path: string, why: string) {
  return inputError(
    'KILN_TEMPLATE_NOT_WRITABLE',
    `the image of ${path} cannot be written into the template: ${why}`,
    {
      hint: 'Write the image as a property of its own at that resource.',
    },
  )
}
