import { describe, expect, test } from 'vitest'
import { planOf } from '../testing.ts'

/** What a parameter comes to as a text between `<` and `>`, or the code of what is said of it. */
function shown(declaration: string, given?: unknown, version = '2018-03-02'): string {
  const text = `heat_template_version: ${version}
parameters:
  p: ${declaration}
resources:
  s: {type: OS::Nova::Server, properties: {image: {str_replace: {template: <X>, params: {X: {get_param: p}}}}}}
`
  const plan = planOf(text, given === undefined ? {} : { p: given })
  const [reason] = plan.reasons
  if (reason !== undefined) return reason.code.replace('KILN_', '')
  return plan.images[0]?.image ?? `missing ${plan.missing.join()}`
}
const BAD = 'PARAMETER_VALUE'
const WRONG = 'TEMPLATE_INVALID'

describe('values of each type', () => {
  test.each<[string, unknown, string]>([
    ['string', ['a', true, null], "<['a', True, None]>"],
    ['string', true, '<True>'],
    ['number', '5.0', '<5.0>'],
    ['number', ' 1_000 ', '<1000>'],
    ['number', '1e3', '<1000.0>'],
    ['number', 'nan', '<nan>'],
    ['number', true, '<True>'],
    ['number', '0x10', BAD],
    ['number', ['5'], BAD],
    ['boolean', 'Y', '<True>'],
    ['boolean', ' oFF ', '<False>'],
    ['boolean', 1, '<True>'],
    ['boolean', '2', BAD],
    ['boolean', ['on'], BAD],
    ['comma_delimited_list', 'a, b,', '<["a", " b", ""]>'],
    ['comma_delimited_list', '', '<[]>'],
    ['comma_delimited_list', [1, null, 'x,y'], '<["1", "None", "x,y"]>'],
    ['comma_delimited_list', { a: 1 }, BAD],
    ['comma_delimited_list', 5, BAD],
    ['json', '{"b": 1.0, "a": [1e2, NaN]}', '<{"a": [100.0, NaN], "b": 1.0}>'],
    ['json', '', '<>'],
    ['json', '5', '<5>'],
    ['json', { a: { b: true } }, '<{"a": {"b": true}}>'],
    ['json', '{a: 1}', BAD],
  ])('%s from %o', (type, given, text) => {
    expect(shown(`{type: ${type}}`, given)).toBe(text)
  })

  test.each<[string, string]>([
    ['{type: string, default: 1.10}', '<1.1>'],
    ['{type: string, default: 010}', '<8>'],
    ['{type: string, default: [a, b]}', "<['a', 'b']>"],
    ['{type: string, default: yes}', '<True>'],
    ["{type: string, default: ''}", '<>'],
    ['{type: string, default: ~}', 'missing p'],
    ['{type: json, default: {1: x, yes: y, 0: z, ~: n}}', '<{"0": "z", "1": "y", "null": "n"}>'],
    ['{type: json, default: [1, 1.0]}', '<[1, 1.0]>'],
    ['{type: comma_delimited_list, default: 5}', BAD],
    ['{type: number, default: five}', BAD],
  ])('the default of %s', (declaration, text) => {
    expect(shown(declaration)).toBe(text)
  })

  test('null is as if nothing was given', () => {
    expect(shown('{type: string, default: d}', null)).toBe('<d>')
  })
})

describe('constraints look at what was given', () => {
  test.each<[string, unknown, string]>([
    ['{type: string, constraints: [{length: {min: 2}}]}', 'é😀', '<é😀>'],
    ['{type: string, constraints: [{length: {max: 1}}]}', '😀', '<😀>'],
    ['{type: string, constraints: [{length: {min: 1}}]}', 5, BAD],
    ['{type: string, constraints: [{allowed_pattern: "5"}]}', 5, BAD],
    ['{type: string, constraints: [{allowed_pattern: "5"}]}', '5', '<5>'],
    ['{type: string, constraints: [{allowed_values: [5, true]}]}', '5', '<5>'],
    ['{type: string, constraints: [{allowed_values: [5, true]}]}', 'true', BAD],
    ['{type: string, constraints: [{allowed_values: [a, b]}]}', ['a', 'b'], "<['a', 'b']>"],
    ['{type: number, constraints: [{allowed_values: [5, "7"]}]}', '7.0', '<7.0>'],
    ['{type: number, constraints: [{allowed_values: [5, x]}]}', '5', BAD],
    ['{type: number, constraints: [{range: {min: 1.5, max: "3"}}]}', '1.5', '<1.5>'],
    ['{type: number, constraints: [{range: {max: 3}}]}', '4', BAD],
    ['{type: number, constraints: [{range: {max: 3}}]}', 'nan', '<nan>'],
    ['{type: number, constraints: [{modulo: {step: -3, offset: -1}}]}', '5', '<5>'],
    ['{type: number, constraints: [{modulo: {step: 2, offset: 0}}]}', '4.0', '<4.0>'],
    ['{type: number, constraints: [{modulo: {step: 2, offset: 0}}]}', '4.5', BAD],
    ['{type: boolean, constraints: [{allowed_values: ["on"]}]}', 'yes', '<True>'],
    ['{type: boolean, constraints: [{allowed_values: [true]}]}', 'no', BAD],
    ['{type: comma_delimited_list, constraints: [{allowed_values: [a, 5]}]}', 'a,a', '<["a", "a"]>'],
    ['{type: comma_delimited_list, constraints: [{allowed_values: [a, 5]}]}', '5', BAD],
    ['{type: comma_delimited_list, constraints: [{length: {max: 1}}]}', 'a,b', BAD],
    ['{type: json, constraints: [{length: {max: 1}}]}', '{"a": 1, "b": 2}', BAD],
    ['{type: json, constraints: [{length: {max: 1}}]}', '5', BAD],
    ['{type: string, constraints: [{custom_constraint: no.such}]}', 'x', '<x>'],
    ['{type: string, constraints: [{length: {min: 9}, allowed_values: [a]}]}', 'a', BAD],
  ])('%s with %o', (declaration, given, text) => {
    expect(shown(declaration, given)).toBe(text)
  })

  test('a default is looked at as it is written, too', () => {
    expect(shown("{type: comma_delimited_list, default: '', constraints: [{allowed_values: [a]}]}")).toBe(BAD)
    expect(shown("{type: comma_delimited_list, default: '', constraints: [{allowed_values: ['']}]}")).toBe(
      '<[]>',
    )
    expect(shown(`{type: json, default: '{"a": 1}', constraints: [{length: {max: 2}}]}`)).toBe(BAD)
    expect(shown('{type: json, default: {a: 1}, constraints: [{length: {max: 2}}]}')).toBe('<{"a": 1}>')
    expect(shown('{type: string, default: 5, constraints: [{length: {min: 1}}]}')).toBe(BAD)
  })
})

describe('declarations that are refused', () => {
  test.each([
    '{}',
    '{default: x}',
    '{type: String}',
    '{type: integer}',
    'text',
    '{type: string, extra: x}',
    '{type: string, 1: x}',
    '{type: string, tags: a}',
    '{type: string, constraints: {}}',
    '{type: string, constraints: [a]}',
    '{type: string, constraints: [{}]}',
    '{type: string, constraints: [{description: d}]}',
    '{type: string, constraints: [{other: d}]}',
    '{type: string, constraints: [{length: {}}]}',
    '{type: string, constraints: [{length: {least: 1}}]}',
    '{type: string, constraints: [{length: {min: 1.5}}]}',
    '{type: string, constraints: [{length: {min: x}}]}',
    '{type: string, constraints: [{range: {min: 1}}]}',
    '{type: string, constraints: [{allowed_values: a}]}',
    '{type: string, constraints: [{allowed_pattern: 5}]}',
    '{type: string, constraints: [{allowed_pattern: "("}]}',
    '{type: json, constraints: [{allowed_values: [a]}]}',
    '{type: boolean, constraints: [{length: {min: 1}}]}',
    '{type: number, constraints: [{modulo: {step: 2}}]}',
    '{type: number, constraints: [{modulo: {step: 2, offset: 2}}]}',
    '{type: number, constraints: [{modulo: {step: 2, offset: -1}}]}',
    '{type: number, constraints: [{modulo: {step: 0, offset: 0}}]}',
  ])('%s', (declaration) => {
    expect(shown(declaration, 'x')).toBe(WRONG)
  })

  test('a version knows its own', () => {
    expect(shown('{type: string, tags: [a]}', 'x', '2017-09-01')).toBe(WRONG)
    expect(shown('{type: string, tags: [a]}', 'x')).toBe('<x>')
    const modulo = '{type: number, constraints: [{modulo: {step: 2, offset: 1}}]}'
    expect(shown(modulo, '3', '2016-10-14')).toBe(WRONG)
    expect(shown(modulo, '3', '2017-02-24')).toBe('<3>')
  })
})

describe('CFN', () => {
  const cfn = (declaration: string, given?: string) => {
    const plan = planOf(
      `HeatTemplateFormatVersion: '2012-12-12'
Parameters: {P: ${declaration}}
Resources: {S: {Type: AWS::EC2::Instance, Properties: {ImageId: {Ref: P}}}}
`,
      given === undefined ? {} : { P: given },
    )
    return plan.reasons[0]?.code.replace('KILN_', '') ?? plan.images[0]?.image ?? 'missing'
  }
  test.each<[string, string, string]>([
    ['{Type: String, MinLength: "2", MaxLength: 3}', 'abc', 'abc'],
    ['{Type: String, MinLength: null, MaxLength: 3}', 'abcd', BAD],
    ['{Type: String, AllowedPattern: "[a-z]", ConstraintDescription: be small}', 'A', BAD],
    ['{Type: Number, MinValue: 1, MaxValue: 3, AllowedValues: [2, 3]}', '2', '2'],
    ['{Type: String, AllowedValues: [1.10]}', '1.1', '1.1'],
    ['{Type: string}', 'x', WRONG],
    ['{Type: "List<String>"}', 'x', WRONG],
    ['{Type: String, Extra: x}', 'x', WRONG],
    ['{Type: String, MinLength: null}', 'x', WRONG],
    ['{Type: String, AllowedValues: null}', 'x', WRONG],
    ['{Type: String, AllowedPattern: null}', 'x', WRONG],
    ['{Type: String, MinValue: 1}', 'x', WRONG],
    ['{Type: Number, AllowedPattern: x}', 'x', WRONG],
  ])('%s with %s', (declaration, given, image) => {
    expect(cfn(declaration, given)).toBe(image)
  })
})
