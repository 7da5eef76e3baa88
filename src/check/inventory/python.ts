import { normalName } from '../../tools/python/file.ts'
import type { PythonPackage } from './types.ts'

/** What a Python package says of itself, and which files it brought. Debian's own are in its packages. */
const INFO = /^(?!usr\/lib\/python3\/)(.+\.dist-info)\/(METADATA|RECORD)$/

/** `METADATA` or `RECORD` where a path is one of these files. */
export function pythonInfo(path: string): 'METADATA' | 'RECORD' | undefined {
  return INFO.exec(path)?.[2] as 'METADATA' | 'RECORD' | undefined
}

/** The package that a `METADATA` file is of; undefined where it names none. */
export function pythonPackage(path: string, text: string): PythonPackage | undefined {
  // The description, which may hold anything, comes after an empty line.
  const head = text.split(/\r?\n\r?\n/, 1)[0]!
  const field = (name: string) =>
    new RegExp(`^${name}:[ \\t]*(\\S[^\\r\\n]{0,200})`, 'im').exec(head)?.[1]?.trim()
  const [name, version] = [field('Name'), field('Version')]
  if (!name || !version) return undefined
  const licence = field('License-Expression') ?? field('License')
  return {
    name: normalName(name),
    version,
    path: `/${INFO.exec(path)![1]}`,
    ...(licence === undefined || /^unknown$/i.test(licence) ? {} : { licence }),
  }
}
