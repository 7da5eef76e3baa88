import { readFile } from 'node:fs/promises'
import type { ReadText } from './finding.ts'

/** The real files of this machine. */
export const readText: ReadText = (path) =>
  readFile(path, 'utf8').then(
    (text) => text.trimEnd(),
    () => undefined,
  )
