import { readFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import { inputError, isErrno } from '../../core/error.ts'
import { fault, isServiceName, noPackageMap, type PackageMap } from './draft.ts'

/**
 * The text of a package map: `httpd: apache2` or `httpd: [apache2, apache2-utils]` a line; services, where their names
 * differ, in a section of their own (`services: {httpd: apache2}`), packages then optionally below `packages:`.
 * @throws KilnError `KILN_PACKAGE_MAP_INVALID` naming every wrong entry at once.
 */
export function parsePackageMap(text: string, origin: string): PackageMap {
  const document = parseDocument(text)
  const broken = document.errors[0]
  if (broken) throw invalid(origin, `it is not YAML: ${broken.message.split('\n')[0]!.replace(/:$/, '')}`)
  const data: unknown = document.toJS({ mapAsMap: true, maxAliasCount: 100 })
  if (data === null || data === undefined) return noPackageMap
  if (!(data instanceof Map)) throw invalid(origin, 'it must be a map from names to names')
  const packages = new Map<string, readonly string[]>()
  const services = new Map<string, readonly string[]>()
  const wrong: string[] = []
  const take = (key: unknown, value: unknown, into: typeof packages, right: (name: string) => boolean) => {
    const names = Array.isArray(value) ? value : [value]
    if (names.every((name) => typeof name === 'string' && right(name))) into.set(String(key), names)
    else wrong.push(`"${String(key)}" must be one name or a list of names`)
  }
  const isPackage = (name: string) => fault('packages', name) === undefined
  for (const [key, value] of data) {
    if (value instanceof Map && (key === 'packages' || key === 'services'))
      for (const [from, to] of value)
        take(
          from,
          to,
          key === 'packages' ? packages : services,
          key === 'packages' ? isPackage : isServiceName,
        )
    else take(key, value, packages, isPackage)
  }
  if (wrong.length > 0) throw invalid(origin, wrong.join('; '))
  return { packages, services }
}

/** The package map at `path`, which errors call `origin`. @throws KilnError `KILN_FILE_MISSING`, `KILN_PACKAGE_MAP_INVALID`. */
export async function readPackageMap(path: string, origin: string): Promise<PackageMap> {
  try {
    return parsePackageMap(await readFile(path, 'utf8'), origin)
  } catch (error) {
    if (isErrno(error, 'EISDIR'))
      throw inputError('KILN_FILE_MISSING', `${origin}, which --package-map names, is a folder.`)
    if (!isErrno(error, 'ENOENT')) throw error
    throw inputError('KILN_FILE_MISSING', `There is no file ${origin}, which --package-map names.`)
  }
}

function invalid(origin: string, why: string) {
  return inputError('KILN_PACKAGE_MAP_INVALID', `The package map ${origin} is not valid: ${why}.`, {
    hint: 'Each line says what a package is called on the base, as in:\n  httpd: apache2',
  })
}
