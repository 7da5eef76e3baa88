import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { boot } from './boot.ts'
import { differences } from './differences.ts'
import { head } from './head.ts'
import { html, trusted } from './html.ts'
import { images } from './images.ts'
import { instances } from './instances.ts'
import { parameters } from './parameters.ts'
import { notes, problems } from './problems.ts'
import type { PageInput, Section } from './types.ts'

/** From what must be done to what may be read later. */
const SECTIONS = [problems, instances, images, boot, parameters, notes, differences]

/**
 * A plan, or what was built, as one HTML page that loads nothing and runs nothing. The same input gives the same bytes.
 * Everything in it that comes from a template is escaped ({@link html}), and no hidden value is shown.
 */
export function page(input: PageInput): string {
  const styles = stylesheet()
  const sections = SECTIONS.flatMap((section) => section(input) ?? [])
  const kind = input.made ? 'prebuild record' : 'prebuild plan'
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(styles)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="generator" content="Kiln ${input.kiln}">
<link rel="icon" href="data:,">
<title>${basename(input.template)}: ${kind}</title>
<style>${trusted(styles)}</style>
</head>
<body>
<a class="skip" href="#content">To the content</a>
${head(input)}<nav aria-label="On this page"><ul>
${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>\n`)}</ul></nav>
<main id="content">
${sections.map(wrapped)}</main>
<footer><p>Written by Kiln ${input.kiln}. The page loads nothing and runs nothing; the same input gives the same page.</p></footer>
</body>
</html>
`.text
}

function wrapped({ id, title, body }: Section) {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>
`
}

function stylesheet(): string {
  return ['page.css', 'print.css']
    .map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'))
    .join('\n')
}

/** Nothing but our own style sheet, known by its digest, and the empty icon. */
function policy(styles: string): string {
  const digest = createHash('sha256').update(styles).digest('base64')
  return `default-src 'none'; style-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'`
}
