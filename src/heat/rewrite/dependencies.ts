import { str } from '../python.ts'
import { type AliasNode, follow, type MapNode, type Node, type SeqNode } from '../read/nodes.ts'
import type { Key } from '../types.ts'
import { removeEntries, removeItems } from './edits.ts'
import type { TemplateSheet } from './sheets.ts'
import type { Way } from './ways.ts'

/**
 * Nothing waits for resources that are gone: `depends_on: img` goes, and so does `img` in a list; a list of nothing else goes as a
 * whole. The answer is a resource where that cannot be written.
 */
export function dropDependencies(
  sheet: TemplateSheet,
  resources: MapNode,
  gone: ReadonlySet<Key>,
  why: string,
): string | undefined {
  const { document, ways, changes, patches, scope } = sheet
  const key = scope.version.kind === 'hot' ? 'depends_on' : 'DependsOn'
  const is = (node: Node) => {
    const real = follow(node)
    return real.kind === 'scalar' && gone.has(real.value)
  }
  /** It stands for something that goes, and is no dependency that goes with it. */
  const lost = (alias: AliasNode, going: readonly Node[]) => {
    const { start, target } = alias
    const within = ({ start: from, end: to }: Node) =>
      target.start >= from && target.end <= to && (start < from || start >= to)
    if (!going.some(within)) return false
    const to = ways.to(alias)
    return to.length === 0 || !to.every((way) => way[2] === key && way.length <= 4)
  }
  const done = new Set<Node>()
  for (const [resource, entry] of resources.entries) {
    const definition = follow(entry.value)
    const depends = definition.kind === 'map' ? definition.entries.get(key) : undefined
    if (depends === undefined || definition.kind !== 'map' || gone.has(resource) || done.has(depends.value))
      continue
    const value = follow(depends.value)
    const inList = value.kind === 'seq' && value.items.some(is)
    if (!inList && !is(value)) continue
    const whole = value.kind !== 'seq' || value.items.every(is)
    const slot = whole ? depends.value : value
    done.add(depends.value).add(slot)
    // All who share it wait for the same, so that for all of them it may go.
    const all = whole ? ways.to(slot) : ways.toAll(slot)
    const own = all.every((way: Way) => way.length === 3 && way[2] === key)
    if (!own || depends.merged) {
      // What is merged goes where it is written, if that is a resource too.
      if (own && writtenIn(resources, depends.value)) {
        done.delete(depends.value)
        continue
      }
      return str(resource)
    }
    if (ways.aliases.some((alias) => lost(alias, whole ? [value] : (value as SeqNode).items.filter(is))))
      return str(resource)
    const made = whole
      ? removeEntries(document.text, definition, entry, (one) => one.name === key, why)
      : removeItems(document.text, value as SeqNode, is, why)
    if (made === undefined) return str(resource)
    changes.push(...made)
    for (const path of all) patches.push(whole ? { path, gone: true } : { path, to: leftOf(value, is) })
  }
  return undefined
}

function writtenIn(resources: MapNode, value: Node): boolean {
  return [...resources.entries.values()].some((entry) => {
    const definition = follow(entry.value)
    return definition.kind === 'map' && definition.written.some((one) => one.value === value)
  })
}

function leftOf(list: Node, is: (item: Node) => boolean): Key[] {
  if (list.kind !== 'seq') return []
  return list.items.filter((item) => !is(item)).map((item) => (follow(item) as { value: Key }).value)
}
