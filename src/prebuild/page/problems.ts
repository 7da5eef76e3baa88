import { type Content, html } from './html.ts'
import type { PageInput, Section } from './types.ts'
import { because, codes, sentence } from './words.ts'

/** What stops the build, all at once, with the way out of each. */
export function problems({ problems, plan }: PageInput): Section | undefined {
  if (problems.length === 0) return undefined
  const { missing } = plan.analysis
  const hints = new Set<string>()
  const item = ({ code, message, hint }: PageInput['problems'][number]): Content => {
    // One way out is often that of several.
    const fresh = hint !== undefined && !hints.has(hint)
    if (fresh) hints.add(hint)
    const what =
      code === 'KILN_PARAMETERS_MISSING'
        ? html`The images depend on parameters that have no value: ${codes(missing)}.`
        : sentence(message)
    return html`<li>
<p>${what} <span class="code">${code}</span></p>
${fresh && wayOut(hint)}
</li>
`
  }
  return {
    id: 'problems',
    title: 'In the way',
    body: html`<ol class="problems">
${problems.map(item)}</ol>`,
  }
}

/** A hint: sentences, and lines to copy, which are indented. */
function wayOut(hint: string): Content {
  const parts = hint.split(/\n(?=\s)|(?<=\n\s.*)\n(?=\S)/)
  return html`<div class="hint">${parts.map((part) =>
    /^\s/.test(part) ? html`<code>${part.trimStart()}</code>` : html`<p>${part}</p>`,
  )}</div>`
}

/** What stops nothing but should be known, and what is left alone. */
export function notes({ plan }: PageInput): Section | undefined {
  const { warnings, skipped } = plan.analysis
  if (warnings.length === 0 && skipped.length === 0) return undefined
  return {
    id: 'notes',
    title: 'To know',
    body: html`${
      warnings.length > 0 &&
      html`<ul class="notes">
${warnings.map(({ message }) => html`<li>${sentence(message)}</li>\n`)}</ul>`
    }
${
  skipped.length > 0 &&
  html`<h3>Left alone</h3>
<dl class="pairs">
${skipped.map(({ path, why }) => html`<div><dt><code>${path}</code></dt><dd>${because(why)}</dd></div>\n`)}</dl>`
}`,
  }
}
