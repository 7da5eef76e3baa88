import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../src/core/digest.ts'
import { Inside } from './fixture/inside.ts'
import { serviceRoot } from './fixture/root.ts'
import { Voice } from './fixture/seed.ts'
import { REGION } from './fixture/settings.ts'
import { corpusPairs, corpusPresent, ownPairs, type Pairs, type Question } from './judge/cases.ts'
import { corpusFiles, lineOf, programText } from './judge/corpus.ts'
import { facts, withoutCompute } from './shared.ts'

/** A type of resource is known to Heat only where its service is in the catalog; it need not run. */
const DECLARED = [
  ...['volumev3', 'object-store', 'alarming', 'metering', 'database', 'data-processing', 'container-infra'],
  ...['sharev2', 'messaging', 'workflowv2', 'key-manager', 'dns', 'clustering', 'load-balancer', 'container'],
]

describe.skipIf(withoutCompute)('a running Heat', () => {
  let inside: Inside
  const services: string[] = []
  let admin: Voice
  const keystone = () => facts().ports.keystone
  beforeAll(async () => {
    inside = await Inside.enter(await serviceRoot('trixie'))
    if (corpusPresent) await inside.write(corpusFiles())
    admin = await Voice.as(keystone(), facts().admin)
    for (const type of DECLARED) {
      const made = await admin.say('POST', keystone(), '/v3/services', { service: { type, name: type } })
      const id = (made.service as { id: string }).id
      services.push(id)
      const url = 'http://127.0.0.1:1/'
      const endpoint = { service_id: id, interface: 'public', region_id: REGION, url }
      await admin.say('POST', keystone(), '/v3/endpoints', { endpoint })
    }
  })
  afterAll(async () => {
    for (const id of services) await admin.say('DELETE', keystone(), `/v3/services/${id}`)
    await inside?.[Symbol.asyncDispose]()
  })

  async function ask(questions: readonly Question[]): Promise<Map<string, string | null>> {
    const { username, password, project } = facts().member
    const login = { auth_url: facts().authUrl, username, password, project_name: project }
    const input = `${[JSON.stringify(login), ...questions.map(lineOf)].join('\n')}\n`
    const { output } = await inside.run(['python3', '-c', programText('validate.py')], { input })
    const lines = output.trimEnd().split('\n')
    const answers = lines.map((line) => JSON.parse(line) as { id: string; refused: string | null })
    return new Map(answers.map(({ id, refused }) => [id, refused]))
  }

  /** What Heat takes before and not after; says how much was tried. */
  async function worse(what: string, { pairs }: Pairs, least: number): Promise<string[]> {
    // Values of parameters change nothing here: each text once.
    const textOf = ({ main, folder, files, environments }: Question) =>
      sha256(JSON.stringify([main, folder, files, environments]))
    const first = new Map(pairs.map((pair) => [textOf(pair.before), pair.before]))
    const before = await ask([...first.values()])
    const taken = (question: Question) => before.get(first.get(textOf(question))!.id) === null
    const tried = pairs.filter((pair) => taken(pair.before))
    const rewritten = new Map(tried.map((pair) => [textOf(pair.after), pair.after]))
    const after = await ask([...rewritten.values()])
    const wrong = [...after].filter(([, refused]) => refused !== null)
    const accepted = [...before.values()].filter((refused) => refused === null).length
    console.warn(
      `${what}: Heat takes ${accepted} of ${before.size} originals, and ${after.size - wrong.length} of the ${after.size} rewritings of these`,
    )
    expect(accepted).toBeGreaterThanOrEqual(least)
    return wrong.map(([id, refused]) => `${id}: ${refused}`)
  }

  test.skipIf(!corpusPresent)(
    'takes every rewritten template of the corpus whose original it takes',
    async () => {
      expect((await worse('corpus', corpusPairs(), 60)).slice(0, 5)).toEqual([])
    },
  )

  // Many of these ask for a Kiln::Image, which no Heat knows, or are odd on purpose.
  test('and our own', async () => {
    expect((await worse('own and generated', ownPairs(40), 4)).slice(0, 5)).toEqual([])
  })
})
