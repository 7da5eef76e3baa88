import { inputError, KilnError } from '../../core/error.ts'
import { analyse } from '../analyse.ts'
import { memoryFiles } from '../files.ts'
import { isList, isMap } from '../python.ts'
import { type Document, readDocument } from '../read/document.ts'
import type { Analysis, Choice, Value } from '../types.ts'
import type { Written } from './copies.ts'
import { applyChanges } from './edits.ts'
import { patched } from './expected.ts'
import type { Sheet, Sheets } from './sheets.ts'

/**
 * Reads everything again: the data must be the old data with the patches, the analysis the old one with the new images.
 * `left`: the needs that are gone, by instance.
 */
export function verify(
  analysis: Analysis,
  choices: ReadonlyMap<string, Choice>,
  written: Written,
  sheets: Sheets,
  left: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  const { options } = analysis.source
  for (const sheet of sheets.all()) verifySheet(sheet, { awsTags: options.lenientAws === true })
  for (const sheet of written.environmentSheets) verifySheet(sheet, { yamlOnly: true })
  const again = analyse({
    ...options,
    environments: options.environments?.map((path) => written.environments.get(path) ?? path) ?? [],
    files: memoryFiles(new Map([[options.template, written.main], ...written.files]), options.files),
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

function verifySheet(sheet: Sheet, options: { awsTags?: boolean; yamlOnly?: boolean }): void {
  const { document, changes, patches } = sheet
  let now: Document
  try {
    now = readDocument(applyChanges(document.text, changes)!, document.name, options)
  } catch (error) {
    if (!(error instanceof KilnError)) throw error
    throw fault(`it cannot be read any more (${error.message})`)
  }
  if (identical(now.value, patched(document.value, patches))) return
  // What made it YAML was in what went, and 1e3 is a text in YAML only.
  if (now.syntax !== document.syntax)
    throw inputError(
      'KILN_TEMPLATE_NOT_WRITABLE',
      `${document.name} would be JSON when it is rewritten, which has other numbers than YAML`,
      { hint: 'Write it as JSON or as YAML throughout.' },
    )
  throw fault(`${document.name} changed elsewhere too`)
}

function fault(message: string) {
  return new KilnError(
    'KILN_TEMPLATE_REWRITE',
    `the rewritten template does not say what it should: ${message}`,
    {
      hint: 'Nothing was written. If the template shares parts by anchors and aliases, write the image at each resource; else please report this.',
    },
  )
}

/** The same data of the same types, keys in the same order. */
function identical(a: Value, b: Value): boolean {
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => identical(item, b[i]!))
  if (!isMap(a)) return Object.is(a, b)
  if (!isMap(b) || a.size !== b.size) return false
  const others = b.entries()
  for (const [key, value] of a) {
    const [name, other] = others.next().value!
    if (!Object.is(key, name) || !identical(value, other)) return false
  }
  return true
}
