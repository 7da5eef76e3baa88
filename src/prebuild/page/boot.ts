import type { Residue } from '../../heat/index.ts'
import { type Html, html } from './html.ts'
import { column, table } from './table.ts'
import type { PageInput, Section } from './types.ts'
import { codes, count } from './words.ts'

/** More instances than these are counted in the heading and named below it. */
const NAMED = 3

/** What still happens at boot, and why. Instances that have the same left are told of once. */
export function boot({ residue, plan }: PageInput): Section | undefined {
  if (plan.analysis.instances.length === 0) return undefined
  return {
    id: 'boot',
    title: 'What stays for the boot',
    body:
      residue.length === 0
        ? html`<p>Nothing that Kiln sees.</p>`
        : html`${grouped(residue).map(({ paths, reasons }) => part(paths, reasons))}`,
  }
}

function part(paths: readonly string[], reasons: ReadonlyMap<string, readonly string[]>): Html {
  const many = paths.length > NAMED
  return html`<h3>${many ? count(paths.length, 'instance') : codes(paths)}</h3>
${many && html`<p class="soft">${codes(paths)}</p>`}
${table(
  `What stays for the boot of ${many ? 'these' : paths.join(', ')}`,
  [column('What', 'name'), column('Why')],
  [...reasons].map(([why, what]) => [
    html`<ul class="lines">${what.map((one) => html`<li>${one}</li>`)}</ul>`,
    why,
  ]),
)}
`
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
  return [...groups.values()]
}
