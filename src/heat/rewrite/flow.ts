import type { Node, ScalarNode } from '../read/nodes.ts'
import { plainTag } from '../read/scalars.ts'
import { quoted } from './edits.ts'

/** An expression on one line, as it can stand anywhere in YAML. undefined: it has anchors of its own, which must not be twice. */
export function flowText(source: string, node: Node): string | undefined {
  const written = source.slice(node.start, node.end)
  if (node.kind === 'alias') return written
  if (node.kind === 'scalar') return scalar(written, node)
  if (/(?:^|[\s[{,:])&/.test(written)) return undefined
  const parts: string[] = []
  const nodes = node.kind === 'seq' ? node.items : node.written.flatMap((entry) => [entry.key, entry.value])
  for (const child of nodes) {
    const text = flowText(source, child)
    if (text === undefined) return undefined
    parts.push(text)
  }
  if (node.kind === 'seq') return `[${parts.join(', ')}]`
  // What `<<` brings is not among the entries as they are written.
  if ([...node.entries.values()].some((entry) => entry.merged)) return undefined
  return `{${node.written.map((_, i) => `${parts[2 * i]}: ${parts[2 * i + 1]}`).join(', ')}}`
}

function scalar(written: string, { value, style }: ScalarNode): string | undefined {
  if (typeof value !== 'string') return style === '' && written !== '' ? written : String(value)
  const oneLine = !/[\r\n\x85\u2028\u2029]/.test(written)
  if ((style === '"' || style === "'") && oneLine) return written
  const plain = style === '' && /^[\w./][^,[\]{}#:&*]*$/.test(written) && plainTag(written) === 'str'
  return plain && oneLine ? written : quoted(value)
}
