import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { analyse } from './analyse.ts'
import { memoryFiles } from './files.ts'
import { rewrite } from './rewrite/rewrite.ts'
import type { AnalyseOptions, Analysis, RewriteOptions, Rewritten } from './types.ts'

/** Real templates and the answers of Heat's own engine to them; they lie beside the checkout, if anywhere. */
export const CORPUS = join(import.meta.dirname, '../../../shared/heat')

/** Whether they are there. If not, says what is left out: `its cases are skipped`. */
export function hasCorpus(otherwise: string): boolean {
  const there = existsSync(join(CORPUS, 'cases-dev.json'))
  if (!there) console.warn(`the corpus of real templates is not beside this checkout: ${otherwise}`)
  return there
}

/** For tests: analyses `files['main.yaml']`. */
export function planOf(
  files: string | Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, unknown>> = {},
  more: Partial<AnalyseOptions> = {},
): Analysis {
  const contents = typeof files === 'string' ? { 'main.yaml': files } : files
  return analyse({
    template: 'main.yaml',
    files: memoryFiles(new Map(Object.entries(contents))),
    parameters: new Map(Object.entries(parameters)),
    ...more,
  })
}

/** For tests: rewrites with everything baked, the same new image for all unless `name` says otherwise. */
export function rewritten(
  analysis: Analysis,
  name: string | ((path: string) => string) = 'built-1',
  options: RewriteOptions = {},
): Rewritten {
  const choices = analysis.instances.map(({ path }) => {
    const image = typeof name === 'string' ? name : name(path)
    return [path, { image, baked: 'all' as const }] as const
  })
  return rewrite(analysis, new Map(choices), options)
}

/** A case of the corpus: what the engine was asked. */
export interface CorpusCase {
  readonly id: string
  readonly template: string
  readonly root: string
  readonly parameters: string | Readonly<Record<string, unknown>>
  readonly environments?: readonly string[]
  readonly lenient?: boolean
}
