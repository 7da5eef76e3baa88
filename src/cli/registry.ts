import { readdirSync } from 'node:fs'
import { inputError } from '../core/error.ts'
import { nearest } from '../core/text.ts'
import type { Verb } from './verb.ts'

const FOLDER = new URL('./verbs/', import.meta.url)
/** `.ts` in a checkout, `.js` in the published package. */
const ENDING = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/** What people look for first; the others follow by name. */
const FIRST = ['prebuild', 'lock', 'plan', 'build', 'check', 'images']

/** Names of all verbs: the files of `verbs/`. No verb is loaded. */
export function verbNames(): string[] {
  const names = readdirSync(FOLDER)
    .filter((file) => file.endsWith(ENDING) && !file.includes('.test.') && !file.endsWith('.d.ts'))
    .map((file) => file.slice(0, -ENDING.length))
  const rank = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
  return names.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

/** @throws KilnError (input) `KILN_UNKNOWN_VERB`. */
export async function loadVerb(name: string): Promise<Verb> {
  const names = verbNames()
  if (!names.includes(name)) {
    const near = nearest(name, names, 1)[0]
    throw inputError('KILN_UNKNOWN_VERB', `Kiln has no verb '${name}'.`, {
      hint: `${near ? `Did you mean ${near}? ` : ''}'kiln --help' lists all.`,
    })
  }
  const module: { readonly verb: Verb } = await import(new URL(`${name}${ENDING}`, FOLDER).href)
  return module.verb
}
