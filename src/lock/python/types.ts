import type { PackageFile } from '../../tools/apt/repository.ts'
import type { PythonFile } from '../../tools/python/file.ts'

/** Packages from an index of Python, as a lock names them. */
export interface LockedPython {
  /** `3.13`: the guest's own Python, which they were chosen for. */
  readonly version: string
  /** The package with pip, where the image itself has none: it installs and does not stay. */
  readonly installer?: PackageFile
  /** Indexes that were asked. */
  readonly indexes: readonly string[]
  /** Names that the recipe asks for; the others came along. */
  readonly wanted: readonly string[]
  /** What is installed, by name: wheels, and source archives that wheels are built from. */
  readonly files: readonly PythonFile[]
  /** Which of them need which others, by name. */
  readonly needs: Readonly<Record<string, readonly string[]>>
  /** What building the wheel of a source archive takes, by its name. */
  readonly builds: readonly PythonBuild[]
}

export interface PythonBuild {
  readonly name: string
  readonly files: readonly PythonFile[]
}

/** All files of Python that a lock names. */
export function pythonFiles(python: LockedPython | undefined): PythonFile[] {
  return python ? [...python.files, ...python.builds.flatMap(({ files }) => files)] : []
}
