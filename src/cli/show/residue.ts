import type { Residue } from '../../heat/index.ts'
import { some } from '../render/format.ts'
import { table } from '../render/table.ts'

/** Instances named in a row: with more, the reason would have no room beside them. */
const NAMED = 2

/** What still happens at boot, and why. What several instances have alike is one row. */
export function residueTable(
  residue: readonly Residue[],
  terminal: { readonly colour: boolean; readonly columns: number },
): string {
  const rows = new Map<string, { readonly paths: string[]; readonly entry: Residue }>()
  for (const entry of residue) {
    const key = JSON.stringify([entry.what, entry.why])
    const row = rows.get(key)
    if (row) row.paths.push(entry.path)
    else rows.set(key, { paths: [entry.path], entry })
  }
  const cells = [...rows.values()].map(({ paths, entry }) => [some(paths, NAMED), entry.what, entry.why])
  return `Still to happen at boot:\n${table(['INSTANCE', 'WHAT', 'WHY'], cells, terminal)}`
}
