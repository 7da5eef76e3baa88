import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { analyse, localFiles, parseParameters, rewrite } from './index.ts'
import { type CorpusCase as Case, CORPUS, hasCorpus } from './testing.ts'

const present = hasCorpus('its cases are skipped')

interface Answer {
  readonly verdict: {
    readonly outcome: string
    readonly images?: readonly object[]
    readonly missing?: readonly string[]
  }
  readonly instances?: readonly {
    readonly path: string
    readonly needs?: { readonly cfn_init?: Readonly<Record<string, Config>> }
  }[]
}
interface Config {
  readonly packages?: Readonly<Record<string, { readonly value: Readonly<Record<string, unknown>> }>>
  readonly services?: { readonly value: Readonly<Record<string, object>> }
  readonly files?: Readonly<Record<string, { readonly static: boolean }>>
}

function planCase(one: Case) {
  return analyse({
    template: one.template.slice(one.root.length + 1),
    files: localFiles(join(CORPUS, one.root)),
    parameters:
      typeof one.parameters === 'string'
        ? parseParameters(one.parameters)
        : new Map(Object.entries(one.parameters)),
    environments: one.environments ?? [],
    lenientAws: one.lenient === true,
  })
}

/** `needs` of an answer as one sorted list. */
function wanted(needs: Readonly<Record<string, Config>> | undefined): string[] {
  const out: string[] = []
  for (const [name, config] of Object.entries(needs ?? {})) {
    if (name === 'configSets') continue
    for (const [manager, list] of Object.entries(config.packages ?? {}))
      for (const item of Object.keys(list.value)) out.push(`package ${name} ${manager} ${item}`)
    for (const [manager, list] of Object.entries(config.services?.value ?? {}))
      for (const item of Object.keys(list)) out.push(`service ${name} ${manager} ${item}`)
    for (const [path, file] of Object.entries(config.files ?? {}))
      out.push(`file ${name} ${path} ${file.static}`)
  }
  return out.sort()
}

describe.skipIf(!present)('the corpus of real templates', () => {
  const cases = present ? (JSON.parse(readFileSync(join(CORPUS, 'cases-dev.json'), 'utf8')) as Case[]) : []
  test.each(cases.map((one) => [one.id, one] as const))('%s', (_id, one) => {
    const answer = JSON.parse(readFileSync(join(CORPUS, 'expected', `${one.id}.json`), 'utf8')) as Answer
    const plan = planCase(one)
    const byPath = (list: readonly object[]) => list.map((item) => JSON.stringify(item)).sort()
    expect(plan.outcome).toBe(answer.verdict.outcome)
    expect(byPath(plan.images)).toEqual(byPath(answer.verdict.images ?? []))
    expect([...plan.missing].sort()).toEqual([...(answer.verdict.missing ?? [])].sort())
    for (const instance of plan.instances) {
      const needs = instance.needs.flatMap((need) => {
        if (need.from !== 'cfn-init') return []
        if (need.kind === 'package') return [`package ${need.config} ${need.managerName} ${need.name}`]
        if (need.kind === 'service') return [`service ${need.config} ${need.manager} ${need.name}`]
        return need.kind === 'file' ? [`file ${need.config} ${need.path} ${need.static}`] : []
      })
      expect(needs.sort()).toEqual(
        wanted(answer.instances?.find((other) => other.path === instance.path)?.needs?.cfn_init),
      )
    }
    if (plan.outcome !== 'build') return
    const choices = new Map(
      plan.instances.map(({ path }, i) => [path, { image: `built-${i}`, baked: 'all' as const }]),
    )
    // It throws if what it wrote does not read as it should.
    expect(rewrite(plan, choices).edits.length).toBeGreaterThan(0)
  })
})
