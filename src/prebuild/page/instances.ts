import type { Instance } from '../../heat/index.ts'
import type { ImagePlan } from '../plan.ts'
import { type Html, html } from './html.ts'
import { column, table } from './table.ts'
import type { PageInput, Section } from './types.ts'
import { baseName, baseTitle, breakable, contents, count, imageCode, imageId } from './words.ts'

/** Each instance: what it starts from in the template, and what it will start from. */
export function instances(input: PageInput): Section | undefined {
  const { plan, residue } = input
  const all = plan.analysis.instances
  if (all.length === 0) return undefined
  const images = new Map(
    plan.images.flatMap((image, i) =>
      image.members.map(({ instance }) => [instance.path, { image, id: imageId(i) }] as const),
    ),
  )
  const left = new Map<string, number>()
  for (const { path } of residue) left.set(path, (left.get(path) ?? 0) + 1)
  const rows = all.map((instance) => {
    const chosen = images.get(instance.path)
    return [
      html`<code>${breakable(instance.path)}</code><br><span class="soft">${breakable(instance.type)}</span>`,
      base(instance, input),
      chosen ? image(chosen.image, chosen.id, input) : html`<span class="soft">none yet</span>`,
      chosen ? contents(chosen.image) : '\u2013',
      left.has(instance.path) ? count(left.get(instance.path)!, 'thing') : 'nothing',
    ]
  })
  const { missing, reasons } = plan.analysis
  return {
    id: 'instances',
    title: 'Instances',
    body: html`${
      missing.length + reasons.length > 0 &&
      html`<p>Those whose base is not known yet are not among them.</p>\n`
    }${table(
      'Instances, with what they start from now and then',
      [
        column('Instance', 'name'),
        column('Base in the template'),
        column(input.made ? 'Image' : 'Image it will use'),
        column('In that image'),
        column('Left for boot'),
      ],
      rows,
    )}`,
  }
}

function base(instance: Instance, { plan }: PageInput): Html {
  const request = plan.analysis.imageRequests.find(({ path }) => path === instance.request)
  const asked = request?.properties.get('os')
  const name = typeof asked === 'string' ? asked : instance.image
  const known = plan.bases.find((one) => one.image === name)
  const hidden = instance.resolvedFrom.some((used) => used.hidden)
  return html`<code>${breakable(baseName(name, known, hidden))}</code>${
    known &&
    html`<br><span class="soft">${baseTitle(known)}${known.source === 'map' && ' (by --bases)'}</span>`
  }${request && html`<br><span class="soft">asked for by <code>${request.path}</code></span>`}`
}

function image(plan: ImagePlan, id: string, { names }: PageInput): Html {
  return html`<a href="#${id}">${imageCode(names.get(plan)!)}</a>`
}
