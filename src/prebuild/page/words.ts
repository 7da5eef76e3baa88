import { redact } from '../../core/redact.ts'
import { withoutStop } from '../../core/text.ts'
import type { Base } from '../bases/index.ts'
import { isBuildable } from '../bases/index.ts'
import type { ImagePlan } from '../plan.ts'
import { type Content, type Html, html } from './html.ts'
import type { ShownName } from './placeholders.ts'

/** `1 image`, `1,024 images`. */
export function count(many: number, one: string, several = `${one}s`): string {
  return `${digits(many)} ${many === 1 ? one : several}`
}

/** `12,345`. */
export function digits(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A size in decimal units, as in `kiln images`: `340 MB`, `1.4 GB`. */
export function size(bytes: number): string {
  const steps = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = Math.min(
    steps.length - 1,
    Math.max(0, Math.floor(Math.log10(Math.max(1, bytes) * 1.0005) / 3)),
  )
  const value = bytes / 1000 ** step
  return `${step > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${steps[step]}`
}

/** A message of Kiln as a sentence of its own: it may begin in the middle of one and has no full stop. */
export function sentence(message: string): string {
  const text = withoutStop(message)
  const begins = /^(the|what|there|its|it|files|services|another) /.test(text)
  return `${begins ? text.slice(0, 1).toUpperCase() + text.slice(1) : text}.`
}

/** A reason as a sentence: it begins in the middle of one. */
export function because(why: string): string {
  const text = /^[a-z]+ /.test(why) ? why.slice(0, 1).toUpperCase() + why.slice(1) : why
  return `${withoutStop(text)}.`
}

/** Text with places where a line may be broken before it must be: behind the separators of paths, types and names. */
export function breakable(text: string): Html {
  // First: a secret that is cut in two would not be found.
  return html`${redact(text)
    .split(/(?<=::|[/_.-])(?=[^/_.:-])/)
    .map((part, i): Content => html`${i > 0 && html`<wbr>`}${part}`)}`
}

/** Names, set apart from the text around them. */
export function codes(names: readonly string[]): Html {
  return html`${names.map((name, i): Content => html`${i > 0 && ', '}<code>${breakable(name)}</code>`)}`
}

/** The name of an image; what of it is not known yet is marked. */
export function imageCode({ name, known }: ShownName): Html {
  if (known) return html`<code class="name">${breakable(name)}</code>`
  return html`<code class="name">${breakable(name.slice(0, -12))}<wbr><span class="unknown">${name.slice(-12)}</span></code>`
}

/** How a base is shown. One that a hidden parameter names is called by what it is. */
export function baseName(image: string, base: Base | undefined, hidden: boolean): string {
  if (!hidden) return image
  return base && 'system' in base && base.system ? base.system.os : '(hidden)'
}

/** What is known of a base: `Debian 13`, or why nothing can be built on it. */
export function baseTitle(base: Base | undefined): Content {
  if (base === undefined) return undefined
  if (isBuildable(base)) return base.system.title
  return html`<span class="no"><span aria-hidden="true">\u2715</span> ${because(base.why)}</span>`
}

/** What an image has on top of its base, counted: `4 packages, 1 service`. */
export function contents({ recipe }: ImagePlan): string {
  const services = recipe.services.enable.length + recipe.services.disable.length
  const parts = [
    [recipe.packages.length, 'package'],
    [services, 'service'],
    [recipe.custom_files.length, 'file'],
    [recipe.users.length, 'user'],
    [recipe.groups.length, 'group'],
    [recipe.repositories.length, 'repository', 'repositories'],
  ] as const
  const said = parts.flatMap(([many, one, several]) => (many > 0 ? [count(many, one, several)] : []))
  return said.join(', ') || 'nothing on top of the base'
}

/** Where a page shows the image of that number, from 0. */
export function imageId(index: number): string {
  return `image-${index + 1}`
}
