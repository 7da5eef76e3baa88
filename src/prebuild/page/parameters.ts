import type { UsedParameter } from '../../heat/index.ts'
import { plain } from '../values.ts'
import { type Content, html } from './html.ts'
import { column, table } from './table.ts'
import type { PageInput, Section } from './types.ts'
import { breakable, codes } from './words.ts'

/** What the images were resolved from. Values of hidden parameters are not shown, nor known here. */
export function parameters({ plan }: PageInput): Section | undefined {
  const { instances, imageRequests } = plan.analysis
  const used = new Map<string, { readonly parameter: UsedParameter; readonly by: string[] }>()
  for (const { path, resolvedFrom } of [...instances, ...imageRequests])
    for (const parameter of resolvedFrom) {
      const known = used.get(parameter.name)
      if (known) known.by.push(path)
      else used.set(parameter.name, { parameter, by: [path] })
    }
  const inside = new Set(
    plan.images.flatMap(({ members }) =>
      members.flatMap(({ instance, baked }) =>
        instance.needs.filter(({ id }) => baked.has(id)).flatMap((need) => need.params),
      ),
    ),
  )
  if (used.size === 0 && inside.size === 0) return undefined
  const rows = [...used.values()]
    .sort((a, b) => (a.parameter.name < b.parameter.name ? -1 : 1))
    .map(({ parameter, by }): Content[] => [
      html`<code>${breakable(parameter.name)}</code>`,
      value(parameter),
      codes(by),
    ])
  return {
    id: 'parameters',
    title: 'Parameters',
    body: html`${
      rows.length > 0 &&
      table(
        'Parameters that the bases were worked out from',
        [column('Parameter', 'name'), column('Value'), column('Decides the base of')],
        rows,
      )
    }
${
  inside.size > 0 &&
  html`<p>What is baked was also worked out from ${codes([...inside].sort())}. An instance with
another value puts it right when it boots.</p>`
}`,
  }
}

function value({ hidden, value }: UsedParameter): Content {
  if (hidden) return html`<span class="soft">hidden, not shown</span>`
  if (value === undefined) return html`<span class="soft">not known</span>`
  const data = plain(value)
  return html`<code>${typeof data === 'string' ? data : JSON.stringify(data)}</code>`
}
