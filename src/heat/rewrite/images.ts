import { inputError } from '../../core/error.ts'
import type { Placed } from '../analyse.ts'
import { follow, type MapNode, type Node } from '../read/nodes.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Key, Value } from '../types.ts'
import { type Change, columnOf, endOf, layout, newlineAt, scalarText } from './edits.ts'
import { callOf, type Located, search } from './locate.ts'
import type { TemplateSheet } from './sheets.ts'

/** Wants the new image where the old one stands; where a function hides that place, the image is put over what it gives. */
export function changeImage(sheet: TemplateSheet, placed: Placed, image: string): void {
  const { path } = placed.instance
  const why = `the image of ${path}`
  const found = search(sheet.scope, imagePlace(placed))
  if (!('hiddenBy' in found)) sheet.wants.push({ way: found.way, text: image, why, path })
  else if (!mergeOver(sheet, found.hiddenBy, found.rest, image, why))
    throw notWritable(path, 'it comes out of a function as a whole')
}

function imagePlace({ found, finding }: Placed): Key[] {
  const inGroup = found.place.length > 2
  const properties = inGroup ? 'properties' : found.scope.template.words.properties
  const head = found.place.at(-1) === 'resource_properties' ? found.place : [...found.place, properties]
  return [...head, ...finding.place]
}

/** Where properties come out of a function: `{map_merge: [what was there, {image: new}]}`. False: it cannot be done. */
function mergeOver(
  sheet: TemplateSheet,
  at: Located,
  rest: readonly Key[],
  image: string,
  why: string,
): boolean {
  const { scope, document, ways } = sheet
  const [key] = rest
  if (rest.length !== 1 || typeof key !== 'string' || !scope.functions.has('map_merge')) return false
  const call = callOf(scope, at.node)
  if (call === undefined || ways.toAll(at.node).length !== 1) return false
  const argument = call.name === 'map_merge' ? follow(call.entry.value) : undefined
  const value = scalarText(image, document.syntax)
  const item = new Map<Key, Value>([[key, image]])
  const old = dataAt(scope, at.way)
  if (argument?.kind === 'seq' && argument.items.length > 0) {
    if (ways.toAll(argument).length !== 1) return false
    sheet.changes.push(
      appendItem(document.text, argument.items, argument.flow, `${quoted(sheet, key)}: ${value}`, why),
    )
    const list = (old as ReadonlyMap<Key, Value>).get('map_merge') as readonly Value[]
    sheet.patches.push({ path: [...at.way, 'map_merge'], to: [...list, item] })
    return true
  }
  const text = wrapped(document.text, at.node, `${quoted(sheet, key)}: ${value}`, quoted(sheet, 'map_merge'))
  if (text === undefined) return false
  sheet.changes.push({ ...text, why })
  sheet.patches.push({ path: at.way, to: new Map<Key, Value>([['map_merge', [old, item]]]) })
  return true
}

function quoted(sheet: TemplateSheet, key: string): string {
  return sheet.document.syntax === 'json' ? JSON.stringify(key) : key
}

function dataAt(scope: TemplateScope, way: readonly Key[]): Value {
  let here: Value = scope.template.document.value
  for (const key of way)
    here = Array.isArray(here) ? here[Number(key)]! : (here as ReadonlyMap<Key, Value>).get(key)!
  return here
}

function appendItem(
  source: string,
  items: readonly Node[],
  flow: boolean,
  entry: string,
  why: string,
): Change {
  const last = items.at(-1)!
  const end = endOf(source, last)
  if (flow) return { start: end, end, text: `, {${entry}}`, why }
  // The dash of an item is what its line has in front of it.
  const dash = source.lastIndexOf('-', last.start - 1)
  const lead = source.slice(layout(source).lastIndexOf('\n', dash) + 1, dash)
  return { start: end, end, text: `${newlineAt(source, dash)}${lead}- ${entry}`, why }
}

/** A call inside of `map_merge`, with one more map. A call over several lines stays so, further in. */
function wrapped(source: string, node: Node, entry: string, name: string): Omit<Change, 'why'> | undefined {
  const end = endOf(source, node)
  const old = source.slice(node.start, end)
  const inline = node.kind === 'alias' || (node as MapNode).flow
  if (inline) return { start: node.start, end, text: `{${name}: [${old}, {${entry}}]}` }
  const column = columnOf(source, node.start)
  const line = source.slice(node.start - column, node.start)
  if (line.trim() !== '') return undefined
  const newline = newlineAt(source, node.start)
  const further = old.replaceAll(/(\r\n|[\n\r\x85\u2028\u2029])(?=[^\r\n])/g, '$1    ')
  return {
    start: node.start,
    end,
    text: `${name}:${newline}${line}  - ${further}${newline}${line}  - ${entry}`,
  }
}

export function notWritable(path: string, why: string) {
  return inputError(
    'KILN_TEMPLATE_NOT_WRITABLE',
    `the image of ${path} cannot be written into the template: ${why}`,
    {
      hint: 'Write the image as a property of its own at that resource.',
    },
  )
}
