import type { PrebuildPlan } from '../../prebuild/index.ts'
import { count, some } from '../render/format.ts'
import { table } from '../render/table.ts'
import { printable, style } from '../render/text.ts'
import { recipeSummary } from './recipe.ts'
import { residueTable } from './residue.ts'

type Terminal = { readonly colour: boolean; readonly columns: number }

/** What would be built, for people. */
export function planText(plan: PrebuildPlan, template: string, terminal: Terminal): string {
  const paint = style(terminal.colour)
  const { analysis } = plan
  const blocks = [paint.bold(headline(plan, printable(template)))]
  if (analysis.instances.length > 0) blocks.push(instances(plan, terminal))
  if (plan.images.length > 0) {
    const rows = plan.images.map(({ recipe, members, through }) => [
      some(members.map(({ instance }) => instance.path)),
      recipeSummary(recipe, through),
    ])
    blocks.push(table(['BUILT FOR', 'WITH'], rows, terminal))
  }
  if (analysis.missing.length > 0) blocks.push(list('Parameters without a value:', analysis.missing))
  if (analysis.reasons.length > 0)
    blocks.push(
      list(
        'In the way:',
        analysis.reasons.map(({ message }) => message),
      ),
    )
  if (analysis.outcome !== 'fail' && plan.problems.length > 0)
    blocks.push(
      list(
        'Would stop the build:',
        plan.problems.map(({ message }) => message),
      ),
    )
  if (analysis.skipped.length > 0)
    blocks.push(
      list(
        'Left alone:',
        analysis.skipped.map(({ path, why }) => `${path}: ${why}`),
      ),
    )
  if (analysis.warnings.length > 0)
    blocks.push(
      list(
        'To know:',
        analysis.warnings.map(({ message }) => message),
      ),
    )
  if (plan.residue.length > 0) blocks.push(residueTable(plan.residue, terminal))
  return blocks.join('\n\n')
}

function headline(plan: PrebuildPlan, template: string): string {
  switch (plan.analysis.outcome) {
    case 'build':
      return `${count(plan.images.length, 'image')} for ${count(plan.analysis.instances.length, 'instance')} of ${template}`
    case 'nothing-to-build':
      return `Nothing to build for ${template}`
    case 'fail':
      return `Nothing can be built for ${template}`
  }
}

function instances(plan: PrebuildPlan, terminal: Terminal): string {
  const bases = new Map(plan.bases.map((base) => [base.image, base]))
  // What a Kiln::Image asks for is no base of that name.
  const asked = new Map(
    plan.images.flatMap(({ members, base }) => members.map(({ instance }) => [instance.path, base] as const)),
  )
  const rows = plan.analysis.instances.map((instance) => {
    const base = asked.get(instance.path) ?? bases.get(instance.image)
    const what =
      base && 'system' in base && base.system ? base.system.title : base && 'why' in base ? base.why : ''
    const from = instance.resolvedFrom.map((used) => (used.hidden ? `${used.name} (hidden)` : used.name))
    const image = instance.request === undefined ? instance.image : `Kiln::Image ${instance.image}`
    return [instance.path, image, from.join(', '), what]
  })
  return table(['INSTANCE', 'BUILT FROM', 'WHICH COMES FROM', 'IS'], rows, terminal)
}

function list(title: string, items: readonly string[]): string {
  return [title, ...items.map((item) => `  ${printable(item)}`)].join('\n')
}
