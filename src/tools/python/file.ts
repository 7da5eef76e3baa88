import { isAddress } from '../apt/repository.ts'

/** A wheel or a source archive, as a lock names it. */
export interface PythonFile {
  /** Normal form: lower case, one hyphen between words. */
  readonly name: string
  readonly version: string
  /** Its own name: pip reads from it what it is. The path may end otherwise. */
  readonly file: string
  /** `py3-none-any` and the like; `source` for an archive that a wheel is built from. */
  readonly arch: string
  /** Path below {@link uri}. */
  readonly path: string
  /** Who has it. */
  readonly uri: string
  readonly size: number
  readonly sha256: string
}

/** What a wheel or source archive may be called. */
export const FILE = /^[A-Za-z0-9][A-Za-z0-9._+!-]*\.(whl|tar\.gz|zip|tar\.bz2|tgz|tar\.xz)$/

/** The normal form of a project's name: the same for all spellings that pip takes for one. */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

/** What a file is for: the tags of a wheel (`cp313-cp313-manylinux_2_17_x86_64`), or `source`. */
export function archOf(file: string): string {
  return /-([^-]+-[^-]+-[^-]+)\.whl$/.exec(file)?.[1] ?? 'source'
}

/** An address as a lock has it: who has it, and the path there. */
export function placeOf(url: string): Pick<PythonFile, 'uri' | 'path'> {
  const { origin, pathname } = new URL(url)
  return { uri: origin, path: pathname.slice(1) }
}

/** Whether something is what a lock may say of such a file: names become paths and arguments. */
export function isPythonFile(file: Readonly<Partial<Record<keyof PythonFile, unknown>>>): file is PythonFile {
  const fits = (value: unknown, pattern: RegExp) => typeof value === 'string' && pattern.test(value)
  return (
    fits(file.name, /^[a-z0-9]+(-[a-z0-9]+)*$/) &&
    fits(file.version, /^[A-Za-z0-9][A-Za-z0-9.+!_-]*$/) &&
    fits(file.file, FILE) &&
    fits(file.arch, /^[A-Za-z0-9][A-Za-z0-9_.-]*$/) &&
    fits(file.path, /^[^\s/\p{Cc}?#]+(\/[^\s/\p{Cc}?#]+)*$/u) &&
    !String(file.path)
      .split('/')
      .some((part) => part === '..' || part === '.') &&
    isAddress(file.uri) &&
    Number.isSafeInteger(file.size) &&
    Number(file.size) >= 0 &&
    fits(file.sha256, /^[0-9a-f]{64}$/)
  )
}
