import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, test } from 'vitest'

/*
 * The nastiest templates of 512 KiB: each ends in an answer or a plain message, with little memory and no fault of the program. Steps
 * are counted by the code under test; here a worker has only so much memory, and dies of more.
 */

const LARGEST = 512 * 1024
const MEMORY = 256
const INDEX = join(import.meta.dirname, 'index.ts')

interface Answer {
  readonly outcome: string
  readonly images: number
  readonly message: string
}

const CODE = `
  const { parentPort, workerData } = require('node:worker_threads')
  const heat = import(workerData.index)
  parentPort.on('message', async ({ template, parameters }) => {
    const { analyse, memoryFiles } = await heat
    const files = memoryFiles(new Map([['t', template]]))
    const plan = analyse({ template: 't', files, parameters: new Map(Object.entries(parameters)) })
    const message = plan.reasons.map((reason) => reason.message).join('; ')
    parentPort.postMessage({ outcome: plan.outcome, images: plan.images.length, message })
  })`

let worker: Worker | undefined

/** Analyses `template` in a worker with {@link MEMORY} MiB; one that dies fails the test, and the next has a new one. */
function analysed(template: string, parameters: Readonly<Record<string, string>> = {}): Promise<Answer> {
  worker ??= new Worker(CODE, {
    eval: true,
    workerData: { index: INDEX },
    resourceLimits: { maxOldGenerationSizeMb: MEMORY, maxYoungGenerationSizeMb: 64 },
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const current = worker
  return new Promise((resolve, reject) => {
    const died = (error: unknown) => {
      worker = undefined
      reject(error)
    }
    current.once('error', died)
    current.once('message', (answer: Answer) => {
      current.off('error', died)
      resolve(answer)
    })
    current.postMessage({ template, parameters })
  })
}

afterAll(() => worker?.terminate())

const HEAD = 'heat_template_version: 2021-04-16\n'
const server = (image: string, rest = '') =>
  `${HEAD}resources:\n  s: {type: OS::Nova::Server, properties: {image: ${image}}}\n${rest}`
const filled = (head: string, line: (i: number) => string, tail = '') => {
  let text = head
  for (let i = 0; text.length + line(i).length + tail.length <= LARGEST; i++) text += line(i)
  return text + tail
}
const list = (count: number, item: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => item(i)).join(', ')

describe('what would grow beyond measure ends in a message', () => {
  const templates: readonly (readonly [string, string, string])[] = [
    [
      'aliases of aliases',
      `${HEAD}a0: &a0 [x]\n${Array.from({ length: 15 }, (_, i) => `a${i + 1}: &a${i + 1} [${list(10, () => `*a${i}`)}]`).join('\n')}`,
      'aliases',
    ],
    ['lists in one another', '['.repeat(100_000), 'nested deeper'],
    ['JSON in one another', '{"a":'.repeat(100_000), 'nested deeper'],
    ['block lists in one another', '- '.repeat(100_000), 'nested deeper'],
    ['block maps in one another', '? '.repeat(100_000), 'nested deeper'],
    [
      'one large map merged into thousands',
      filled(`${HEAD}b: &b {${list(2000, (i) => `k${i}: 1`)}}\nresources:\n`, (i) => `  r${i}: {<<: *b}\n`),
      'brings in more',
    ],
    [
      'a chain of merged maps',
      filled(`${HEAD}m0: &m0 {a: 1}\n`, (i) => `m${i + 1}: &m${i + 1} {<<: *m${i}, k${i}: 1}\n`),
      'brings in more',
    ],
    [
      'the product of many lists',
      server(
        `{list_join: ['', {repeat: {template: x, for_each: {${list(8, (i) => `k${i}: [${list(10, String)}]`)}}}}]}`,
      ),
      'beyond all measure',
    ],
    [
      'repeat in repeat in repeat',
      server(
        `{list_join: ['', [${Array.from({ length: 20 }, (_, i) => i).reduce((inner, i) => `{repeat: {template: ${inner}, for_each: {'%${i}%': [a, b, c, d]}}}`, 'x')}]]}`,
      ),
      'beyond all measure',
    ],
    [
      'texts put into themselves',
      server(
        Array.from({ length: 60 }).reduce<string>(
          (inner) => `{str_replace: {template: xx, params: {x: ${inner}}}}`,
          'xx',
        ),
      ),
      'beyond all measure',
    ],
    [
      'one placeholder in all of a long text',
      server(
        `{list_join: ['', [&z {str_replace: {template: "${'x'.repeat(100_000)}", params: {x: yyyyyyyyyy}}}${', *z'.repeat(50_000)}]]}`,
      ),
      'beyond all measure',
    ],
    [
      'thousands of placeholders looked for in a long text',
      filled(
        `${HEAD}resources: {s: {type: OS::Nova::Server, properties: {image: {str_replace: {template: "${'ab'.repeat(100_000)}", params: {`,
        (i) => `a${i}: v, `,
        'a: b}}}}}}\n',
      ),
      'beyond all measure',
    ],
    [
      'a long delimiter',
      server(`{list_join: ["${'x'.repeat(200_000)}", [${list(50_000, () => "''")}]]}`),
      'beyond all measure',
    ],
    [
      'a long list without its doubles',
      server(`{list_join: ['', {list_concat_unique: [[${list(40_000, (i) => `u${i}`)}]]}]}`),
      'beyond all measure',
    ],
    [
      'a chain of conditions',
      filled(
        server('i').replace('{type', '{condition: c0, type').concat('conditions:\n'),
        (i) => `  c${i}: {not: c${i + 1}}\n`,
      ),
      'through more than',
    ],
    [
      'a chain of values',
      filled(
        server('{get_attr: [v0, value]}'),
        (i) => `  v${i}: {type: OS::Heat::Value, properties: {value: {get_attr: [v${i + 1}, value]}}}\n`,
      ),
      'through more than',
    ],
    ['a number of endless parts', server(`1${':59'.repeat(150_000)}`), 'not a whole number'],
    [
      'a number without end',
      `{"heat_template_version": "2021-04-16", "x": ${'9'.repeat(500_000)}}`,
      'too long',
    ],
    ['a text that does not end', `{"a": "${'x'.repeat(500_000)}`, 'does not end'],
  ]
  test.each(templates)('%s', async (_what, template, message) => {
    expect(template.length).toBeLessThanOrEqual(LARGEST + 100_000)
    expect(await analysed(template)).toMatchObject({
      outcome: 'fail',
      message: expect.stringContaining(message),
    })
  })
})

describe('what is only large is worked out', () => {
  test('thousands of instances', async () => {
    const template = filled(
      `${HEAD}parameters: {p: {type: string, default: d}}\nresources:\n`,
      (i) => `  s${i}: {type: OS::Nova::Server, properties: {image: {get_param: p}}}\n`,
    )
    const { outcome, images } = await analysed(template)
    expect([outcome, images > 7000]).toEqual(['build', true])
  })

  test('thousands of parameters with a pattern each', async () => {
    const template = filled(
      `${HEAD}resources: {s: {type: OS::Nova::Server, properties: {image: {get_param: p1}}}}\nparameters:\n`,
      (i) =>
        `  p${i}: {type: string, default: '${'a'.repeat(30)}', constraints: [{allowed_pattern: '(a|a|a${i})*(a*)*'}]}\n`,
    )
    expect(await analysed(template)).toMatchObject({ outcome: 'build', images: 1 })
  })

  test('long lists, long paths, long texts', async () => {
    const pieces = server(`{list_join: [b, {str_split: [a, "${'a'.repeat(400_000)}"]}]}`)
    expect(await analysed(pieces)).toMatchObject({ outcome: 'build' })
    expect(
      await analysed(
        server(`{get_param: [p, ${list(200_000, () => 'a')}]}`).replace(
          'resources',
          'parameters: {p: {type: json}}\nresources',
        ),
      ),
    ).toMatchObject({
      outcome: 'fail',
    })
    expect(
      await analysed(`{"heat_template_version": "2021-04-16", "description": "${'\\n'.repeat(250_000)}"}`),
    ).toMatchObject({
      outcome: 'nothing-to-build',
    })
  })
})

describe('patterns', () => {
  const template = (pattern: string) =>
    `${HEAD}parameters: {p: {type: string, constraints: [{allowed_pattern: '${pattern}'}]}}\nresources: {}\n`

  test.each([
    ['(a+)+$', `${'a'.repeat(20_000)}b`, 'does not match'],
    ['(x+x+)+y', 'x'.repeat(20_000), 'does not match'],
    ['(a*)*(a*)*(a*)*(a*)*b', 'a'.repeat(20_000), 'does not match'],
    ['(a|b|ab)*\\1c', 'ab'.repeat(5000), 'too long'],
    ['(?=(a+)+b)a*', 'a'.repeat(50_000), 'does not match'],
    ['.{0,50000}.{0,50000}x', 'a'.repeat(50_000), 'too'],
  ])('%s', async (pattern, value, message) => {
    expect(await analysed(template(pattern), { p: value })).toMatchObject({
      outcome: 'fail',
      message: expect.stringContaining(message),
    })
  })
})
