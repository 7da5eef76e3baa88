import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { KilnError } from '../../core/error.ts'
import { analyse, type Files, localFiles, memoryFiles, parseParameters, rewrite } from '../index.ts'
import { CORPUS, hasCorpus } from '../testing.ts'
import { newMaker } from './maker.ts'
import { mutate } from './mutate.ts'
import { random, runs, seed, timeout } from './runs.ts'
import { generate } from './templates.ts'

const ROOT = join(import.meta.dirname, '../../..')
const present = hasCorpus('it is not mutated')

/** A template to break, with all that goes with it. */
interface Sample {
  readonly name: string
  readonly text: string
  readonly template: string
  readonly files: Files
  readonly environments: readonly string[]
  readonly parameters: ReadonlyMap<string, unknown>
  readonly lenientAws: boolean
}

interface Case {
  readonly id: string
  readonly template: string
  readonly root: string
  readonly parameters: string | Readonly<Record<string, unknown>>
  readonly environments?: readonly string[]
  readonly lenient?: boolean
}

function corpus(): Sample[] {
  const cases = JSON.parse(readFileSync(join(CORPUS, 'cases-dev.json'), 'utf8')) as Case[]
  return cases.map((one) => ({
    name: one.id,
    text: readFileSync(join(CORPUS, one.template), 'utf8'),
    template: one.template.slice(one.root.length + 1),
    files: localFiles(join(CORPUS, one.root)),
    environments: one.environments ?? [],
    parameters:
      typeof one.parameters === 'string'
        ? parseParameters(one.parameters)
        : new Map(Object.entries(one.parameters)),
    lenientAws: one.lenient === true,
  }))
}

/** Templates that are in the repository, and some that are made up. */
function ours(): Sample[] {
  const found = readdirSync(join(ROOT, 'examples'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:yaml|template|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  const examples = found.map((path) => ({
    name: path,
    files: new Map([['main.yaml', readFileSync(path, 'utf8')]]),
    environments: [] as readonly string[],
  }))
  const made = Array.from({ length: 40 }, (_, i) => {
    const { files, environments } = generate(newMaker(random(i)))
    return { name: `made ${i}`, files: new Map(Object.entries(files)), environments }
  })
  return [...examples, ...made].map(({ name, files, environments }) => ({
    name,
    text: files.get('main.yaml')!,
    template: 'main.yaml',
    files: memoryFiles(files),
    environments,
    parameters: new Map(),
    lenientAws: false,
  }))
}

/** Reads and rewrites; all that is wrong must be said by verdicts and input errors. The answer is how far it came. */
function survive(sample: Sample, files: Files): string {
  const { template, environments, parameters, lenientAws } = sample
  try {
    const plan = analyse({ template, files, environments, parameters, lenientAws })
    if (plan.outcome === 'fail') {
      expect(plan.reasons.length + plan.missing.length).toBeGreaterThan(0)
      for (const { code, message } of plan.reasons) {
        expect(code).toMatch(/^KILN_[A-Z_]+$/)
        expect(message).toMatch(/^(?!\s)(?!.*\n\s+at .*:\d+)/s)
      }
      return 'fail'
    }
    const choices = new Map(
      plan.instances.map(({ path }, i) => [path, { image: `built-${i}`, baked: 'all' as const }]),
    )
    rewrite(plan, choices)
    return plan.outcome
  } catch (error) {
    // Our own check of what was written (KILN_TEMPLATE_REWRITE) is no input error: it must never be needed.
    if (error instanceof KilnError && error.fault === 'input') return error.code
    throw error
  }
}

/** Files with something wrong in each, the same whenever it is read. */
function broken(files: Files, change: (text: string) => string): Files {
  const known = new Map<string, Uint8Array>()
  return {
    read: (path) => {
      const answer = files.read(path)
      if (!answer.ok) return answer
      const bytes = known.get(path) ?? Buffer.from(change(Buffer.from(answer.bytes).toString('utf8')))
      known.set(path, bytes)
      return { ...answer, bytes }
    },
  }
}

const RUNS = runs(300)

describe.each([
  ['the corpus', present ? corpus : () => []],
  ['our own templates', ours],
])('mutations of %s', (_what, read) => {
  const samples = read()
  test.skipIf(samples.length === 0)(
    'end in a verdict or an input error, in bounded time and memory',
    () => {
      const outcomes = new Map<string, number>()
      for (let i = 0; i < RUNS; i++) {
        const pick = random(seed() * 1_000_003 + i)
        const sample = samples[pick(samples.length)]!
        const other = samples[pick(samples.length)]!.text
        // Mostly the template is broken, else the files that it uses.
        const main = pick(4) > 0
        const text = main ? mutate(sample.text, other, pick) : sample.text
        const files = main ? sample.files : broken(sample.files, (old) => mutate(old, other, pick))
        const begun = performance.now()
        try {
          const outcome = survive(sample, memoryFiles(new Map([[sample.template, text]]), files))
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        } catch (error) {
          throw new Error(`run ${i} of seed ${seed()} (${sample.name}): ${String(error)}\n${text}`, {
            cause: error,
          })
        }
        expect(performance.now() - begun, `run ${i} of seed ${seed()} (${sample.name})`).toBeLessThan(10_000)
        expect(process.memoryUsage.rss()).toBeLessThan(1.5 * 1024 ** 3)
      }
      if (process.env.KILN_FUZZ_RUNS) console.log(Object.fromEntries(outcomes))
      // Some must come through, or only the reader was tried.
      expect(outcomes.get('build') ?? 0).toBeGreaterThan(RUNS / 20)
    },
    timeout(RUNS),
  )
})
