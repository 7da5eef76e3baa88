import { type Entry, follow, type MapNode, type Node, type SeqNode } from '../read/nodes.ts'
import { plainTag } from '../read/scalars.ts'

/** A stretch of a text and what it becomes. */
export interface Change {
  readonly start: number
  readonly end: number
  readonly text: string
  readonly why: string
}

/** `text` with changes that do not overlap; equal changes count once. undefined if two are at odds. */
export function applyChanges(text: string, changes: readonly Change[]): string | undefined {
  const sorted = [...changes].sort((a, b) => a.start - b.start || a.end - b.end)
  let out = ''
  let at = 0
  let last: Change | undefined
  for (const change of sorted) {
    if (last && last.start === change.start && last.end === change.end && last.text === change.text) continue
    // A change inside one that takes the place away altogether has nothing left to change.
    if (last && change.start < at) return undefined
    out += text.slice(at, change.start) + change.text
    at = change.end
    last = change
  }
  return out + text.slice(at)
}

/** `name` as a scalar: as JSON, in the quotes that stood there, or plain where YAML 1.1 reads it as text. */
export function scalarText(name: string, syntax: 'json' | 'yaml', style = ''): string {
  if (syntax === 'json' || style === '"') return quoted(name)
  const printable = !/[\0-\x1f\x7f-\x9f\u2028\u2029\ufeff]/.test(name)
  if (style === "'" && printable) return `'${name.replaceAll("'", "''")}'`
  const plain =
    /^(?:\.{1,2}\/)*[A-Za-z0-9_][A-Za-z0-9_.+/-]*$/.test(name) &&
    plainTag(name) === 'str' &&
    !/^[0-9]/.test(name)
  return plain && !/^(?:y|n)$/i.test(name) ? name : quoted(name)
}

/** Several lines as the block text that stands at `node`, indented as it is; undefined for what a block does not hold as it stands. */
export function blockText(source: string, node: Node, text: string): string | undefined {
  const written = source.slice(node.start, endOf(source, node))
  const [, header, newline, indent] = /^([^\r\n]*)(\r?\n)(?:[ \t]*\r?\n)*([ ]+)/.exec(written) ?? []
  if (
    header === undefined ||
    !text.includes('\n') ||
    /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]/.test(text)
  )
    return undefined
  const lines = text.replace(/\n+$/, '').split('\n')
  return [header, ...lines.map((line) => (line === '' ? '' : indent + line))].join(newline)
}

/** In double quotes, as both JSON and YAML 1.1 read it. */
export function quoted(name: string): string {
  return JSON.stringify(name).replaceAll(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/**
 * Replaces the value of a map's entry (or a list's item) by `text`; an expression over several lines goes as a whole, a comment
 * behind its key stays. A tag of the old value goes, its anchor stays unless `bare`.
 */
export function replaceValue(
  source: string,
  node: Node,
  entry: Entry | undefined,
  text: string,
  why: string,
  bare = false,
): Change {
  const end = endOf(source, node)
  const shape = layout(source)
  const worn = entry === undefined ? undefined : decoration(source, node, entry)
  const start = worn?.start ?? node.start
  // A comment may follow a bracket at once, but not a plain text.
  const gapBehind = source[end] === '#' ? ' ' : ''
  const written = `${worn?.anchor === undefined || bare ? '' : `${worn.anchor} `}${text}${gapBehind}`
  if (entry !== undefined && node.kind !== 'alias') {
    const gap = shape.slice(entry.key.end, start)
    const colon = /^["']?[ \t]*:([ \t]*(?:#[^\r\n]*)?)\r?\n\s*$/.exec(gap)
    // A comment that comes behind the value must not hide what else is there.
    const alone = /^[ \t]*(?:#[^\n]*)?\r?(?:\n|$)/.test(shape.slice(end))
    if (colon && (alone || !colon[1]!.includes('#')))
      return {
        start: start - gap.length + gap.indexOf(':') + 1,
        end,
        text: ` ${written}${colon[1]!.trimEnd()}`,
        why,
      }
    // An empty value stands right behind its colon, and so may `{` or `[`; a plain key needs a space there.
    const plainKey = !/["']/.test(source[entry.key.end - 1] ?? '')
    if (gap.endsWith(':') && (node.start === node.end || plainKey))
      return { start, end, text: ` ${written}`, why }
  }
  return { start, end, text: written, why }
}

/** Tag and anchor in front of a value, if it has any: where they begin, and the anchor with its `&`. */
export function decoration(
  source: string,
  node: Node,
  entry: Entry,
): { readonly start: number; readonly anchor?: string } | undefined {
  if (node.kind === 'alias') return undefined
  const gap = layout(source).slice(entry.key.end, node.start)
  let start: number | undefined
  let anchor: string | undefined
  // Comments may stand between them and the value, and hold anything.
  for (const { 0: found, index } of gap.matchAll(/#[^\n]*|[&!]\S*/g)) {
    if (found.startsWith('#')) continue
    start ??= entry.key.end + index
    if (found.startsWith('&')) anchor = found
  }
  return start === undefined ? undefined : { start, ...(anchor === undefined ? {} : { anchor }) }
}

/** A block text ends behind its last line break, and so does what ends with it; what replaces it leaves that where it is. */
export function endOf(source: string, node: Node): number {
  let { end } = node
  if (node.kind === 'scalar' ? node.style === '|' || node.style === '>' : node.kind !== 'alias' && !node.flow)
    while (end > node.start && /[\s\x85]/.test(source[end - 1]!)) end--
  return end
}

/** Adds an entry in front of a map's first one. */
export function addEntry(source: string, map: MapNode, key: string, text: string, why: string): Change {
  const first = map.written[0]?.key.start ?? map.start
  const name = source[first] === '"' ? JSON.stringify(key) : key
  if (map.flow) return { start: map.start + 1, end: map.start + 1, text: `${name}: ${text}, `, why }
  const indent = ' '.repeat(columnOf(source, first))
  const newline = newlineAt(source, first)
  return { start: first, end: first, text: `${name}: ${text}${newline}${indent}`, why }
}

/** Characters between the start of its line and `at`. */
export function columnOf(source: string, at: number): number {
  const column = at - (layout(source).lastIndexOf('\n', at - 1) + 1)
  return source.startsWith('\ufeff') && column === at ? column - 1 : column
}

/** The line break that is used before `at`. */
export function newlineAt(source: string, at: number): string {
  return /\r\n|[\n\r\x85\u2028\u2029]/.exec(source.slice(0, at))?.[0] ?? '\n'
}

/** The last long text that was looked at: an edit after the other asks for the same template. */
let last: { readonly source: string; readonly laidOut: string } | undefined
const LONG = 4096

/** `source` with a line feed for every line break of one character that YAML knows, so that lines can be found in it. */
export function layout(source: string): string {
  if (last?.source === source) return last.laidOut
  const laidOut = source.replaceAll(/\r(?!\n)|[\x85\u2028\u2029]/g, '\n')
  if (source.length > LONG) last = { source, laidOut }
  return laidOut
}

/**
 * Takes entries out of a map. What is left stays as it is written; a map of nothing becomes `{}`, `entry` being the one it is the
 * value of. undefined: it cannot be done without touching something else.
 */
export function removeEntries(
  source: string,
  map: MapNode,
  entry: Entry | undefined,
  gone: (entry: Entry) => boolean,
  why: string,
): Change[] | undefined {
  const { written } = map
  if (!written.some(gone)) return []
  if (written.every(gone)) {
    const merges = [...map.entries.values()].some((one) => one.merged)
    return merges ? undefined : [replaceValue(source, map, entry, '{}', why)]
  }
  const shape = layout(source)
  const changes: Change[] = []
  for (let i = 0; i < written.length; i++) {
    if (!gone(written[i]!)) continue
    let last = i
    while (last + 1 < written.length && gone(written[last + 1]!)) last++
    const change = map.flow ? removeFlow(map, i, last, why) : removeBlock(shape, map, i, last, why)
    if (change === undefined) return undefined
    changes.push(change)
    i = last
  }
  return changes
}

function removeFlow(map: MapNode, first: number, last: number, why: string): Change {
  const next = map.written[last + 1]
  if (next) return { start: map.written[first]!.key.start, end: next.key.start, text: '', why }
  return { start: map.written[first - 1]!.value.end, end: map.written[last]!.value.end, text: '', why }
}

function removeBlock(
  source: string,
  map: MapNode,
  first: number,
  last: number,
  why: string,
): Change | undefined {
  const start = map.written[first]!.key.start
  const lineStart = source.lastIndexOf('\n', start - 1) + 1
  const value = map.written[last]!.value
  const next = map.written[last + 1]
  if (!/^[ \t]*$/.test(source.slice(lineStart, start)))
    return next ? { start, end: next.key.start, text: '', why } : undefined
  let end = value.end
  if (source[end - 1] !== '\n' || end <= start) {
    const newline = source.indexOf('\n', end)
    const rest = source.slice(end, newline < 0 ? source.length : newline)
    if (!/^[ \t]*(?:#[^\n]*)?\r?$/.test(rest)) return undefined
    end = newline < 0 ? source.length : newline + 1
  }
  // A block text takes the empty lines behind it along; they are not the entry's.
  const inner = follow(value)
  if (inner.kind === 'scalar' && (inner.style === '|' || inner.style === '>')) {
    const kept = /(?:\r?\n)((?:[ \t]*\r?\n)*)$/.exec(source.slice(start, end))
    if (kept) end -= kept[1]!.length
  }
  return { start: lineStart, end, text: '', why }
}

/** Takes items out of a list that keeps others. undefined: it cannot be done without touching something else. */
export function removeItems(
  source: string,
  list: SeqNode,
  gone: (item: Node) => boolean,
  why: string,
): Change[] | undefined {
  const { items } = list
  const shape = layout(source)
  const changes: Change[] = []
  for (let i = 0; i < items.length; i++) {
    if (!gone(items[i]!)) continue
    let last = i
    while (last + 1 < items.length && gone(items[last + 1]!)) last++
    const next = items[last + 1]
    if (list.flow) {
      const start = next ? items[i]!.start : items[i - 1]!.end
      changes.push({ start, end: next ? next.start : items[last]!.end, text: '', why })
    } else {
      const start = shape.lastIndexOf('\n', items[i]!.start - 1) + 1
      if (!/^[ \t]*-[ \t]*$/.test(shape.slice(start, items[i]!.start))) return undefined
      const newline = shape.indexOf('\n', endOf(source, items[last]!))
      changes.push({ start, end: newline < 0 ? source.length : newline + 1, text: '', why })
    }
    i = last
  }
  return changes
}
