import { describe, expect, test } from 'vitest'
import { planOf } from '../testing.ts'

/*
 * Functions with arguments that nobody should write but somebody does: each comes out as in the engine.
 */

/** What an expression comes to as a text, or the code of what is said of it. */
function hot(expression: string, version = '2021-04-16'): string {
  const plan = planOf(`heat_template_version: ${version}
parameters:
  list: {type: comma_delimited_list, default: 'a,b,c'}
  map: {type: json, default: '{"x": {"y": "deep"}, "1": "one", "items": ["i", "j"], "f": 1.0, "nil": null}'}
  text: {type: string, default: some}
  number: {type: number, default: 7}
  name: {type: string, default: up}
${version >= '2016-10-14' ? 'conditions: {up: {equals: [1, 1]}, down: {not: up}}' : ''}
resources:
  net: {type: OS::Neutron::Net}
  gone: {type: OS::Neutron::Net${version >= '2016-10-14' ? ', condition: down' : ''}}
  s: {type: OS::Nova::Server, properties: {image: ${expression}}}
`)
  return plan.images[0]?.image ?? plan.reasons[0]?.code.replace('KILN_TEMPLATE_', '') ?? 'skipped'
}
/** The same inside of a text, so that any value can be seen. */
const seen = (expression: string, version?: string) =>
  hot(`{str_replace: {template: <X>, params: {X: ${expression}}}}`, version)

describe('get_param', () => {
  test.each([
    ['{get_param: [list, " 1 "]}', 'b'],
    ['{get_param: [list, true]}', 'b'],
    ['{get_param: [list, 1.0]}', 'IMAGE'],
    ['{get_param: [list, 0, 0]}', 'a'],
    ['{get_param: [map, "1"]}', 'one'],
    ['{get_param: [map, 1]}', 'IMAGE'],
    ['{get_param: [map, items, "-1"]}', 'j'],
    ['{get_param: [map, f]}', '1.0'],
    ['{get_param: [map, nil]}', 'skipped'],
    ['{get_param: [map, __proto__]}', 'IMAGE'],
    ['{get_param: [text, 0]}', 's'],
    ['{get_param: [{get_param: name}]}', 'IMAGE'],
    ['{get_param: []}', 'IMAGE'],
    ["{get_param: ''}", 'IMAGE'],
    ['{get_param: {a: b}}', 'IMAGE'],
    ['{get_param: "OS::region"}', 'IMAGE'],
    ['{get_param: "OS::project_id"}', 'IMAGE_RUNTIME'],
  ])('%s → %s', (expression, image) => {
    expect(hot(expression)).toBe(image)
  })
})

describe('references to resources', () => {
  test('to one that its condition switches off are errors', () => {
    expect(hot('{list_join: ["", [{get_resource: gone}]]}')).toBe('IMAGE')
    expect(hot('{list_join: ["", [{get_attr: [gone, name]}]]}')).toBe('IMAGE')
    expect(hot('{list_join: ["", [{get_resource: net}]]}')).toBe('IMAGE_RUNTIME')
    expect(hot('{if: [down, {get_resource: gone}, fine]}')).toBe('fine')
  })

  test('an attribute is asked for by a list', () => {
    expect(hot('{get_attr: net}')).toBe('IMAGE')
    expect(hot('{get_attr: [net]}')).toBe('IMAGE_RUNTIME')
    expect(hot('{get_attr: [net]}', '2015-04-30')).toBe('IMAGE')
  })
})

describe('texts', () => {
  test.each([
    ['{list_join: ["-", [a], null, {}, 0, [b]]}', 'a-b'],
    ['{list_join: ["-", abc]}', 'IMAGE'],
    ['{list_join: ["-", {a: b}]}', 'IMAGE'],
    ['{list_join: [null, [a, b]]}', 'IMAGE'],
    ['{list_join: ["", [{10: a, 9: b}]]}', '{"9": "b", "10": "a"}'],
    ['{list_join: ["", [{1: a, b: c}]]}', 'IMAGE'],
    ['{list_join: ["-", [a, {if: [down, b]}, c]]}', 'a-c'],
    ['{list_join: ["-", {if: [down, [a]]}, [b]]}', 'b'],
    ['{list_join: {get_param: list}}', 'IMAGE'],
    ['{str_replace: {template: ab1, params: {1: x, a: y}}}', 'IMAGE'],
    ['{str_replace: {template: a, params: {"": x}}}', 'IMAGE'],
    ['{str_replace: {template: a, params: {a: 1.0e+16}}}', '1e+16'],
    ['{str_replace: {template: a, params: {b: x}, extra: y}}', 'a'],
    ['{str_replace: {template: a-b, params: {a: x, b: {if: [down, y]}}}}', 'x-b'],
    ['{str_replace: {template: a, params: []}}', 'IMAGE'],
    ['{str_replace_strict: {template: ab, params: {ab: x, a: y}}}', 'IMAGE'],
    ['{str_replace_vstrict: {template: a, params: {a: 0}}}', '0'],
    ['{str_replace_vstrict: {template: a, params: {a: []}}}', 'IMAGE'],
    ['{str_split: [null, " a  b ", 1]}', 'b'],
    ['{str_split: [",", "a,b", "-1", more]}', 'b'],
    ['{str_split: [",", "a,b", 1.9]}', 'b'],
    ['{str_split: [",", null, 0]}', 'skipped'],
    ['{str_split: ["", "a", 0]}', 'IMAGE'],
    ['{str_split: [",", 5]}', 'IMAGE'],
    ['{digest: [MD5, é]}', '3406877694691ddd1dfb0aca54681407'],
    ['{digest: [md5, 日]}', 'IMAGE'],
    ['{digest: [crc32, x]}', 'IMAGE'],
    ['{digest: [md5, 5]}', 'IMAGE'],
    ['{get_file: {get_param: text}}', 'IMAGE'],
  ])('%s → %s', (expression, image) => {
    expect(hot(expression)).toBe(image)
  })

  test('a number and a map are errors before they became JSON', () => {
    expect(hot('{str_replace: {template: a, params: {a: [x]}}}', '2015-04-30')).toBe('IMAGE')
    expect(hot('{list_join: ["", [[x]]]}', '2015-04-30')).toBe('IMAGE')
    expect(hot('{list_join: ["", null]}', '2015-04-30')).toBe('IMAGE')
  })

  test('an address', () => {
    expect(hot('{make_url: {scheme: http, username: u, password: "p:@", host: "::1", port: "80"}}')).toBe(
      'http://u:p%3A%40@[::1]:80',
    )
    expect(
      hot(`{make_url: {host: h, path: "p q/~!'()*", query: {a: "b c/d", e: [1]}, fragment: "x#y"}}`),
    ).toBe('//h/p%20q/~%21%27%28%29%2A?a=b+c/d&e=%5B1%5D#x%23y')
    expect(hot('{make_url: {scheme: file, path: /etc/x}}')).toBe('file:///etc/x')
    for (const wrong of [
      '{port: 0}',
      '{port: x}',
      '{host: 5}',
      '{other: x}',
      '{query: x}',
      '{scheme: "a:b"}',
      '{get_param: map}',
      '[a]',
    ])
      expect(hot(`{make_url: ${wrong}}`)).toBe('IMAGE')
  })
})

describe('lists and maps', () => {
  test.each([
    ['{map_merge: [{b: 1, a: 2}, null, {b: 3}]}', '<{"a": 2, "b": 3}>'],
    ['{map_merge: [{a: 1}, {a: {if: [down, 2]}}]}', '<{"a": 1}>'],
    ['{map_merge: [{a: 1}, [b]]}', 'IMAGE'],
    ["{map_merge: ''}", '<{}>'],
    ['{map_replace: [{a: 1}, {values: {yes: c}}]}', '<{"a": "c"}>'],
    ['{map_replace: [{a: b}, {values: {b: null}}]}', '<{"a": null}>'],
    ['{map_replace: [{a: b, c: d}, {keys: {a: c}}]}', 'IMAGE'],
    ['{map_replace: [{a: b}, {other: {}}]}', 'IMAGE'],
    ['{map_replace: [null, null]}', '<{}>'],
    ['{filter: [[1], [a, true, 1.0, "1"]]}', '<["a", "1"]>'],
    ['{filter: [null, [a]]}', '<["a"]>'],
    ['{filter: [[a], null]}', '<>'],
    ['{filter: [a, [a]]}', 'IMAGE'],
    ['{list_concat: [[a], null, [b]]}', '<["a", "b"]>'],
    ['{list_concat: [[a], b]}', 'IMAGE'],
    ['{list_concat_unique: [[1, true, "1"], [[a], [a]]]}', '<[1, "1", ["a"]]>'],
    ['{contains: [some, {get_param: text}]}', '<True>'],
    ['{contains: [1, abc]}', 'IMAGE'],
    ['{repeat: {template: "x-y", for_each: {x: [1a], y: [b, c]}}}', '<["1a-b", "1a-c"]>'],
    [
      '{repeat: {template: "x-y", for_each: {x: [a, b], y: [c, d]}, permutations: false}}',
      '<["a-c", "b-d"]>',
    ],
    ['{repeat: {template: "x-y", for_each: {x: [a, b], y: [c]}, permutations: false}}', 'IMAGE'],
    ['{repeat: {template: x, for_each: {x: [a], y: null}, permutations: false}}', '<[]>'],
    ['{repeat: {template: x, for_each: {x: {k: 1}}}}', '<["k"]>'],
    ['{repeat: {template: x, for_each: {x: {k: 1}}, permutations: false}}', 'IMAGE'],
    ['{repeat: {template: {x: [x, 5]}, for_each: {x: [a]}}}', '<[{"a": ["a", 5]}]>'],
    ['{repeat: {template: 5, for_each: {x: [5]}}}', '<[5]>'],
    ['{repeat: {template: x, for_each: {x: [5]}}}', 'IMAGE'],
    ['{repeat: {template: x, for_each: {}}}', 'IMAGE'],
    ['{repeat: {template: {list_join: ["", [5]]}, for_each: {x: []}}}', 'IMAGE'],
  ])('%s → %s', (expression, image) => {
    expect(seen(expression)).toBe(image)
  })

  test('maps give their keys and permutations count in later versions only', () => {
    expect(seen('{repeat: {template: x, for_each: {x: {k: 1}}}}', '2016-04-08')).toBe('IMAGE')
    expect(
      seen('{repeat: {template: xy, for_each: {x: [a, b], y: [c, d]}, permutations: false}}', '2017-02-24'),
    ).toBe('<["ac", "ad", "bc", "bd"]>')
  })
})

describe('conditions', () => {
  test.each([
    ['{equals: [1, true]}', 'yes'],
    ['{equals: ["1", 1]}', 'no'],
    ['{equals: [{1: a}, {yes: a}]}', 'yes'],
    ['{equals: [{get_param: list}, [a, b, c]]}', 'yes'],
    ['{equals: [{get_param: number}, "7"]}', 'no'],
    ['{get_param: name}', 'yes'],
    ['{get_param: text}', 'IMAGE'],
    ['{get_param: number}', 'IMAGE'],
    ['{not: {not: up}}', 'yes'],
    ['{not: [up]}', 'IMAGE'],
    ['{not: null}', 'IMAGE'],
    ['{and: [down, nobody]}', 'no'],
    ['{and: [up, nobody]}', 'IMAGE'],
    ['{and: [up]}', 'IMAGE'],
    ['{or: [up, {get_param: nobody}]}', 'IMAGE'],
    ['{contains: [b, {get_param: list}]}', 'yes'],
    ['{contains: [b, {list_concat: [[b]]}]}', 'IMAGE'],
    ['{equals: [{list_join: ["", [a]]}, a]}', 'IMAGE'],
    ['{if: [up, true, false]}', 'IMAGE'],
    ['{get_resource: net}', 'IMAGE'],
    ['nobody', 'IMAGE'],
    ['null', 'yes'],
    ['1', 'IMAGE'],
    ['[up]', 'IMAGE'],
  ])('%s → %s', (condition, branch) => {
    const image = hot(`{if: [${condition}, "yes", "no"]}`)
    expect(image).toBe(branch)
  })

  test('a definition is no name', () => {
    const template = (definition: string) => `heat_template_version: 2021-04-16
conditions: {a: true, b: ${definition}}
resources: {s: {type: OS::Nova::Server, condition: b, properties: {image: i}}}
`
    expect(planOf(template('{not: {not: a}}')).outcome).toBe('build')
    expect(planOf(template('a')).reasons[0]?.code).toBe('KILN_TEMPLATE_CONDITION')
    expect(planOf(template('{and: [a, b]}')).reasons[0]?.message).toContain('depends on itself')
  })
})

describe('what was removed is refused wherever it stands', () => {
  test.each(['{Ref: text}', '{"Fn::Join": ["", [a]]}', '{"Fn::Base64": a}', '{"Fn::Select": [0, [a]]}'])(
    '%s',
    (expression) => {
      expect(hot(`{list_join: ["", [${expression}]]}`)).toBe('IMAGE')
      expect(hot(`{list_join: ["", [${expression.replace('{', '{x: y, ')}]]}`)).not.toBe('IMAGE')
    },
  )
})
