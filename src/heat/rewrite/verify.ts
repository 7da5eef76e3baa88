import { KilnError } from '../../core/error.ts'
import { analyse } from '../analyse.ts'
import { memoryFiles } from '../files.ts'
import { equal } from '../python.ts'
import { readDocument } from '../read/document.ts'
import type { Analysis, Choice } from '../types.ts'
import { applyChanges } from './edits.ts'
import { patched } from './expected.ts'
import type { Sheets } from './sheets.ts'

/**
 * Reads everything again: the data must be the old data with the patches, the analysis the old one with the new images.
 * `left`: the needs that are gone, by instance.
 */
export function verify(
  analysis: Analysis,
  choices: ReadonlyMap<string, Choice>,
  main: string,
  files: ReadonlyMap<string, string>,
  sheets: Sheets,
  left: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  const { options } = analysis.source
  const fault = (message: string) =>
    new KilnError('KILN_TEMPLATE_REWRITE', `the rewritten template does not say what it should: ${message}`, {
      hint: 'Nothing was written. If the template shares parts by anchors and aliases, write the image at each resource; else please report this.',
    })
  const awsTags = options.lenientAws === true
  for (const sheet of sheets.all()) {
    const { document } = sheet.scope.template
    const text = sheet.use === undefined ? main : applyChanges(document.text, sheet.changes)
    const now = readDocument(text!, sheet.scope.path, { awsTags })
    if (!equal(now.value, patched(document.value, sheet.patches)))
      throw fault(`${sheet.scope.path} changed elsewhere too`)
  }
  const again = analyse({
    ...options,
    files: memoryFiles(new Map([[options.template, main], ...files]), options.files),
  })
  if (again.outcome === 'fail' && analysis.outcome !== 'fail')
    throw fault(again.reasons[0]?.message ?? `it needs ${again.missing.join(', ')}`)
  const before = new Map(analysis.instances.map((instance) => [instance.path, instance]))
  if (again.instances.length !== before.size) throw fault('it has other instances')
  for (const instance of again.instances) {
    const old = before.get(instance.path)
    if (old === undefined) throw fault(`${instance.path} was not there before`)
    const image = choices.get(instance.path)?.image ?? old.image
    if (instance.image !== image) throw fault(`the image of ${instance.path} is not ${image}`)
    const gone = left.get(instance.path) ?? new Set()
    const kept = old.needs
      .filter((need) => !gone.has(need.id) && need.kind !== 'other' && need.kind !== 'hook')
      .map((need) => need.id)
    const now = new Set(instance.needs.map((need) => need.id))
    for (const id of kept)
      if (!now.has(id) && !id.includes(':packages')) throw fault(`${instance.path} lost ${id}`)
    for (const id of gone) if (now.has(id)) throw fault(`${instance.path} still has ${id}`)
    if (instance.userData.runsCfnInit !== old.userData.runsCfnInit)
      throw fault(`${instance.path} changed its user data`)
  }
}
