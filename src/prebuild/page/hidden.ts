import { str } from '../../heat/python.ts'
import { readDocument } from '../../heat/read/document.ts'
import { type Entry, follow, type MapNode, type Node } from '../../heat/read/nodes.ts'

/** A stretch of a text, by UTF-16 offsets. */
export interface Stretch {
  readonly start: number
  readonly end: number
}

const DECLARED = ['parameters', 'Parameters']
const GIVEN = ['parameters', 'parameter_defaults']
/** What a template has and an environment has not. */
const TEMPLATE = [
  'heat_template_version',
  'HeatTemplateFormatVersion',
  'AWSTemplateFormatVersion',
  'resources',
  'Resources',
]

/**
 * Where values of hidden parameters stand in templates and environment files: defaults of declarations, and what
 * environments give to a parameter that any of the files hides. `texts`: by name; what cannot be read holds none.
 */
export function hiddenStretches(
  texts: ReadonlyMap<string, string>,
  lenientAws: boolean,
): ReadonlyMap<string, readonly Stretch[]> {
  const roots = new Map<string, MapNode>()
  const hidden = new Set<string>()
  const encrypted = new Set<string>()
  for (const [name, text] of texts) {
    const root = rootOf(text, name, lenientAws)
    if (root === undefined) continue
    roots.set(name, root)
    for (const entry of entriesOf(root, DECLARED)) if (isHidden(entry.value)) hidden.add(str(entry.name))
    const names = root.entries.get('encrypted_param_names')
    const list = names && follow(names.value)
    if (list?.kind === 'seq')
      for (const item of list.items.map(follow)) if (item.kind === 'scalar') encrypted.add(str(item.value))
  }
  for (const name of encrypted) hidden.add(name)
  return new Map([...roots].map(([name, root]) => [name, stretches(root, hidden, encrypted)]))
}

function rootOf(text: string, name: string, awsTags: boolean): MapNode | undefined {
  try {
    return readDocument(text, name, { awsTags }).root
  } catch {
    // Not YAML, or not a map: a script, say. Then it declares no parameters.
    return undefined
  }
}

/** Entries of the sections with these names. */
function entriesOf(root: MapNode, sections: readonly string[]): Entry[] {
  return sections.flatMap((section) => {
    const entry = root.entries.get(section)
    const map = entry && follow(entry.value)
    return map?.kind === 'map' ? [...map.entries.values()] : []
  })
}

/** A declaration that does not plainly say no is taken for one that hides. */
function isHidden(declared: Node): boolean {
  const map = follow(declared)
  if (map.kind !== 'map') return false
  const entry = map.entries.get('hidden') ?? map.entries.get('NoEcho')
  const value = entry && follow(entry.value)
  if (value === undefined) return false
  return value.kind !== 'scalar' || !/^(false|no|off|n|0|none|null|)$/i.test(str(value.value))
}

function stretches(root: MapNode, hidden: ReadonlySet<string>, encrypted: ReadonlySet<string>): Stretch[] {
  const found: Stretch[] = []
  const add = (node: Node) => {
    for (const { start, end } of new Set([node, follow(node)])) if (end > start) found.push({ start, end })
  }
  const isTemplate = TEMPLATE.some((key) => root.entries.has(key))
  for (const entry of entriesOf(root, isTemplate ? DECLARED : GIVEN)) {
    const name = str(entry.name)
    if (!isTemplate) {
      if (hidden.has(name)) add(entry.value)
      continue
    }
    const map = follow(entry.value)
    if (map.kind !== 'map' || !(encrypted.has(name) || isHidden(map))) continue
    for (const key of ['default', 'Default']) {
      const value = map.entries.get(key)?.value
      if (value) add(value)
    }
  }
  return found.sort((a, b) => a.start - b.start)
}
