/** A map, list or value of JSON. Members that are `undefined` are left out. */
type Node = unknown

/** Containers that hold only plain values and fit this many characters stand on one line. */
const LINE = 600

/**
 * JSON for people and for diffs: indented by two, but a record of plain values (a package of a lock, say) on one line.
 * Ends with a newline. The order of members is that of `value`; with `sorted` it is alphabetical.
 */
export function readableJson(value: unknown, options: { readonly sorted?: boolean } = {}): string {
  return `${write(value, '', options.sorted ?? false)}\n`
}

function write(value: Node, indent: string, sorted: boolean): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const list = Array.isArray(value)
  const members = list
    ? (value as readonly Node[]).map((item) => ['', item] as const)
    : Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .sort(([a], [b]) => (sorted ? (a < b ? -1 : a > b ? 1 : 0) : 0))
  const [open, close] = list ? '[]' : '{}'
  if (members.length === 0) return `${open}${close}`
  const texts = (inner: string) =>
    members.map(([key, member]) => `${list ? '' : `${JSON.stringify(key)}: `}${write(member, inner, sorted)}`)
  // The document itself is always opened up: its first lines are what people look for.
  if (indent !== '' && members.every(([, member]) => member === null || typeof member !== 'object')) {
    const line = list ? `[${texts('').join(', ')}]` : `{ ${texts('').join(', ')} }`
    if (line.length <= LINE) return line
  }
  const inner = `${indent}  `
  return `${open}\n${texts(inner)
    .map((text) => inner + text)
    .join(',\n')}\n${indent}${close}`
}
