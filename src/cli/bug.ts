import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { clock } from '../core/clock.ts'
import { KilnError, messageOf } from '../core/error.ts'
import { makeFolder } from '../core/folder.ts'
import { randomName } from '../core/random.ts'
import { redact } from '../core/redact.ts'
import { printable } from './render/text.ts'

/** A message of a bug may be anything; the sentence stays readable. */
const LONGEST = 300

/**
 * Writes down what nobody expected, in `folder`, and gives the error that says so. Of the command line only the verb
 * is written: its values may be secrets.
 */
export async function bug(thrown: unknown, folder: string, verb: string): Promise<KilnError> {
  const file = join(folder, `bug-${clock.iso().replaceAll(':', '')}-${randomName(3)}.txt`)
  const text = [
    `when: ${clock.iso()}`,
    `verb: ${verb}`,
    `node: ${process.versions.node} ${process.platform} ${process.arch}`,
    '',
    details(thrown),
    '',
  ].join('\n')
  const written = await makeFolder(folder)
    .then(() => writeFile(file, text, { mode: 0o600 }))
    .then(() => `The details are in ${file}; please report them.`)
    .catch((error) => `The details could not be written (${messageOf(error)}); KILN_DEBUG=1 shows them.`)
  const message = printable(messageOf(thrown)).slice(0, LONGEST)
  return new KilnError('KILN_BUG', `This is a bug in Kiln: ${message}`, { cause: thrown, hint: written })
}

/** All there is to know of what was thrown, stack and causes. */
export function details(thrown: unknown): string {
  return redact(inspect(thrown, { depth: 6 }))
}
