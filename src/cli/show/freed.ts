import type { GcReport, Removal } from '../../store/gc/gc.ts'
import type { Kind } from '../../store/gc/item.ts'
import { bytes, count } from '../render/format.ts'
import { table } from '../render/table.ts'

/** What is shown one by one; of the others there are many, and nobody knows them by name. */
const ALONE: readonly Kind[] = ['version', 'layer', 'tools']

const WHY = {
  age: 'not used lately',
  size: 'least recently used',
  broken: 'of no use',
  left: 'left by a killed process',
} as const

const WORDS: Readonly<Record<Kind, readonly [string, string]>> = {
  version: ['image', 'images'],
  layer: ['layer', 'layers'],
  object: ['file', 'files'],
  base: ['answer of the resolver', 'answers of the resolver'],
  check: ['boot check', 'boot checks'],
  inventory: ['inventory of an image', 'inventories of images'],
  index: ['index of a repository', 'indexes of repositories'],
  lists: ["set of apt's lists", "sets of apt's lists"],
  lock: ['lock of a build that was not finished', 'locks of builds that were not finished'],
  report: ['bug report', 'bug reports'],
  tools: ['tools tree', 'tools trees'],
  temporary: ['temporary file', 'temporary files'],
}

/** The answer of `kiln gc --json`. */
export function freedDocument(report: GcReport, dryRun: boolean): unknown {
  return {
    dryRun,
    freed: report.freed,
    size: report.size,
    removed: report.removed.map(({ kind, id, name, bytes: size, used, why }) => ({
      kind,
      id,
      name,
      bytes: size,
      used: new Date(used).toISOString(),
      why,
    })),
    unreadable: report.unreadable,
    failed: report.failed.map(({ item, reason }) => ({ id: item.id, reason })),
  }
}

/** The answer of `kiln gc` for people. */
export function freedLines(
  report: GcReport,
  { dryRun, maxSize }: { readonly dryRun: boolean; readonly maxSize: number | undefined },
  terminal: { readonly columns: number; readonly colour: boolean },
): string {
  const lines: string[] = []
  const rows = rowsOf(report.removed)
  if (rows.length > 0) lines.push(table(['>SIZE', 'LAST USED', 'WHAT', 'WHY'], rows, terminal), '')
  for (const path of report.unreadable)
    lines.push(`${path} cannot be read as a lock, so no image, layer or package was removed.`)
  for (const { item, reason } of report.failed) lines.push(`${item.path} could not be removed: ${reason}`)
  const size = bytes(report.size)
  if (rows.length === 0) lines.push(`There is nothing to remove; the store takes ${size}.`)
  else if (dryRun)
    lines.push(
      `${bytes(report.freed)} would be freed; the store would then take ${size}. Nothing was removed.`,
    )
  else lines.push(`${bytes(report.freed)} freed; the store now takes ${size}.`)
  if (maxSize !== undefined && report.size > maxSize)
    lines.push(
      `That is more than ${bytes(maxSize)}: the rest is needed by lock files, published images or what is running now.`,
    )
  return lines.join('\n')
}

function rowsOf(removed: readonly Removal[]): string[][] {
  const row = (list: readonly Removal[], what: string, why: string) => {
    const size = list.reduce((sum, { bytes: each }) => sum + each, 0)
    const last = Math.max(...list.map(({ used }) => used))
    return { size, cells: [bytes(size), new Date(last).toISOString().slice(0, 10), what, why] }
  }
  const held = new Map<string, number>()
  for (const { kind, id, bytes: size } of removed) if (kind === 'object') held.set(id, size)
  const alone = removed
    .filter(({ kind }) => ALONE.includes(kind))
    .map((item) => {
      const results = removed.filter(({ id }) => item.holds.includes(id) && held.delete(id))
      return row([item, ...results], `${WORDS[item.kind][0]} ${item.name}`, WHY[item.why])
    })
  const groups = Map.groupBy(
    removed.filter(({ kind, id }) => !ALONE.includes(kind) && (kind !== 'object' || held.has(id))),
    ({ kind, why }) => `${kind} ${why}`,
  )
  const together = [...groups.values()].map((list) => {
    const [one, several] = WORDS[list[0]!.kind]
    return row(list, count(list.length, one, several), WHY[list[0]!.why])
  })
  return [...alone, ...together].sort((a, b) => b.size - a.size).map(({ cells }) => cells)
}
