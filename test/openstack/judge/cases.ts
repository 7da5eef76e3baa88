import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KilnError } from '../../../src/core/error.ts'
import { newMaker } from '../../../src/heat/fuzz/maker.ts'
import { random } from '../../../src/heat/fuzz/runs.ts'
import { generate } from '../../../src/heat/fuzz/templates.ts'
import {
  type AnalyseOptions,
  type Analysis,
  analyse,
  type Instance,
  localFiles,
  memoryFiles,
  parseParameters,
  rewrite,
} from '../../../src/heat/index.ts'
import { CORPUS, type CorpusCase, hasCorpus } from '../../../src/heat/testing.ts'

export const corpusPresent = hasCorpus('only templates of this repository are judged')

/** A question for the engine: a template with its files, environments and parameters. */
export interface Question {
  readonly id: string
  readonly main: string
  /** Folder below the corpus; null where `files` are all. */
  readonly folder: string | null
  readonly files: Readonly<Record<string, string>>
  readonly environments: readonly string[]
  readonly parameters: Readonly<Record<string, unknown>>
}

/** A template as it was and as Kiln writes it. */
export interface Pair {
  readonly before: Question
  readonly after: Question
  /** Only image references were changed. */
  readonly keep: boolean
  /** New image by the path of the instance. */
  readonly names: ReadonlyMap<string, string>
  readonly instances: readonly Instance[]
}

/** Pairs, and how many more were refused in words: some places cannot serve one instance alone. */
export interface Pairs {
  readonly pairs: readonly Pair[]
  readonly refused: number
}

/** Every case of the corpus that the engine reads and Kiln would build. */
export function corpusPairs(): Pairs {
  const cases = JSON.parse(readFileSync(join(CORPUS, 'cases-dev.json'), 'utf8')) as CorpusCase[]
  const all = cases
    .filter((one) => !one.lenient)
    .flatMap((one) => {
      const parameters =
        typeof one.parameters === 'string'
          ? parseParameters(one.parameters)
          : new Map(Object.entries(one.parameters))
      const main = one.template.slice(one.root.length + 1)
      const environments = one.environments ?? []
      const files = localFiles(join(CORPUS, one.root))
      const base = {
        main,
        folder: one.root,
        files: {},
        environments,
        parameters: Object.fromEntries(parameters),
      }
      return pairs(one.id, base, { template: main, files, parameters, environments })
    })
  return together(all)
}

/** Templates of the examples, and as many as asked for that the generator of the property tests makes. */
export function ownPairs(generated: number): Pairs {
  const folder = join(import.meta.dirname, '../../../examples/wordpress')
  const examples = ['wordpress.yaml', 'wordpress.template'].flatMap((main) => {
    const files = { [main]: readFileSync(join(folder, main), 'utf8') }
    return pairs(`examples/${main}`, { main, folder: null, files, environments: [], parameters: {} })
  })
  const made = Array.from({ length: generated }, (_, i) => {
    const { files, environments } = generate(newMaker(random(i)))
    return pairs(`generated ${i}`, { main: 'main.yaml', folder: null, files, environments, parameters: {} })
  })
  return together([...examples, ...made.flat()])
}

function together(all: readonly (Pair | undefined)[]): Pairs {
  const written = all.filter((pair) => pair !== undefined)
  return { pairs: written, refused: all.length - written.length }
}

function pairs(
  id: string,
  base: Omit<Question, 'id'>,
  options: AnalyseOptions = {
    template: base.main,
    files: memoryFiles(new Map(Object.entries(base.files))),
    parameters: new Map(Object.entries(base.parameters)),
    environments: base.environments,
  },
): (Pair | undefined)[] {
  const analysis = analyse(options)
  if (analysis.outcome !== 'build') return []
  const { instances } = analysis
  const before = { id, ...base }
  const one = (keep: boolean, chosen: readonly Instance[], what: string): Pair | undefined => {
    const written = write(analysis, chosen, keep)
    if (written === undefined) return undefined
    const { names, out } = written
    const after = {
      ...before,
      id: `${id} ${what}${keep ? ' keep' : ''}`,
      files: { ...base.files, ...Object.fromEntries(out.files) },
      environments: base.environments.map((name) => out.environments.get(name) ?? name),
    }
    return { before, after, keep, names, instances: chosen }
  }
  const alone = instances.length > 1 ? instances : []
  return [true, false].flatMap((keep) => [
    one(keep, instances, 'all'),
    ...alone.map((instance) => one(keep, [instance], `only ${instance.path}`)),
  ])
}

/** Each instance gets an image of its own; where one place of the template serves several, all get one. */
function write(analysis: Analysis, chosen: readonly Instance[], keepMetadata: boolean) {
  for (const name of [(i: number) => `judged-${i}`, () => 'judged']) {
    const names = new Map(chosen.map(({ path }, i) => [path, name(i)]))
    const choices = new Map([...names].map(([path, image]) => [path, { image, baked: 'all' as const }]))
    try {
      return { names, out: rewrite(analysis, choices, { keepMetadata }) }
    } catch (error) {
      if (!(error instanceof KilnError) || error.fault !== 'input') throw error
    }
  }
  return undefined
}
