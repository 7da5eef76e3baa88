import { readFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import * as z from 'zod/mini'
import { inputError, isErrno } from '../../core/error.ts'

/** What the user says a base image is. */
export type Mapping = { readonly os: string; readonly arch?: string | undefined } | { readonly image: string }

/** Names of base images and what they are: the content of `--bases FILE`. */
export type BaseMap = ReadonlyMap<string, Mapping>

const filled = z.string().check(z.minLength(1))
const mapping = z.union([
  z.strictObject({ os: filled, arch: z.optional(filled) }),
  z.strictObject({ image: filled }),
])

/**
 * The text of a bases file. `origin` names it in errors.
 * @throws KilnError `KILN_BASES_INVALID` naming every wrong entry at once.
 */
export function parseBaseMap(text: string, origin: string): BaseMap {
  const document = parseDocument(text)
  const broken = document.errors[0]
  if (broken) throw invalid(origin, `it is not YAML: ${broken.message.split('\n')[0]!.replace(/:$/, '')}`)
  const data: unknown = document.toJS({ mapAsMap: true, maxAliasCount: 100 })
  if (data === null || data === undefined) return new Map()
  if (!(data instanceof Map)) throw invalid(origin, 'it must be a map from names of images to what they are')
  const wrong: string[] = []
  const result = new Map<string, Mapping>()
  for (const [key, value] of data) {
    const parsed = mapping.safeParse(value instanceof Map ? Object.fromEntries(value) : value)
    if (parsed.success) result.set(String(key), parsed.data)
    else wrong.push(`"${String(key)}" is neither {os: …} nor {image: …}`)
  }
  if (wrong.length > 0) throw invalid(origin, wrong.join('; '))
  return result
}

/** The bases file at `path`, which errors call `origin`. @throws KilnError `KILN_FILE_MISSING`, `KILN_BASES_INVALID`. */
export async function readBaseMap(path: string, origin: string): Promise<BaseMap> {
  try {
    return parseBaseMap(await readFile(path, 'utf8'), origin)
  } catch (error) {
    if (isErrno(error, 'EISDIR'))
      throw inputError('KILN_FILE_MISSING', `${origin}, which --bases names, is a folder.`)
    if (!isErrno(error, 'ENOENT')) throw error
    throw inputError('KILN_FILE_MISSING', `There is no file ${origin}, which --bases names.`)
  }
}

function invalid(origin: string, why: string) {
  return inputError('KILN_BASES_INVALID', `The bases file ${origin} is not valid: ${why}.`, {
    hint: 'Each line says what one image is, as in:\n  corp-web-base: {os: debian-13}',
  })
}
