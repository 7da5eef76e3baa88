import type { Plan } from '../analyse.ts'
import type { Choice } from '../types.ts'
import { cloudConfigs, cloudRemoval } from './cloud.ts'
import { initRemovals } from './init.ts'
import type { Removal } from './removal.ts'
import type { Sheets, TemplateSheet } from './sheets.ts'

/** Takes away what is in the images and may leave the template. The needs that are gone, by instance. */
export function dropBaked(
  plan: Plan,
  choices: ReadonlyMap<string, Choice>,
  sheets: Sheets,
): Map<string, Set<string>> {
  const left = new Map<string, Set<string>>()
  const take = (sheet: TemplateSheet, removal: Removal) => {
    sheet.changes.push(...removal.changes)
    for (const path of removal.gone) sheet.patches.push({ path, gone: true })
    for (const { path, text } of removal.texts) sheet.patches.push({ path, to: text })
    for (const [path, ids] of removal.needs) left.set(path, new Set([...(left.get(path) ?? []), ...ids]))
  }
  const chosen = plan.places.flatMap((placed) => {
    const choice = choices.get(placed.instance.path)
    return choice === undefined ? [] : [{ placed, choice }]
  })
  for (const scope of new Set(chosen.map(({ placed }) => placed.found.scope))) {
    const members = chosen.filter(({ placed }) => placed.found.scope === scope)
    const sheet = sheets.of(scope, members[0]!.placed.found.uses.at(-1))
    for (const removal of initRemovals(sheet, members)) take(sheet, removal)
  }
  const all = plan.places.map((placed) => ({ placed, choice: choices.get(placed.instance.path) }))
  const uses = new Map(plan.places.flatMap(({ found }) => found.uses.map((use) => [use.scope, use] as const)))
  for (const shared of cloudConfigs(all)) {
    const { scope } = shared.part
    const use = uses.get(scope)
    // An output of a template without instances: nothing leads to a copy of it.
    if (scope !== plan.scope && use === undefined) continue
    const sheet = sheets.of(scope, use)
    const removal = cloudRemoval(sheet, shared)
    if (removal !== undefined) take(sheet, removal)
  }
  return left
}
