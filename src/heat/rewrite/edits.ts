import { type Entry, follow, type MapNode, type Node } from '../read/nodes.ts'
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
  if (syntax === 'json' || style === '"') return JSON.stringify(name)
  const printable = !/[\0-\x1f\x7f-\x9f\u2028\u2029\ufeff]/.test(name)
  if (style === "'" && printable) return `'${name.replaceAll("'", "''")}'`
  const plain =
    /^[A-Za-z0-9_][A-Za-z0-9_.+/-]*$/.test(name) && plainTag(name) === 'str' && !/^[0-9.+-]/.test(name)
  return plain && !/^(?:y|n)$/i.test(name) ? name : JSON.stringify(name)
}

/** Replaces the value of a map's entry (or a list's item) by a scalar; an expression over several lines goes as a whole. */
export function replaceValue(
  source: string,
  node: Node,
  entry: Entry | undefined,
  text: string,
  why: string,
): Change {
  const end = endOf(source, node)
  if (entry !== undefined && node.kind !== 'alias') {
    const gap = source.slice(entry.key.end, node.start)
    const colon = /^["']?[ \t]*:([ \t]*\r?\n\s*)$/.exec(gap)
    if (colon) return { start: node.start - colon[1]!.length, end, text: ` ${text}`, why }
    // An empty value stands right behind its colon.
    if (node.start === node.end && gap.endsWith(':'))
      return { start: node.start, end: node.end, text: ` ${text}`, why }
  }
  return { start: node.start, end, text, why }
}

/** A block text ends behind its last line break; what replaces it leaves that where it is. */
function endOf(source: string, node: Node): number {
  let { end } = node
  if (node.kind === 'scalar' && (node.style === '|' || node.style === '>'))
    while (end > node.start && (source[end - 1] === '\n' || source[end - 1] === '\r')) end--
  return end
}

/** Adds an entry in front of a map's first one. */
export function addEntry(
  source: string,
  map: MapNode,
  key: string,
  text: string,
  why: string,
): Change | undefined {
  if (map.flow) return { start: map.start + 1, end: map.start + 1, text: `${key}: ${text}, `, why }
  const first = map.written[0]?.key.start ?? map.start
  const lineStart = source.lastIndexOf('\n', first - 1) + 1
  const lead = source.slice(lineStart, first)
  const indent = /^\s*$/.test(lead) ? lead : ' '.repeat(lead.length)
  const newline = source.slice(0, first).includes('\r\n') ? '\r\n' : '\n'
  return { start: first, end: first, text: `${key}: ${text}${newline}${indent}`, why }
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
  if (written.every(gone)) return [replaceValue(source, map, entry, '{}', why)]
  const changes: Change[] = []
  for (let i = 0; i < written.length; i++) {
    if (!gone(written[i]!)) continue
    let last = i
    while (last + 1 < written.length && gone(written[last + 1]!)) last++
    const change = map.flow ? removeFlow(map, i, last, why) : removeBlock(source, map, i, last, why)
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
    if (!/^[ \t\r]*(?:#.*)?$/.test(rest)) return undefined
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
