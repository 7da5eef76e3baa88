import type { Entry } from '../tools/apt/entry.ts'
import { meets } from '../tools/apt/entry.ts'
import type { PackageFile } from '../tools/apt/repository.ts'
import { compareVersions } from '../tools/apt/version.ts'
import { allPackages, type Lock } from './lock.ts'
import { pythonChanges } from './python/changes.ts'

/** `rebuilt`: another file of the same version. `moved`: the same file, offered by another suite or at another place. */
export type Kind = 'newer' | 'older' | 'rebuilt' | 'added' | 'removed' | 'moved'

/** One package that a lock names otherwise than another one. */
export interface PackageChange {
  readonly name: string
  readonly kind: Kind
  readonly from?: string
  readonly to?: string
  /** Where what is named now comes from; for one that is gone, where it came from. */
  readonly suite: string
  readonly uri: string
  /** What is named now comes from a security suite. */
  readonly security: boolean
  /** Whether it becomes a part of the image, or is a program that builds it. */
  readonly part: 'image' | 'tools'
  /** Set for what comes from an index of Python. */
  readonly manager?: 'pip'
  /** Names of packages that need one that was added; the recipe's own wishes need nobody. */
  readonly neededBy?: readonly string[]
}

const ORDER: readonly Kind[] = ['newer', 'older', 'rebuilt', 'added', 'removed', 'moved']

/**
 * What `next` names otherwise than `old`: security fixes first, then by kind and name.
 * @param entry of the index, for who needs what; without it nothing is said of that.
 */
export function packageChanges(
  old: Lock,
  next: Lock,
  entry: (file: PackageFile) => Entry | undefined = () => undefined,
): PackageChange[] {
  const image = changesOf(allPackages(old), allPackages(next), 'image').map((change) =>
    change.kind === 'added' ? { ...change, ...needed(change.name, next, entry) } : change,
  )
  const all = [
    ...image,
    ...changesOf(old.tools.packages, next.tools.packages, 'tools'),
    ...pythonChanges(old.python, next.python),
  ]
  const rank = (change: PackageChange) => [
    change.part === 'image' ? 0 : 1,
    isFix(change) ? 0 : 1,
    ORDER.indexOf(change.kind),
  ]
  return all.sort((a, b) => {
    const [x, y] = [rank(a), rank(b)]
    const n = x.findIndex((value, i) => value !== y[i])
    return n >= 0 ? x[n]! - y[n]! : a.name < b.name ? -1 : 1
  })
}

/** Repositories whose Release is older than the one that `old` was made from, for people. */
export function laggards(old: Lock, next: Lock): string[] {
  return next.repositories.flatMap(({ uri, suite, releases: [is] }) => {
    const was = old.repositories.find((each) => each.uri === uri && each.suite === suite)?.releases[0]
    if (!was?.date || !is?.date || is.date >= was.date) return []
    return [`${uri} ${suite} is of ${is.date}, and the lock was made from ${was.date}`]
  })
}

/** A package that was there already, and whose newer version comes from the security team. */
export function isFix({ security, kind }: PackageChange): boolean {
  return security && kind === 'newer'
}

function changesOf(
  old: readonly PackageFile[],
  next: readonly PackageFile[],
  part: PackageChange['part'],
): PackageChange[] {
  const before = new Map(old.map((file) => [file.name, file]))
  const after = new Map(next.map((file) => [file.name, file]))
  const changes: PackageChange[] = []
  for (const [name, file] of after) {
    const was = before.get(name)
    const kind = was === undefined ? 'added' : kindOf(was, file)
    if (kind !== undefined)
      changes.push({
        ...about(file, kind, part),
        ...(was === undefined ? {} : { from: was.version }),
        to: file.version,
        security: isSecurity(file),
      })
  }
  for (const [name, file] of before)
    if (!after.has(name))
      changes.push({ ...about(file, 'removed', part), from: file.version, security: false })
  return changes
}

function about({ name, suite = '', uri }: PackageFile, kind: Kind, part: PackageChange['part']) {
  return { name, kind, suite, uri, part }
}

function kindOf(was: PackageFile, is: PackageFile): Kind | undefined {
  const order = compareVersions(is.version, was.version)
  if (order !== 0) return order > 0 ? 'newer' : 'older'
  if (was.sha256 !== is.sha256) return 'rebuilt'
  return was.suite === is.suite && was.uri === is.uri && was.path === is.path ? undefined : 'moved'
}

/** Debian's way to name the suites of its security team. */
function isSecurity({ suite = '' }: PackageFile): boolean {
  return suite.endsWith('-security')
}

/** Packages of a lock whose relations name the package `name`, or what it provides. */
function needed(
  name: string,
  lock: Lock,
  entry: (file: PackageFile) => Entry | undefined,
): Pick<PackageChange, 'neededBy'> {
  const files = allPackages(lock)
  const file = files.find((each) => each.name === name)
  const it = file && entry(file)
  if (!it || lock.groups.some((group) => group.wanted.includes(name))) return {}
  const neededBy = files
    .filter((each) => each.name !== name)
    .filter((each) => {
      const { depends, recommends } = entry(each) ?? { depends: [], recommends: [] }
      return [...depends, ...recommends].some((clause) => clause.some((one) => meets(it, one)))
    })
    .map((each) => each.name)
    .sort()
  return neededBy.length > 0 ? { neededBy } : {}
}
