import type { Difference, StageWhy, Why } from '../../build/why.ts'
import { some } from '../render/format.ts'
import { style } from '../render/text.ts'

/** How many differences of one stage are told one by one. */
const MOST = 12

const FIELDS: Readonly<Record<string, readonly [string, string]>> = {
  packages: ['package', 'packages'],
  wanted: ['wanted package', 'wanted packages'],
  essential: ['essential package', 'essential packages'],
  files: ['file', 'files'],
  users: ['user', 'users'],
  groups: ['group', 'groups'],
  enable: ['enabled service', 'enabled services'],
  disable: ['disabled service', 'disabled services'],
  services: ['service', 'services'],
}

/** The answer of `kiln why` for people: a line a stage, what is different below it. */
export function whyLines(name: string, why: Why, colour: boolean): string {
  const paint = style(colour)
  const lines = [
    why.outcome === 'hit'
      ? `${name} is in the store: nothing will run.`
      : `${name} is not in the store: ${runs(why.stages)}.`,
  ]
  for (const stage of why.stages) {
    const label = [stage.stage, stage.about].filter(Boolean).join(' ')
    const differences = told(stage.differences)
    const said = differences.slice(0, MOST).map((difference) => sentence(difference))
    const reasons = stage.remark === undefined ? said : [stage.remark]
    const mark = stage.outcome === 'hit' ? paint.green('hit') : paint.red('miss')
    lines.push(`  ${label}: ${mark}${reasons.length === 1 ? `: ${reasons[0]}` : ''}`)
    if (reasons.length > 1) lines.push(...reasons.map((reason) => `      ${reason}`))
    const more = differences.slice(MOST)
    if (more.length > 0)
      lines.push(`      and ${more.length} more: ${some(more.map(({ name: each, field }) => each ?? field))}`)
  }
  return lines.join('\n')
}

/** Once is enough: a package that is new was not wanted before, and what is below changed because the recipe did. */
function told(differences: readonly Difference[]): Difference[] {
  const packages = new Set(differences.filter(({ field }) => field === 'packages').map(({ name }) => name))
  const below = differences.some(({ field }) => field === 'before')
  return differences.filter(
    ({ field, name }) =>
      !(['wanted', 'essential'].includes(field) && packages.has(name)) && !(field === 'recipe' && below),
  )
}

function runs(stages: readonly StageWhy[]): string {
  const missed = stages.filter(({ outcome }) => outcome === 'miss').map(({ stage }) => stage)
  return `${some([...new Set(missed)], 8)} will run`
}

/** `package nginx 1.26-1 → 1.26-2`. */
function sentence({ field, name, was, is }: Difference): string {
  if (field === 'before') return 'what is below it is another'
  if (field === 'stage') return `Kiln makes this stage otherwise now (version ${was} → ${is})`
  if (field === 'recipe') return 'the recipe says something else'
  if (field === 'tools') return `the tools tree ${short(was)} → ${short(is)}`
  if (field === 'epoch') return `the date of the lock ${was} → ${is}`
  const what = [FIELDS[field]?.[0] ?? field, name].filter(Boolean).join(' ')
  if (was === undefined) return `${what} is new${known(is)}`
  if (is === undefined) return `${what} is gone${known(was)}`
  const [before, after] = [version(was), version(is)]
  if (FIELDS[field] && before === undefined) return `${what} has changed`
  return before === after ? `${what} ${before} has other content` : `${what} ${before} → ${after}`
}

function known(value: string | undefined): string {
  const text = value === undefined ? undefined : version(value)
  return text ? ` (${text})` : ''
}

/** Without the digest behind it; undefined where there is nothing else. */
function version(value: string): string | undefined {
  return value.replace(/(^| )[0-9a-f]{12}$/, '') || undefined
}

function short(digest: string | undefined): string {
  return digest?.slice(0, 12) ?? 'none'
}
