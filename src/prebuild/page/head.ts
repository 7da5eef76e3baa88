import { basename, dirname } from 'node:path'
import { type Html, html } from './html.ts'
import type { PageInput } from './types.ts'
import { breakable, count, digits } from './words.ts'

/** What the page is about and how it came out, in a few words and numbers. */
export function head(input: PageInput): Html {
  const { plan, problems, made } = input
  const { instances } = plan.analysis
  const verdict = verdictOf(input)
  const folder = dirname(input.template)
  return html`<header class="head">
<p class="eyebrow">Kiln ${input.kiln} <span aria-hidden="true">·</span> ${made ? 'Prebuild record' : 'Prebuild plan'}</p>
<h1>${breakable(basename(input.template))}</h1>
${folder !== '.' && html`<p class="folder">in <code>${breakable(folder)}</code></p>`}
<p class="verdict ${verdict.kind}"><span class="mark" aria-hidden="true">${verdict.mark}</span> ${verdict.word}</p>
<p class="lede">${verdict.says}</p>
<dl class="figures">
${problems.length > 0 && figure('In the way', problems.length + extraMissing(input))}
${instances.length + problems.length === 0 && figure('Instances', 0)}
${instances.length > 0 && figures(input)}
</dl>
</header>
`
}

function figures({ plan, residue }: PageInput): Html {
  const baked = plan.images.reduce((sum, { recipe }) => sum + inside(recipe), 0)
  return html`${figure('Instances', plan.analysis.instances.length)}
${figure('Images', plan.images.length)}
${figure('In the images', baked)}
${figure('Left for boot', residue.length)}
`
}

/** Missing parameters are one problem but several things to do. */
function extraMissing({ plan }: PageInput): number {
  return Math.max(0, plan.analysis.missing.length - 1)
}

function inside(recipe: PageInput['plan']['images'][number]['recipe']): number {
  const { packages, services, custom_files, users, groups, repositories } = recipe
  return [packages, services.enable, services.disable, custom_files, users, groups, repositories].reduce(
    (sum, list) => sum + list.length,
    0,
  )
}

function figure(name: string, value: number): Html {
  return html`<div><dt>${name}</dt><dd>${digits(value)}</dd></div>`
}

interface Verdict {
  readonly kind: 'good' | 'bad' | 'plain'
  readonly mark: string
  readonly word: string
  readonly says: string
}

/** In words, with a mark: never by colour alone. */
function verdictOf(input: PageInput): Verdict {
  const { plan, problems, made, rewritten } = input
  const instances = plan.analysis.instances.length
  if (problems.length > 0) {
    const says =
      instances === 0
        ? 'Nothing would be built or written. What is in the way is below, all of it.'
        : `Nothing would be built or written until ${problems.length === 1 ? 'what is' : 'all that is'} in the way is gone. Below is what is known so far.`
    return { kind: 'bad', mark: '\u2715', word: 'Cannot be built yet', says }
  }
  if (instances === 0) {
    const stays = rewritten?.edits.length ? 'Only what nobody uses goes from it.' : 'It stays as it is.'
    const says = `No instance of this template starts from an image that Kiln could build. ${stays}`
    return { kind: 'plain', mark: '\u2013', word: 'Nothing to build', says }
  }
  const says = `${from(input)} ${left(input)}`
  return { kind: 'good', mark: '\u2713', word: made ? 'Built' : 'Can be built', says }
}

function from({ plan, made }: PageInput): string {
  const many = plan.analysis.instances.length
  const start = !made ? 'would start' : many === 1 ? 'starts' : 'start'
  return `${count(many, 'instance')} ${start} from ${count(plan.images.length, 'image')}.`
}

function left({ residue }: PageInput): string {
  if (residue.length === 0) return 'Nothing of what Kiln sees is left for the boot.'
  const happen = residue.length === 1 ? 'happens' : 'happen'
  return `${count(residue.length, 'thing')} still ${happen} at boot, each with its reason below.`
}
