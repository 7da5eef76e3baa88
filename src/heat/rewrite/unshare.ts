import { type Entry, follow, type MapNode, type Node } from '../read/nodes.ts'
import { addEntry, decoration } from './edits.ts'
import { flowText } from './flow.ts'
import type { Sheet } from './sheets.ts'
import { type Bend, type Stop, type Way, wayId } from './ways.ts'

/** What is written over parts of a shared map: texts, and parts of parts. */
type Tree = Map<string, Tree | string>

/** What is written over a map, or in place of what is none. */
type Override = { readonly why: string } & (
  | { readonly map: MapNode; readonly tree: Tree }
  | { readonly map: undefined; readonly tree: string }
)

/** Writes over parts of shared maps where they are used: `*p` becomes `{<<: *p, image: new}`. */
export class Overrides {
  readonly #sheet: Sheet
  readonly #overrides = new Map<Bend['node'], Override>()
  /** What was put below each bend, by the rest of the way. */
  readonly #texts = new Map<Bend['node'], Map<string, string>>()
  /** Anchors of maps that parts are taken over from. */
  readonly #names = new Map<MapNode, string>()

  constructor(sheet: Sheet) {
    this.#sheet = sheet
  }

  /** What was put over `way` so far, at the innermost place on it. */
  on(way: Way): string | undefined {
    for (const { at, node } of this.#sheet.ways.follow(way)!.bends.toReversed()) {
      const text = this.#texts.get(node)?.get(wayId(way.slice(at)))
      if (text !== undefined) return text
    }
    return undefined
  }

  /** Puts `text` at `way`: at the innermost use that nothing else goes through, else at the last one. False: it cannot be done. */
  add(way: Way, text: string, why: string): boolean {
    const { ways } = this.#sheet
    const { stops, bends } = ways.follow(way)!
    const own = (node: Bend['node']) =>
      (node.kind === 'alias' ? ways.to(node) : ways.toAll(node)).length === 1
    const bend = bends.findLast(({ node }) => own(node)) ?? bends.at(-1)
    if (bend === undefined) return false
    const texts = this.#texts.get(bend.node) ?? new Map<string, string>()
    this.#texts.set(bend.node, texts.set(wayId(way.slice(bend.at)), text))
    const whole = (node: Node) =>
      flowText(this.#sheet.document.text, node, { over: stops.at(-1)!.node, text })
    const keys: string[] = []
    let leaf: string | undefined = text
    for (let at = bend.at; at < way.length; at++) {
      const key = way[at]
      const map = follow(stops[at]!.node)
      const first = at === bend.at
      // In a list, or a map of one key, which may be a function, nothing can be written over a part: it is written as a whole.
      if (map.kind !== 'map' || (!first && (map.entries.size < 2 || !this.#named(map, stops[at]!)))) {
        leaf = whole(map)
        break
      }
      if (typeof key !== 'string' || !/^[A-Za-z_][\w:-]*$/.test(key)) return false
      keys.push(key)
    }
    return leaf !== undefined && this.#put(bend.node, keys, leaf, why)
  }

  #put(node: Bend['node'], keys: readonly string[], leaf: string, why: string): boolean {
    const held = this.#overrides.get(node)
    if (keys.length === 0) {
      if (held === undefined) this.#overrides.set(node, { map: undefined, tree: leaf, why })
      return held === undefined
    }
    if (held !== undefined && held.map === undefined) return false
    const override = held ?? { map: follow(node) as MapNode, tree: new Map(), why }
    this.#overrides.set(node, override)
    let { tree } = override
    for (const key of keys.slice(0, -1)) {
      const next: Tree | string = tree.get(key) ?? new Map()
      if (typeof next === 'string') return false
      tree.set(key, next)
      tree = next
    }
    const last = keys.at(-1)!
    if (tree.has(last)) return false
    tree.set(last, leaf)
    return true
  }

  /** Writes all that was added into the sheet. */
  write(): void {
    const { document, changes } = this.#sheet
    for (const [node, override] of this.#overrides) {
      const { map, tree, why } = override
      if (map === undefined) {
        changes.push({ start: node.start, end: node.end, text: tree, why })
        continue
      }
      if (node.kind === 'map') {
        for (const [key, value] of tree)
          changes.push(addEntry(document.text, node, key, this.#part(map, key, value), why))
        continue
      }
      const { start, end } = node
      changes.push({ start, end, text: this.#over(document.text.slice(start, end), map, tree), why })
    }
  }

  #over(alias: string, map: MapNode, tree: Tree): string {
    return `{<<: ${alias}, ${[...tree].map(([key, value]) => `${key}: ${this.#part(map, key, value)}`).join(', ')}}`
  }

  #part(map: MapNode, key: string, value: Tree | string): string {
    if (typeof value === 'string') return value
    const inner = follow(map.entries.get(key)!.value) as MapNode
    return this.#over(`*${this.#names.get(inner)!}`, inner, value)
  }

  /** Gives a shared map an anchor if it has none, so that the rest of it can be taken over. */
  #named(map: MapNode, { node, entry }: Stop): boolean {
    if (this.#names.has(map)) return true
    const { document, changes, ways } = this.#sheet
    const alias = ways.aliases.find(({ target }) => target === map)
    const worn = alias || node !== map || !entry ? undefined : decoration(document.text, map, entry)
    const name = alias ? document.text.slice(alias.start + 1, alias.end) : worn?.anchor?.slice(1)
    if (name !== undefined) {
      this.#names.set(map, name)
      return true
    }
    if (worn !== undefined || node !== map || !entry) return false
    const at = behindColon(document.text, entry, map)
    if (at === undefined) return false
    const fresh = freshName(document.text, String(entry.name), [...this.#names.values()])
    this.#names.set(map, fresh)
    const gap = /\s/.test(document.text[at]!) ? '' : ' '
    changes.push({ start: at, end: at, text: ` &${fresh}${gap}`, why: 'a name for what others share' })
    return true
  }
}

function behindColon(source: string, entry: Entry, value: Node): number | undefined {
  const colon = /^["']?[ \t]*:/.exec(source.slice(entry.key.end, value.start))
  return colon ? entry.key.end + colon[0].length : undefined
}

function freshName(source: string, wish: string, used: readonly string[]): string {
  const base = wish.replaceAll(/[^0-9A-Za-z_-]+/g, '-')
  for (let i = 1; ; i++) {
    const name = i === 1 ? base : `${base}-${i}`
    if (!used.includes(name) && !source.includes(`&${name}`)) return name
  }
}
