import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unable } from './fixture/cloud.ts'
import { Inside } from './fixture/inside.ts'
import { serviceRoot } from './fixture/root.ts'
import { corpusPairs, corpusPresent, ownPairs, type Pair, type Pairs, type Question } from './judge/cases.ts'
import { type Answer, compare, type Fault } from './judge/compare.ts'
import { corpusFiles, lineOf, programText } from './judge/corpus.ts'

/** Templates that the generator makes: KILN_FUZZ_RUNS asks for more. */
const GENERATED = Number(process.env.KILN_FUZZ_RUNS) || 150
/** Where the program that asks the engine lies in the root, with its module beside it. */
const JUDGE = '/srv/judge'
/** Questions of one process of the engine. */
const AT_ONCE = 400

describe.skipIf(unable() !== undefined)('the engine of Heat', () => {
  let inside: Inside
  beforeAll(async () => {
    inside = await Inside.enter(await serviceRoot('trixie', (text) => console.warn(text)))
    for (const name of ['engine.py', 'stand_ins.py'])
      await inside.write({ [`${JUDGE}/${name}`]: programText(name) })
    if (corpusPresent) await inside.write(corpusFiles())
  })
  afterAll(() => inside?.[Symbol.asyncDispose]())

  async function ask(questions: readonly Question[]): Promise<Map<string, Answer>> {
    const answers = new Map<string, Answer>()
    for (let from = 0; from < questions.length; from += AT_ONCE) {
      const some = questions.slice(from, from + AT_ONCE)
      const input = some.map(lineOf)
      const { output } = await inside.run(['python3', `${JUDGE}/engine.py`], {
        input: `${input.join('\n')}\n`,
      })
      for (const line of output.trimEnd().split('\n')) {
        const { id, answer } = JSON.parse(line) as { id: string; answer: Answer }
        answers.set(id, answer)
      }
    }
    return answers
  }

  /** Says how much was judged, and returns what nothing explains. */
  async function judge(what: string, { pairs, refused }: Pairs): Promise<Fault[]> {
    const before = await ask([...new Map(pairs.map((pair) => [pair.before.id, pair.before])).values()])
    const after = await ask(pairs.map((pair) => pair.after))
    const unread = (pair: Pair) => before.get(pair.before.id)!['(template)']!.parse !== undefined
    const judged = pairs.filter((pair) => !unread(pair))
    const faults = judged.flatMap((pair) =>
      compare(pair, before.get(pair.before.id)!, after.get(pair.after.id)!),
    )
    const images = judged.reduce((sum, { instances }) => sum + instances.length, 0)
    console.warn(
      `${what}: the engine resolved ${before.size} templates and ${judged.length} rewritings with ${images} images; ` +
        `${pairs.length - judged.length} originals it does not read, ${refused} rewritings refused, ${faults.length} differences unexplained`,
    )
    expect(judged.length).toBeGreaterThan(pairs.length / 2)
    return faults
  }

  test.skipIf(!corpusPresent)(
    'finds only the images changed in every rewritten template of the corpus',
    async () => {
      const corpus = corpusPairs()
      expect(corpus.pairs.length).toBeGreaterThan(300)
      expect((await judge('corpus', corpus)).slice(0, 5)).toEqual([])
    },
  )

  test('and in our own', async () => {
    const own = ownPairs(GENERATED)
    expect(own.pairs.length).toBeGreaterThan(GENERATED)
    expect((await judge('own and generated', own)).slice(0, 5)).toEqual([])
  })

  test('notices a value that was changed besides, so it could have found one', async () => {
    const { pairs } = ownPairs(20)
    const spoilt = pairs.flatMap((pair) => {
      const text = pair.after.files[pair.after.main]!
      const changed = text.replace(/(['"]?)flavor\1(\s*:\s*)/, '$1flavor_of_another$1$2')
      const after = { ...pair.after, files: { ...pair.after.files, [pair.after.main]: changed } }
      return changed === text ? [] : [{ ...pair, after }]
    })
    expect(spoilt.length).toBeGreaterThan(0)
    const faults = await judge('spoilt on purpose', { pairs: spoilt, refused: 0 })
    expect(new Set(faults.map(({ id }) => id)).size).toBe(spoilt.length)
  })
})
