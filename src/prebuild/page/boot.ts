import type { Residue } from '../../heat/index.ts'
import { type Content, html } from './html.ts'
import { column, groupedTable } from './table.ts'
import type { PageInput, Section } from './types.ts'
import { because, breakable, codes, count } from './words.ts'

/** More instances than these are counted first, then named. */
const NAMED = 3

/** What still happens at boot, and why. Instances that have the same left are told of once. */
export function boot({ residue, plan }: PageInput): Section | undefined {
  if (plan.analysis.instances.length === 0) return undefined
  const groups = grouped(residue).map(({ paths, reasons }) => ({
    title: titleOf(paths, plan.analysis.instances.length),
    rows: [...reasons].map(([why, what]) => [
      html`<ul class="lines">${what.map((one) => html`<li>${breakable(one)}</li>`)}</ul>`,
      because(why),
    ]),
  }))
  return {
    id: 'boot',
    title: 'What stays for the boot',
    body:
      groups.length === 0
        ? html`<p>Nothing that Kiln sees.</p>`
        : groupedTable(
            'What still happens when instances boot',
            [column('What', 'name'), column('Why')],
            groups,
          ),
  }
}

/** Whose boot it is about. */
function titleOf(paths: readonly string[], all: number): Content {
  if (paths.length <= NAMED) return codes(paths)
  if (paths.length === all) return `All ${count(all, 'instance')}`
  return html`${count(paths.length, 'instance')}<br><span class="soft">${codes(paths)}</span>`
}

/** What belongs to the same instances together, and in there what has the same reason. */
function grouped(residue: readonly Residue[]) {
  const things = new Map<string, { readonly entry: Residue; readonly paths: Set<string> }>()
  for (const entry of residue) {
    const key = JSON.stringify([entry.what, entry.why])
    const known = things.get(key)
    if (known) known.paths.add(entry.path)
    else things.set(key, { entry, paths: new Set([entry.path]) })
  }
  const groups = new Map<
    string,
    { readonly paths: readonly string[]; readonly reasons: Map<string, string[]> }
  >()
  for (const { entry, paths } of things.values()) {
    const key = JSON.stringify([...paths])
    const group = groups.get(key) ?? { paths: [...paths], reasons: new Map<string, string[]>() }
    group.reasons.set(entry.why, [...(group.reasons.get(entry.why) ?? []), entry.what])
    groups.set(key, group)
  }
  // What all have in common first.
  return [...groups.values()].sort((a, b) => b.paths.length - a.paths.length)
}
