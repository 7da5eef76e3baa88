import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CORPUS } from '../../../src/heat/testing.ts'
import type { Question } from './cases.ts'

/** Where the corpus lies in the root. */
const PLACE = '/srv/corpus'

/** Files of the corpus by their paths in the root. */
export function corpusFiles(): Record<string, string> {
  const files: Record<string, string> = {}
  for (const name of readdirSync(join(CORPUS, 'dev'), { recursive: true, encoding: 'utf8' })) {
    const path = join(CORPUS, 'dev', name)
    if (statSync(path).isFile()) files[`${PLACE}/dev/${name}`] = readFileSync(path, 'utf8')
  }
  return files
}

/** A question as programs in the root read it. */
export function lineOf(question: Question): string {
  return JSON.stringify({ ...question, folder: question.folder && `${PLACE}/${question.folder}` })
}

/** Text of a program that runs in the root. */
export function programText(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8')
}
