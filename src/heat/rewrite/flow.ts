import type { Node, ScalarNode } from '../read/nodes.ts'
import { plainTag } from '../read/scalars.ts'
import { quoted } from './edits.ts'

/**
 * An expression on one line, as it can stand anywhere in YAML; `put` stands in it for what it replaces. undefined: it has anchors
 * of its own, which must not be twice.
 */
export function flowText(
  source: string,
  node: Node,
  put?: { readonly over: Node; readonly text: string },
): string | undefined {
  if (put?.over === node) return put.text
  const written = source.slice(node.start, node.end)
  if (node.kind === 'alias')
    return put && holds(node.target, put.over) ? flowText(source, node.target, put) : written
  if (node.kind === 'scalar') return scalar(written, node)
  if (/(?:^|[\s[{,:])&/.test(written)) return undefined
  const parts: string[] = []
  const nodes = node.kind === 'seq' ? node.items : node.written.flatMap((entry) => [entry.key, entry.value])
  for (const child of nodes) {
    const text = flowText(source, child, put)
    if (text === undefined) return undefined
    parts.push(text)
  }
  if (node.kind === 'seq') return `[${parts.join(', ')}]`
  // What `<<` brings is not among the entries as they are written.
  if ([...node.entries.values()].some((entry) => entry.merged)) return undefined
  return `{${node.written.map((_, i) => `${parts[2 * i]}: ${parts[2 * i + 1]}`).join(', ')}}`
}

function holds(node: Node, other: Node): boolean {
  return node.start <= other.start && other.end <= node.end
}

function scalar(written: string, { value, style }: ScalarNode): string | undefined {
  if (typeof value !== 'string') return style === '' && written !== '' ? written : String(value)
  const oneLine = !/[\r\n\x85\u2028\u2029]/.test(written)
  if ((style === '"' || style === "'") && oneLine) return written
  const plain = style === '' && /^[\w./][^,[\]{}#:&*]*$/.test(written) && plainTag(written) === 'str'
  return plain && oneLine ? written : quoted(value)
}
