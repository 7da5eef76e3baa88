import type { Part } from '../needs/user-data.ts'
import { str } from '../python.ts'
import { follow, type MapNode, type Node } from '../read/nodes.ts'
import { SyntaxProblem } from '../read/problem.ts'
import { parseYaml } from '../read/yaml.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Key } from '../types.ts'
import { type Change, layout, removeEntries } from './edits.ts'
import { type Located, locate } from './locate.ts'
import { BAKED, type Removal } from './removal.ts'
import type { TemplateSheet } from './sheets.ts'

/** Functions that fill placeholders of a template in. */
const REPLACING: ReadonlySet<Key> = new Set(['str_replace', 'str_replace_strict', 'str_replace_vstrict'])

interface LiteralText {
  readonly node: Node
  readonly path: readonly Key[]
  readonly text: string
  /** What is filled in: no line that holds one of these may go. */
  readonly placeholders: readonly string[]
}

/** The block of text at a place: itself, or the template of a `str_replace`. undefined: it is written in another way. */
function literalText(scope: TemplateScope, place: Located): LiteralText | undefined {
  const { node, way } = place
  if (node.kind === 'scalar') return literalOf(node, way, [])
  if (node.kind !== 'map' || node.entries.size !== 1) return undefined
  const [name, entry] = [...node.entries][0]!
  if (!REPLACING.has(name) || !scope.functions.has(str(name)) || entry.merged) return undefined
  if (entry.value.kind !== 'map') return undefined
  const template = entry.value.entries.get('template')
  const params = entry.value.entries.get('params')
  if (template === undefined || template.merged || params?.value.kind !== 'map') return undefined
  const placeholders = [...params.value.entries.keys()].map((key) => str(key))
  return literalOf(template.value, [...way, name, 'template'], placeholders)
}

function literalOf(
  node: Node,
  path: readonly Key[],
  placeholders: readonly string[],
): LiteralText | undefined {
  if (node.kind !== 'scalar' || node.style !== '|' || typeof node.value !== 'string') return undefined
  return { node, path, text: node.value, placeholders }
}

/** From a literal `user_data: |`, or one that is filled in: whole lines only, line by line the same in the text and in the template. */
export function fromText(
  sheet: TemplateSheet,
  part: Part,
  keys: ReadonlySet<string>,
  needs: Removal['needs'],
): Removal | undefined {
  const place = locate(part.scope, part.place)
  const own = place !== undefined && sheet.ways.toAll(place.node).length === 1
  const literal = own ? literalText(part.scope, place) : undefined
  if (literal === undefined) return undefined
  const inner = literal.text
  // Line breaks that would not be counted.
  if (/[\u2028\u2029]/.test(inner)) return undefined
  const map = readMap(inner)
  if (map === undefined || map.flow) return undefined
  const changes = removeEntries(inner, map, undefined, (entry) => keys.has(str(entry.name)), BAKED)?.map(
    (change) => (change.text === '' ? change : emptyMap(inner, change)),
  )
  if (changes === undefined || changes.length === 0) return undefined
  const source = layout(sheet.document.text)
  const firstLine = source.indexOf('\n', literal.node.start) + 1
  if (firstLine === 0) return undefined
  const out: Change[] = []
  let text = ''
  let at = 0
  for (const change of changes) {
    if (
      change === undefined ||
      (change.start > 0 && inner[change.start - 1] !== '\n') ||
      (inner[change.end - 1] !== '\n' && change.end !== inner.length)
    )
      return undefined
    const start = lineOffset(source, firstLine, lines(inner, change.start))
    // The last line may have no line break: at the end of the file, or where `|-` takes it away.
    const open = change.end === inner.length && !inner.endsWith('\n')
    const end = lineOffset(source, firstLine, lines(inner, change.end) + (open ? 1 : 0))
    const written = source.slice(start, end)
    const [indent] = /^[ \t]*/.exec(written)!
    const newline =
      sheet.document.text
        .slice(start, end)
        .slice(written.trimEnd().length)
        .match(/(?:\r\n|[\n\r\x85])$/)?.[0] ?? ''
    const put = change.text === '' ? '' : `${indent}${change.text.trimEnd()}${newline}`
    out.push({ start, end, text: put, why: BAKED })
    const gone = inner.slice(change.start, change.end)
    if (literal.placeholders.some((placeholder) => gone.includes(placeholder))) return undefined
    text += inner.slice(at, change.start) + change.text
    at = change.end
  }
  text += inner.slice(at)
  if (/^\|\d?-/.test(source.slice(literal.node.start, literal.node.start + 3)))
    text = text.replace(/\n+$/, '')
  return { changes: out, gone: [], texts: [{ path: literal.path, text }], needs }
}

/**
 * A cloud-config of nothing is `{}`: cloud-init complains of one without any. `change` puts that in place of a whole map;
 * the answer does so with whole lines, undefined if there is something else on them.
 */
function emptyMap(inner: string, change: Change): Change | undefined {
  if (inner[change.end - 1] === '\n') return { ...change, text: `${change.text}\n` }
  const newline = inner.indexOf('\n', change.end)
  const end = newline < 0 ? inner.length : newline + 1
  if (inner.slice(change.end, end).trim() !== '') return undefined
  return { ...change, end, text: newline < 0 ? change.text : `${change.text}\n` }
}

function readMap(text: string): MapNode | undefined {
  try {
    const node = parseYaml(text)
    const real = node === undefined ? undefined : follow(node)
    return real?.kind === 'map' ? real : undefined
  } catch (problem) {
    if (problem instanceof SyntaxProblem) return undefined
    throw problem
  }
}

function lines(text: string, end: number): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count++
  return count
}

function lineOffset(source: string, from: number, count: number): number {
  let at = from
  for (let i = 0; i < count; i++) {
    const newline = source.indexOf('\n', at)
    if (newline < 0) return source.length
    at = newline + 1
  }
  return at
}
