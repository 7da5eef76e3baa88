import { changesOf, type FileChange } from './changes.ts'
import { clipped, type Shown } from './clip.ts'
import type { Stretch } from './hidden.ts'
import { type Content, type Html, html } from './html.ts'
import type { Hunk, Line } from './hunks.ts'
import { masked } from './mask.ts'
import type { PageInput, Section } from './types.ts'
import { breakable, count, digits } from './words.ts'

/** What is written anew, line by line. */
export function differences(input: PageInput): Section | undefined {
  const { plan, rewritten, problems, names, made } = input
  const wanted = plan.analysis.instances.length > 0
  const section = (body: Html): Section => ({ id: 'changes', title: 'Changes to the template', body })
  if (rewritten === undefined)
    return wanted
      ? section(html`<p>No new template would be written while something is in the way.</p>`)
      : undefined
  const unknown = [...names.values()].filter(({ known }) => !known).map(({ name }) => name)
  const changes = changesOf(rewritten, input.read, unknown, input)
  if (changes.length === 0) return wanted ? section(html`<p>None.</p>`) : undefined
  return section(html`<p>${
    made
      ? 'These lines are all that is different in what was written.'
      : problems.length > 0
        ? 'As far as it is known by now: nothing is written while something is in the way.'
        : 'These lines are all that would be different.'
  } Every other byte stays as it is.${
    unknown.length > 0 && ' Names with xxxxxxxxxxxx are completed by the build.'
  }</p>
${changes.map((change, i) => file(change, `change-${i + 1}`))}`)
}

function file(change: FileChange, id: string): Html {
  const { original, copy, environment, added, removed, hunks } = change
  return html`<div class="file">
<h3 id="${id}"><code>${breakable(original)}</code></h3>
<p class="soft">${
    copy !== undefined &&
    html`as a copy, <code>${breakable(copy)}</code>${environment && ', to be given with -e in its place'}: `
  }${count(added, 'line')} added,
${count(removed, 'line')} removed</p>
<div class="scroll" role="region" tabindex="0" aria-labelledby="${id}">
<table class="diff">
<thead class="unseeable"><tr><th scope="col">Old line</th><th scope="col">New line</th><th scope="col">Change</th><th scope="col">Text</th></tr></thead>
${hunks.map((hunk) => lines(hunk, change.hidden))}</table>
</div>
</div>
`
}

function lines(hunk: Hunk, hidden: readonly Stretch[]): Html {
  const first = hunk.lines.find(({ old }) => old !== undefined)?.old ?? hunk.lines[0]?.new ?? 0
  const last = hunk.lines.findLast(({ old }) => old !== undefined)?.old ?? first
  const where = first === last ? `Line ${digits(first)}` : `Lines ${digits(first)} to ${digits(last)}`
  return html`<tbody>
<tr class="hunk"><th colspan="4" scope="rowgroup"><span>${where}: ${reasons(hunk)}</span></th></tr>
${hunk.lines.map((line) => row(line, hidden))}</tbody>
`
}

/** Why lines change; of many reasons the first ones. */
function reasons({ reasons }: Hunk): string {
  const shown = reasons.length > 4 ? reasons.slice(0, 3) : reasons
  const more = reasons.length - shown.length
  return `${shown.join('; ')}${more > 0 ? `; and ${digits(more)} more` : ''}`
}

const ROWS = {
  ' ': { kind: 'same', sign: '' },
  '-': { kind: 'gone', sign: '\u2212' },
  '+': { kind: 'come', sign: '+' },
} as const

function row(line: Line, hidden: readonly Stretch[]): Html {
  const { kind, sign } = ROWS[line.sign]
  const pieces = clipped(masked(line.pieces, hidden)).map(piece)
  const text =
    line.sign === '-' ? html`<del>${pieces}</del>` : line.sign === '+' ? html`<ins>${pieces}</ins>` : pieces
  return html`<tr class="${kind}"><td class="n">${line.old}</td><td class="n">${line.new}</td><td class="s">${sign}</td><td class="t">${text}</td></tr>
`
}

function piece(shown: Shown): Content {
  if ('omitted' in shown)
    return html`<span class="omitted">\u2026 ${count(shown.omitted, 'character')} \u2026</span>`
  if (shown.hidden) return html`<span class="omitted">hidden</span>`
  if (!shown.changed) return shown.text
  const text = shown.text.trimStart()
  return html`${shown.text.slice(0, shown.text.length - text.length)}<mark>${text}</mark>`
}
