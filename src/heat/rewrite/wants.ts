import { inputError } from '../../core/error.ts'
import { follow, type Node } from '../read/nodes.ts'
import { blockText, replaceValue, scalarText } from './edits.ts'
import { flowText } from './flow.ts'
import type { Sheet, Want } from './sheets.ts'
import { Overrides } from './unshare.ts'
import { type Way, wayId } from './ways.ts'

/**
 * Turns the wants of a sheet into changes. A place that only those share who want the same is written once, where it stands;
 * else each writes its own over it at its use, and what others see stays as it was.
 */
export function writeWants(sheet: Sheet): void {
  const wanted = new Map<string, Want>()
  for (const want of sheet.wants) {
    const id = wayId(want.way)
    const other = wanted.get(id)
    if (other !== undefined && other.text !== want.text) throw shared(sheet, `${other.path} and ${want.path}`)
    if (other !== undefined) continue
    wanted.set(id, want)
    sheet.patches.push({ path: want.way, to: want.text })
  }
  new Writer(sheet, wanted).write()
}

class Writer {
  readonly #sheet: Sheet
  readonly #wanted: ReadonlyMap<string, Want>
  readonly #done = new Set<Want>()
  readonly #overrides: Overrides

  constructor(sheet: Sheet, wanted: ReadonlyMap<string, Want>) {
    this.#sheet = sheet
    this.#wanted = wanted
    this.#overrides = new Overrides(sheet)
  }

  write(): void {
    for (const want of this.#wanted.values()) if (!this.#done.has(want)) this.#place(want)
    this.#overrides.write()
  }

  #at(way: Way): Want | undefined {
    return this.#wanted.get(wayId(way))
  }

  #place(want: Want): void {
    const { ways } = this.#sheet
    const { node } = ways.follow(want.way)!.stops.at(-1)!
    const real = follow(node)
    const users = ways.toAll(real).map((way) => this.#at(way))
    if (users.every((user) => user?.text === want.text)) {
      const owner = users.find((user) => user && ways.follow(user.way)!.stops.at(-1)!.node === real)
      if (owner !== undefined) {
        for (const user of users) this.#done.add(user!)
        this.#replace(owner, false)
        return
      }
    }
    this.#slot(want, node)
  }

  /** The ways to one slot do not all want the same: the one that it is written for changes it, the others write over it. */
  #slot(want: Want, node: Node): void {
    const { ways } = this.#sheet
    const all = ways.to(node)
    const straight = all.find((way) => ways.follow(way)!.bends.length === 0)
    const owner = straight === undefined ? undefined : this.#at(straight)
    if (owner !== undefined) this.#replace(owner, true)
    const bends = (way: Way) => ways.follow(way)!.bends.length
    for (const way of all.toSorted((a, b) => bends(a) - bends(b))) {
      const user = this.#at(way)
      if (user !== undefined) this.#done.add(user)
      if (way === straight) continue
      const wish = user === undefined ? undefined : scalarText(user.text, this.#sheet.document.syntax)
      const seen = this.#overrides.on(way)
      if (seen === undefined ? user?.text === owner?.text : seen === wish) continue
      const text = wish ?? flowText(this.#sheet.document.text, node)
      const why = user?.why ?? `as it was before ${want.why} changed`
      if (text === undefined || !this.#overrides.add(way, text, why)) throw shared(this.#sheet, want.path)
    }
  }

  /** Replaces the slot at a way. `apart`: others look at the old value through its anchors, so these move to them. */
  #replace(want: Want, apart: boolean): void {
    const { document, ways, changes } = this.#sheet
    const { node, entry } = ways.follow(want.way)!.stops.at(-1)!
    if (node.kind === 'scalar' && node.value === want.text) return
    this.#moveAnchors(want, node, apart)
    // YAML that looks like JSON (with a byte order mark, tabs or a comma too many) stays like it.
    const jsonLike = entry !== undefined && document.text[entry.key.start] === '"'
    const style = node.kind === 'scalar' ? node.style : jsonLike ? '"' : ''
    const block = style === '|' ? blockText(document.text, node, want.text) : undefined
    const text = block ?? scalarText(want.text, document.syntax, style === '|' || style === '>' ? '' : style)
    changes.push(replaceValue(document.text, node, entry, text, want.why, apart))
  }

  /** It stands in something that is replaced. */
  #goes(alias: Node): boolean {
    for (const { way } of this.#wanted.values()) {
      const { node } = this.#sheet.ways.follow(way)!.stops.at(-1)!
      if (node.start <= alias.start && alias.end <= node.end) return true
    }
    return false
  }

  /** Aliases of what is replaced, and of what is in it, that still mean the old value: the first becomes the anchor. */
  #moveAnchors(want: Want, node: Node, apart: boolean): void {
    const { document, ways, changes } = this.#sheet
    if (node.kind === 'alias') return
    const moved = new Set<Node>()
    for (const alias of ways.aliases) {
      const { target } = alias
      if (moved.has(target) || target.start < node.start || target.end > node.end) continue
      // The anchor of the value itself stays with what all have agreed on.
      if (target === node && !apart) continue
      const to = ways.to(alias)
      if ((to.length > 0 && to.every((way) => this.#at(way) !== undefined)) || this.#goes(alias)) continue
      const old = flowText(document.text, target)
      if (old === undefined) throw shared(this.#sheet, want.path)
      moved.add(target)
      const name = document.text.slice(alias.start + 1, alias.end)
      const why = `as it was before ${want.why} changed`
      changes.push({
        start: alias.start,
        end: alias.end,
        text: `&${name} ${old}`,
        why,
      })
    }
  }
}

function shared(sheet: Sheet, path: string) {
  return inputError(
    'KILN_TEMPLATE_SHARED',
    `${sheet.document.name}: ${path} shares a part of the template (an anchor or alias) with others that need something else there`,
    { hint: 'Write the image at each of them.' },
  )
}
