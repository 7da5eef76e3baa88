import type { PythonFile } from '../../tools/python/file.ts'
import { comparePythonVersions } from '../../tools/python/version.ts'
import type { Kind, PackageChange } from '../changes.ts'
import type { LockedPython } from './types.ts'

/** What `next` names of Python otherwise than `old`: what is installed, and, as tools, what builds and installs it. */
export function pythonChanges(
  old: LockedPython | undefined,
  next: LockedPython | undefined,
): PackageChange[] {
  const builders = (python: LockedPython | undefined) =>
    (python?.builds ?? []).flatMap(({ name, files }) =>
      files.map((file) => ({ ...file, name: `${file.name} for ${name}` })),
    )
  return [
    ...changesOf(old?.files ?? [], next?.files ?? [], 'image').map((change) => {
      const neededBy = Object.entries(next?.needs ?? {}).flatMap(([name, needs]) =>
        needs.includes(change.name) ? [name] : [],
      )
      const asked = next?.wanted.includes(change.name)
      return change.kind !== 'added' || asked || neededBy.length === 0 ? change : { ...change, neededBy }
    }),
    ...changesOf(builders(old), builders(next), 'tools'),
  ]
}

function changesOf(
  old: readonly PythonFile[],
  next: readonly PythonFile[],
  part: PackageChange['part'],
): PackageChange[] {
  const before = new Map(old.map((file) => [file.name, file]))
  const after = new Map(next.map((file) => [file.name, file]))
  const about = ({ name, uri }: PythonFile, kind: Kind) =>
    ({ name, kind, suite: '', uri, security: false, part, manager: 'pip' }) as const
  return [
    ...[...after.values()].flatMap((file): PackageChange[] => {
      const was = before.get(file.name)
      if (!was) return [{ ...about(file, 'added'), to: file.version }]
      const kind = kindOf(was, file)
      return kind ? [{ ...about(file, kind), from: was.version, to: file.version }] : []
    }),
    ...[...before.values()]
      .filter(({ name }) => !after.has(name))
      .map((file) => ({ ...about(file, 'removed'), from: file.version })),
  ]
}

function kindOf(was: PythonFile, is: PythonFile): Kind | undefined {
  const order = comparePythonVersions(is.version, was.version)
  if (order !== 0 || was.version !== is.version) return order < 0 ? 'older' : 'newer'
  if (was.sha256 !== is.sha256) return 'rebuilt'
  return was.uri === is.uri && was.path === is.path ? undefined : 'moved'
}
