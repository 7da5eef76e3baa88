import { describe, expect, test } from 'vitest'
import { planOf } from '../testing.ts'

const TEMPLATE = `heat_template_version: 2016-10-14
parameters:
  t: {type: string, default: t}
  n: {type: number, default: 1}
  l: {type: comma_delimited_list, default: x}
  m: {type: json, default: {}}
  b: {type: boolean, default: no}
resources:
  s:
    type: OS::Nova::Server
    properties:
      image:
        str_replace:
          template: "T N L M B"
          params: {T: {get_param: t}, N: {get_param: n}, L: {get_param: l}, M: {get_param: m}, B: {get_param: b}}
`

/** The values of all parameters under these files in order, or the code of what is said of them. */
function values(...environments: string[]): string {
  const files = Object.fromEntries(environments.map((text, i) => [`e${i}`, text]))
  const plan = planOf({ 'main.yaml': TEMPLATE, ...files }, {}, { environments: Object.keys(files) })
  return plan.reasons[0]?.code ?? plan.images[0]?.image ?? ''
}
const STRATEGY = 'KILN_ENVIRONMENT_STRATEGY'
const by = (strategy: string) => `\nparameter_merge_strategies: {default: ${strategy}}`

describe('without a strategy the last file wins', () => {
  test('but null changes nothing', () => {
    expect(values('parameters: {t: a, l: [b]}', 'parameters: {t: null, l: [c]}')).toBe('a 1 ["c"] {} False')
  })

  test('what is not declared counts in the first file only', () => {
    expect(values('parameters: {other: x}', 'parameters: {t: a}')).toBe('KILN_PARAMETER_UNKNOWN')
    expect(values('parameters: {t: a}', 'parameters: {other: x}')).toBe('a 1 ["x"] {} False')
  })
})

describe('merge', () => {
  test.each<[string, string, string]>([
    ['{t: a}', '{t: b}', 'ab 1 ["x"] {} False'],
    ['{l: [a]}', '{l: [b, c]}', 't 1 ["a", "b", "c"] {} False'],
    ['{l: "a"}', '{l: "b,c"}', 't 1 ["a", "b", "c"] {} False'],
    ['{m: {a: 1, b: 2}}', '{m: {b: null, c: {d: 1}}}', 't 1 ["x"] {"a": 1, "b": 2, "c": {"d": 1}} False'],
    ['{m: {a: {b: 1}}}', '{m: \'{"a": {"c": 2}}\'}', 't 1 ["x"] {"a": {"c": 2}} False'],
    ['{n: "2"}', '{n: "3"}', 't 23 ["x"] {} False'],
    ['{n: 2}', '{n: 3}', STRATEGY],
    ['{t: a, n: "2"}', '{n: 3}', STRATEGY],
    ['{t: [a]}', '{t: b}', STRATEGY],
    ['{l: [a]}', '{l: b}', STRATEGY],
    ['{m: [a]}', '{m: {a: b}}', STRATEGY],
    ['{t: a, b: yes}', '{b: no}', STRATEGY],
  ])('%s and %s', (first, second, result) => {
    expect(values(`parameters: ${first}${by('merge')}`, `parameters: ${second}`)).toBe(result)
  })
})

test('deep_merge goes into maps', () => {
  const first = `parameters: {m: {a: {b: 1, t: x}, l: [1], k: 1}}${by('deep_merge')}`
  expect(values(first, 'parameters: {m: {a: {c: 2, t: y}, l: [2], k: 2}}')).toBe(
    't 1 ["x"] {"a": {"b": 1, "c": 2, "t": "xy"}, "k": 2, "l": [1, 2]} False',
  )
  expect(values(first, 'parameters: {m: {a: text}}')).toBe(STRATEGY)
})

describe('a strategy holds for all files', () => {
  test('that say nothing of it, too', () => {
    expect(values(`parameters: {t: a}${by('merge')}`, 'parameters: {t: b}')).toBe('ab 1 ["x"] {} False')
  })

  test('and one that only a later file wants comes too late', () => {
    expect(values('parameters: {t: a}', `parameters: {t: b}${by('merge')}`)).toBe('b 1 ["x"] {} False')
  })

  test('two that disagree are refused, also if the first was none', () => {
    expect(
      values(
        `parameters: {t: a}${by('merge')}`,
        `parameters: {t: b}\nparameter_merge_strategies: {t: overwrite}`,
      ),
    ).toBe(STRATEGY)
    expect(values('parameters: {t: a}', 'parameters: {t: b}\nparameter_merge_strategies: {t: merge}')).toBe(
      STRATEGY,
    )
  })

  test('parameter_defaults are merged in their own right', () => {
    expect(
      values(
        `parameter_defaults: {l: [a]}\nparameters: {t: a}${by('merge')}`,
        'parameter_defaults: {l: [b]}\nparameters: {t: b}',
      ),
    ).toBe('ab 1 ["a", "b"] {} False')
  })
})

describe('files', () => {
  test.each(['', '{}', 'parameters: {}', "parameters: ''", 'event_sinks: []', 'encrypted_param_names: [t]'])(
    '%j changes nothing',
    (text) => {
      expect(values(text)).toBe('t 1 ["x"] {} False')
    },
  )

  test.each([
    'parameters:',
    'parameters: a',
    'other: {}',
    '1: {}',
    '- a',
    'a',
    'parameters: {t: !Ref x}',
    '\t{"parameters": {}}',
  ])('%j is refused', (text) => {
    expect(values(text)).toMatch(/^KILN_(ENVIRONMENT_SECTION|TEMPLATE_SYNTAX)$/)
  })
})
