import { type Beside, staleText } from '../../build/locked.ts'
import { isFix, type PackageChange } from '../../lock/changes.ts'
import { allPackages } from '../../lock/lock.ts'
import { count } from '../render/format.ts'
import { table } from '../render/table.ts'

interface Options {
  readonly dryRun: boolean
  readonly terminal: { readonly columns: number; readonly colour: boolean }
}

/** Names of packages that need an added one; more are only counted. */
const NEEDED_BY = 3

/** What became of a lock: a sentence, why, and a table of what changed. */
export function lockText(beside: Beside, { dryRun, terminal }: Options): string {
  const { path, lock, stale, changes } = beside
  const date = new Date(lock.epoch * 1000).toISOString().slice(0, 10)
  const python = lock.python ? `, ${count(lock.python.files.length, 'package')} of Python` : ''
  const packages = `${count(allPackages(lock).length, 'package')} of ${lock.os} as of ${date}${python}`
  return [
    ...(stale ? [`The lock was stale: ${staleText(stale)}.`] : []),
    `${path} ${stateText(beside, dryRun)}: ${packages}${changes.length > 0 ? `; ${summary(changes)}` : ''}.`,
    ...(changes.length > 0 ? ['', changesTable(changes, terminal)] : []),
  ].join('\n')
}

/** `2 security fixes, 1 newer, 3 added`. */
export function summary(changes: readonly PackageChange[]): string {
  const image = changes.filter((change) => change.part === 'image')
  const fixes = image.filter(isFix)
  const rest = image.filter((change) => !isFix(change))
  const kinds = [...new Set(rest.map(({ kind }) => kind))]
  const tools = changes.length - image.length
  return [
    ...(fixes.length > 0 ? [count(fixes.length, 'security fix', 'security fixes')] : []),
    ...kinds.map((kind) => `${rest.filter((change) => change.kind === kind).length} ${kind}`),
    ...(tools > 0 ? [`${tools} of the tools`] : []),
  ].join(', ')
}

/** Packages of the image, one a line; those of the tools are only counted. */
export function changesTable(changes: readonly PackageChange[], terminal: Options['terminal']): string {
  const image = changes.filter((change) => change.part === 'image')
  if (image.length === 0) return 'No package of the image is different.'
  return table(
    ['PACKAGE', 'FROM', 'TO', 'WHY'],
    image.map((change) => [shownName(change), change.from ?? '', change.to ?? '', why(change)]),
    terminal,
  )
}

function shownName({ name, manager }: PackageChange): string {
  return manager ? `${name} (${manager})` : name
}

function why({ kind, suite, uri, security, neededBy = [] }: PackageChange): string {
  const where = suite.endsWith('/') || suite === '' ? uri : suite
  if (kind === 'removed') return 'nothing needs it any more'
  if (kind === 'added') {
    const more = neededBy.length - NEEDED_BY
    const names = `${neededBy.slice(0, NEEDED_BY).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
    return `${neededBy.length > 0 ? `needed by ${names}` : 'asked for'}, in ${where}`
  }
  if (kind === 'newer') return security ? `security fix in ${where}` : `newer in ${where}`
  if (kind === 'older') return `${where} has no newer one any more`
  if (kind === 'rebuilt') return `another file of this version in ${where}`
  return `now in ${where}`
}

function stateText({ state }: Beside, dryRun: boolean): string {
  if (state === 'fits') return 'fits already'
  if (state === 'current') return 'is up to date'
  return `${dryRun ? 'would be ' : ''}${state}`
}
