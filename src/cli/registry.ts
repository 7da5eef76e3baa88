import { inputError } from '../core/error.ts'
import { nearest } from '../core/text.ts'
import type { Verb } from './verb.ts'
import { verbFiles } from './verb-files.ts'

/** What people look for first; the others follow by name. */
const FIRST = ['prebuild', 'lock', 'plan', 'build', 'check', 'images']

/** Names of all verbs. No verb is loaded. */
export function verbNames(): string[] {
  const rank = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
  return [...verbFiles().keys()].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

/** @throws KilnError (input) `KILN_UNKNOWN_VERB`. */
export async function loadVerb(name: string): Promise<Verb> {
  const read = verbFiles().get(name)
  if (read === undefined) {
    const near = nearest(name, verbNames(), 1)[0]
    throw inputError('KILN_UNKNOWN_VERB', `Kiln has no verb '${name}'.`, {
      hint: `${near ? `Did you mean ${near}? ` : ''}'kiln --help' lists all.`,
    })
  }
  return (await read()).verb
}
