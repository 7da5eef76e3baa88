import { readdirSync } from 'node:fs'
import type { Verb } from './verb.ts'

const FOLDER = new URL('./verbs/', import.meta.url)

/** How each verb is read, by its name: the files of `verbs/`. None is read yet. A bundle (`scripts/bundle.ts`) has a list in place of this file. */
export function verbFiles(): Map<string, () => Promise<{ readonly verb: Verb }>> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.ts') && !file.includes('.test.'))
  return new Map(
    files.map((file) => [file.slice(0, -'.ts'.length), () => import(new URL(file, FOLDER).href)]),
  )
}
