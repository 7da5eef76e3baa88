import { constants } from 'node:fs'
import { access, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { inputError, isErrno, type KilnError } from '../../core/error.ts'
import { replaceable } from '../../core/replace.ts'
import { inputNames } from '../named.ts'
import type { ReadTemplate } from '../request.ts'

/** What of a command line names files. */
interface Names {
  readonly cwd: string
  readonly output?: string | undefined
  readonly bases?: string | undefined
  readonly packageMap?: string | undefined
}

/**
 * Where the page that the user called `given` is written, before anything is done for it.
 * @throws KilnError `KILN_OUTPUT_FOLDER`, `KILN_OUTPUT_NOT_FILE`, `KILN_OUTPUT_IS_INPUT`, `KILN_OUTPUT_TWICE`.
 */
export async function pageFile(given: string, names: Names, template: ReadTemplate): Promise<string> {
  if (given === '') throw inputError('KILN_OUTPUT_FOLDER', 'The name of the page is empty.')
  if (given.endsWith('/'))
    throw inputError('KILN_OUTPUT_NOT_FILE', `${given} is the name of a folder, and a file is to be written.`)
  const path = resolve(names.cwd, given)
  await demandFolder(dirname(path), dirname(given), given)
  const file = await replaceable(path, given)
  // A link may lead elsewhere.
  if (dirname(file) !== dirname(path)) await demandFolder(dirname(file), dirname(file), given)
  const real = await realOf(file)
  const inputs = [...inputNames(template)].map((name) => join(template.root, name))
  for (const named of [names.bases, names.packageMap])
    if (named !== undefined) inputs.push(resolve(names.cwd, named))
  for (const input of inputs)
    if ((await realOf(input)) === real)
      throw inputError(
        'KILN_OUTPUT_IS_INPUT',
        `${given} is read for the page and cannot be the page itself.`,
        {
          hint: 'Give another name, as in --html plan.html.',
        },
      )
  if (names.output === undefined || names.output === '') return file
  const output = resolve(names.cwd, names.output)
  for (const taken of [output, `${output}.kiln.lock`]) {
    const place = await replaceable(taken).catch(() => taken)
    if ((await realOf(place)) === real) throw twice(given)
  }
  return file
}

/** Adds the page to the files that are written together. @throws KilnError `KILN_OUTPUT_TWICE`. */
export function putPage(files: Map<string, string>, path: string, text: string): void {
  if (files.has(path)) throw twice(path)
  files.set(path, text)
}

function twice(given: string): KilnError {
  return inputError(
    'KILN_OUTPUT_TWICE',
    `${given} is written for the new template and cannot be the page, too.`,
    {
      hint: 'Give another name, as in --html plan.html.',
    },
  )
}

/** @param shown what the user calls it. @param given what the user calls the page. */
async function demandFolder(folder: string, shown: string, given: string): Promise<void> {
  const found = await stat(folder).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined
    throw error
  })
  if (!found?.isDirectory())
    throw inputError('KILN_OUTPUT_FOLDER', `There is no folder ${shown} for the page.`)
  try {
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    const why = isErrno(error, 'EROFS') ? 'is on a read-only file system' : 'may not be written by this user'
    throw inputError('KILN_OUTPUT_FOLDER', `The page cannot be written: the folder of ${given} ${why}.`, {
      hint: 'Name a file in another folder.',
    })
  }
}

/** A path that two names of one file have in common, also of a file that is not there yet. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const folder = await realpath(dirname(path)).catch(() => dirname(path))
    return join(folder, basename(path))
  }
}
