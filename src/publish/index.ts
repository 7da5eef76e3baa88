import { resolve } from 'node:path'
import { inputError } from '../core/error.ts'
import { directoryTarget } from './directory.ts'
import type { Target } from './target.ts'

export { directoryTarget } from './directory.ts'
export type * from './target.ts'

/**
 * The target that `text` names on the command line; relative folders start at `cwd`.
 * @throws KilnError `KILN_TARGET_UNKNOWN`.
 */
export function parseTarget(text: string, cwd: string): Target {
  const [, kind, rest] = /^([a-z0-9]+):(.+)$/s.exec(text) ?? []
  if (kind === 'dir' && rest !== undefined) return directoryTarget(resolve(cwd, rest))
  throw inputError('KILN_TARGET_UNKNOWN', `"${text}" is not a target that Kiln knows.`, {
    hint: 'Write dir:FOLDER for a folder of images.',
  })
}
