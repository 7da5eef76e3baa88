import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { inputError, isErrno } from '../core/error.ts'
import { readableJson } from '../core/json.ts'
import { writeWhole } from '../core/write.ts'
import { isAddress, isPackageFile } from '../tools/apt/repository.ts'
import { isPythonFile } from '../tools/python/file.ts'
import { LOCK_VERSION, type Lock } from './lock.ts'

/** Where the lock of the recipe in the file `recipe` lies. */
export function lockPathOf(recipe: string): string {
  return join(dirname(recipe), 'kiln.lock')
}

/**
 * The lock at `path`, undefined when there is none; with `old: 'ignore'` also when it is of another version of Kiln.
 * @throws KilnError `KILN_LOCK_INVALID` when the file is something else: it is not ours to overwrite. `KILN_LOCK_STALE`
 *   when it is of another version.
 */
export async function readLock(
  path: string,
  options: { readonly old?: 'refuse' | 'ignore' } = {},
): Promise<Lock | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
  const data = parsed(text)
  if (!isObject(data) || typeof data.recipe !== 'string' || !Array.isArray(data.base))
    throw inputError('KILN_LOCK_INVALID', `${path} is not a lock of Kiln.`, {
      hint: 'Remove it to have a new one made.',
    })
  const lock = asLock(data)
  if (!lock && data.version === LOCK_VERSION)
    throw inputError('KILN_LOCK_INVALID', `The lock ${path} says something that no lock says.`, {
      hint: 'Somebody changed it by hand, or it was damaged: take it from where it came from, or remove it to have a new one made.',
    })
  if (!lock && options.old !== 'ignore')
    throw inputError(
      'KILN_LOCK_STALE',
      `The lock ${path} has format ${String(data.version)}, and this version of Kiln uses format ${LOCK_VERSION}.`,
      { hint: 'Lock anew with --update; what is locked then is what the repositories offer today.' },
    )
  return lock
}

/**
 * `data` as a lock, undefined when it is none that this Kiln can use. A lock comes with a recipe, from wherever that
 * comes from: what it says becomes names of files and arguments.
 */
export function asLock(data: unknown): Lock | undefined {
  if (!isObject(data) || data.version !== LOCK_VERSION) return undefined
  const { epoch, mirrors, groups } = data
  const texts = [data.recipe, data.os].every((member) => typeof member === 'string')
  const fits =
    texts &&
    Number.isSafeInteger(epoch) &&
    isObject(mirrors) &&
    isAddress(mirrors.archive) &&
    isAddress(mirrors.security) &&
    (data.image === undefined || isBaseImage(data.image)) &&
    (data.python === undefined || isLockedPython(data.python)) &&
    areFiles(data.base) &&
    areNames(data.essential) &&
    isAsked(data.asked) &&
    isListOf(data.repositories, isRepository) &&
    isObject(data.tools) &&
    areFiles(data.tools.packages) &&
    isListOf(groups, (group) => isObject(group) && areNames(group.wanted) && areFiles(group.packages))
  return fits ? (data as unknown as Lock) : undefined
}

function isAsked(value: unknown): boolean {
  const isText = (text: unknown) => typeof text === 'string'
  return isObject(value) && Object.values(value).every((member) => isText(member) || isListOf(member, isText))
}

function isRepository(value: unknown): boolean {
  return (
    isObject(value) &&
    isAddress(value.uri) &&
    typeof value.suite === 'string' &&
    isListOf(value.releases, (release) => isObject(release) && Array.isArray(release.signers))
  )
}

/** Its mounts become paths and words of a shell script, its digest the name of a file. */
function isBaseImage(value: unknown): boolean {
  const isWord = (word: unknown) => typeof word === 'string' && /^[\w.-]*$/.test(word)
  const isMount = (mount: unknown) =>
    isObject(mount) &&
    /^(\/[\w.-]+)+$|^\/$/.test(String(mount.at)) &&
    !/\/\.\.?(\/|$)/.test(String(mount.at)) &&
    Number.isSafeInteger(mount.partition) &&
    [mount.uuid, mount.label, mount.partitionUuid].every(isWord)
  return (
    isObject(value) &&
    typeof value.source === 'string' &&
    /^[0-9a-f]{64}$/.test(String(value.sha256)) &&
    [value.size, value.virtualSize, value.content].every(Number.isSafeInteger) &&
    ['gpt', 'msdos', 'none'].includes(String(value.table)) &&
    isListOf(value.firmware, (one) => one === 'bios' || one === 'uefi') &&
    isListOf(value.mounts, isMount) &&
    (value.mounts as unknown[]).length > 0
  )
}

function isLockedPython(value: unknown): boolean {
  const arePythonFiles = (list: unknown) => isListOf(list, (file) => isObject(file) && isPythonFile(file))
  return (
    isObject(value) &&
    /^\d+\.\d+$/.test(String(value.version)) &&
    (value.installer === undefined || areFiles([value.installer])) &&
    isListOf(value.indexes, isAddress) &&
    areNames(value.wanted) &&
    isObject(value.needs) &&
    areNames(Object.keys(value.needs)) &&
    Object.values(value.needs).every(areNames) &&
    arePythonFiles(value.files) &&
    isListOf(
      value.builds,
      (build) => isObject(build) && areNames([build.name]) && arePythonFiles(build.files),
    )
  )
}

function isListOf(value: unknown, fits: (entry: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(fits)
}

function areFiles(value: unknown): boolean {
  return isListOf(value, (file) => isObject(file) && isPackageFile(file as never))
}

function areNames(value: unknown): boolean {
  return isListOf(value, (name) => typeof name === 'string' && /^[a-z0-9][a-z0-9+.:-]*$/i.test(name))
}

/** Writes a lock so that it is either as before or complete. */
export async function writeLock(path: string, lock: Lock): Promise<void> {
  await writeWhole(path, readableJson(lock, { sorted: true }))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
