import { KilnError } from '../../core/error.ts'
import type { Plan } from '../analyse.ts'
import { residueOf } from '../needs/residue.ts'
import type { Analysis, Choice, RewriteOptions, Rewritten } from '../types.ts'
import { writeAll } from './copies.ts'
import { changeImage } from './images.ts'
import { dropBaked } from './removals.ts'
import { dropRequests } from './requests.ts'
import { Sheets } from './sheets.ts'
import { verify } from './verify.ts'

/**
 * The template with new image names (`choices`: instance path → image and what was baked), edited by position. Nested templates
 * that change become copies beside the old ones, one for each content, and their parents name the copies.
 * The result has been read and analysed again (unless `unchecked`); if it does not say what it should, this throws.
 */
export function rewrite(
  analysis: Analysis,
  choices: ReadonlyMap<string, Choice>,
  options: RewriteOptions = {},
): Rewritten {
  const plan = analysis.source.plan as Plan | undefined
  if (plan === undefined)
    throw new KilnError('KILN_TEMPLATE_REWRITE', 'a template that could not be read cannot be rewritten')
  const known = new Set(plan.places.map((placed) => placed.instance.path))
  for (const path of choices.keys())
    if (!known.has(path))
      throw new KilnError('KILN_TEMPLATE_REWRITE', `there is no instance ${path} to rewrite`)

  const sheets = new Sheets()
  for (const placed of plan.places) {
    const choice = choices.get(placed.instance.path)
    if (choice !== undefined)
      changeImage(sheets.of(placed.found.scope, placed.found.uses.at(-1)), placed, choice.image)
  }
  const left = options.keepMetadata ? new Map<string, Set<string>>() : dropBaked(plan, choices, sheets)
  const unused = dropRequests(plan, choices, sheets)

  const written = writeAll(plan, sheets, analysis.source.options.files)
  if (options.unchecked !== true) verify(analysis, choices, written, sheets, left)
  const why = options.keepMetadata
    ? 'nothing but image references was to change'
    : 'the text they stand in could not be edited safely'
  const residue = plan.places.flatMap(({ instance }) => {
    const choice = choices.get(instance.path)
    const gone = left.get(instance.path) ?? new Set()
    return choice === undefined ? [] : residueOf(instance, choice.baked, { gone, why })
  })
  const { main, files, environments, edits } = written
  const out = new Map<string, string>([[analysis.source.options.template, main], ...files])
  return { text: main, files: out, environments, edits, residue: [...residue, ...unused] }
}
