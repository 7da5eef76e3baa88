import { describe, expect, test } from 'vitest'
import { planOf } from '../testing.ts'

/** The image that an expression of HOT comes to, or what is said of it. */
function hot(expression: string, version = '2021-04-16'): string {
  const plan = planOf(`heat_template_version: ${version}
parameters:
  list: {type: comma_delimited_list, default: 'a,b,c'}
  map: {type: json, default: '{"x": {"y": "deep"}, "n": 5}'}
  number: {type: number, default: 7}
  needed: {type: string}
  flag: {type: boolean, default: true}
${version >= '2016-10-14' ? 'conditions: {c: {equals: [{get_param: number}, 7]}, d: {not: c}, loop: {not: loop}}' : ''}
resources:
  net: {type: OS::Neutron::Net}
  value: {type: OS::Heat::Value, properties: {value: {k: worked out}}}
  s: {type: OS::Nova::Server, properties: {image: ${expression}}}
`)
  if (plan.images.length > 0) return plan.images[0]!.image
  if (plan.missing.length > 0) return `missing ${plan.missing.join()}`
  return plan.reasons[0]?.code ?? 'skipped'
}

describe('HOT', () => {
  test.each<[string, string]>([
    ['{get_param: [list, 1]}', 'b'],
    ['{get_param: [list, "-1"]}', 'c'],
    ['{get_param: [map, x, y]}', 'deep'],
    ['{get_param: [map, nowhere]}', 'KILN_TEMPLATE_IMAGE'],
    ['{get_param: nobody}', 'KILN_TEMPLATE_IMAGE'],
    ['{get_param: needed}', 'missing needed'],
    ['{get_resource: net}', 'KILN_TEMPLATE_IMAGE_RUNTIME'],
    ['{get_attr: [net, name]}', 'KILN_TEMPLATE_IMAGE_RUNTIME'],
    ['{get_attr: [value, value, k]}', 'worked out'],
    ['{list_join: ["-", {get_param: list}, [d]]}', 'a-b-c-d'],
    ['{list_join: [",", [{b: "é", a: [1, 1.0]}]]}', '{"a": [1, 1.0], "b": "\\u00e9"}'],
    ['{list_join: ["", [1]]}', 'KILN_TEMPLATE_IMAGE'],
    ['{str_replace: {template: "$a$ab", params: {$a: 1, $ab: $a}}}', '1$a'],
    ['{str_replace: {template: x-b, params: {b: true}}}', 'x-True'],
    ['{str_replace: {template: x-b, params: {b: null}}}', 'x-'],
    ['{str_replace_strict: {template: x, params: {b: 1}}}', 'KILN_TEMPLATE_IMAGE'],
    ['{str_replace_vstrict: {template: b, params: {b: ""}}}', 'KILN_TEMPLATE_IMAGE'],
    ['{digest: [sha1, x]}', '11f6ad8ec52a2984abaafd7c3b516503785c2072'],
    ['{str_split: ["-", a-b, 1]}', 'b'],
    ['{str_split: ["-", a-b, 2]}', 'KILN_TEMPLATE_IMAGE'],
    ['{list_join: ["", {repeat: {template: "<%x%>", for_each: {"%x%": {get_param: list}}}}]}', '<a><b><c>'],
    ['{list_join: ["", {list_concat: [[a], [b]]}]}', 'ab'],
    ['{list_join: ["", {list_concat_unique: [[a, b], [b]]}]}', 'ab'],
    ['{list_join: ["", {filter: [[b], {get_param: list}]}]}', 'ac'],
    ['{make_url: {scheme: http, host: h, port: 80, path: /p}}', 'http://h:80/p'],
    ['{if: [c, yes-image, {get_param: needed}]}', 'yes-image'],
    ['{if: [d, {get_resource: net}, other]}', 'other'],
    ['{if: [{contains: [a, {get_param: list}]}, has, not]}', 'has'],
    ['{if: [{and: [c, {get_param: flag}]}, both, not]}', 'both'],
    ['{if: [{or: [d, {equals: [x, y]}]}, either, neither]}', 'neither'],
    ['{if: [loop, a, b]}', 'KILN_TEMPLATE_IMAGE'],
    ['{if: [d, never]}', 'skipped'],
    ['{yaql: {expression: $, data: x}}', 'KILN_TEMPLATE_IMAGE'],
    ['{Ref: number}', 'KILN_TEMPLATE_IMAGE'],
    ['{get_parm: x}', 'KILN_TEMPLATE_IMAGE'],
  ])('%s → %s', (expression, expected) => {
    expect(hot(expression)).toBe(expected)
  })

  test('a version knows only its functions', () => {
    expect(hot('{"Fn::Join": ["-", [a, b]]}', '2013-05-23')).toBe('a-b')
    expect(hot('{"Fn::Join": ["-", [a, b]]}', '2014-10-16')).toBe('KILN_TEMPLATE_IMAGE')
    expect(hot('{"Fn::Select": [1, [a, b]]}', '2015-04-30')).toBe('b')
    expect(hot('{str_split: ["-", a-b, 1]}', '2015-04-30')).toBe('KILN_TEMPLATE_IMAGE')
    expect(hot('{list_join: ["", [a], [b]]}', '2015-04-30')).toBe('KILN_TEMPLATE_IMAGE')
  })

  test('what is beside the answer does not matter', () => {
    expect(hot('{"Fn::Select": [0, [fixed, {get_resource: net}]]}', '2013-05-23')).toBe('fixed')
    expect(hot('{"Fn::Select": ["-1", [{get_param: needed}, fixed]]}', '2013-05-23')).toBe('fixed')
  })
})

function cfn(expression: string, version = 'AWSTemplateFormatVersion: "2010-09-09"'): string {
  const plan = planOf(`${version}
Parameters:
  P: {Type: String, Default: p}
  N: {Type: Number, Default: 3}
Mappings: {M: {p: {x: mapped, 32: int}}}
${version.startsWith('AWS') ? 'Conditions: {Sure: {"Fn::Equals": [{Ref: P}, p]}}' : ''}
Resources:
  Net: {Type: AWS::EC2::VPC}
  S: {Type: AWS::EC2::Instance, Properties: {ImageId: ${expression}}}
`)
  return plan.images[0]?.image ?? plan.reasons[0]?.code ?? 'skipped'
}

describe('CFN', () => {
  test.each<[string, string]>([
    ['{"Fn::FindInMap": [M, {Ref: P}, x]}', 'mapped'],
    ['{"Fn::FindInMap": [M, p, "32"]}', 'KILN_TEMPLATE_IMAGE'],
    ['{"Fn::FindInMap": [M, p, 32]}', 'int'],
    ['{"Fn::FindInMap": [M, constructor, x]}', 'KILN_TEMPLATE_IMAGE'],
    ['{"Fn::Join": ["-", [a, null, {Ref: P}]]}', 'a--p'],
    ['{"Fn::Join": ["", [{Ref: N}]]}', 'KILN_TEMPLATE_IMAGE'],
    ['{"Fn::Select": [5, [a]]}', 'KILN_TEMPLATE_IMAGE'],
    ['{"Fn::Select": [k, \'{"k": "json"}\']}', 'json'],
    ['{"Fn::Base64": plain}', 'plain'],
    ['{"Fn::Replace": [{a: b}, xa]}', 'xb'],
    ['{"Fn::If": [Sure, one, {Ref: Net}]}', 'one'],
    ['{Ref: Net}', 'KILN_TEMPLATE_IMAGE_RUNTIME'],
    ['{Ref: "AWS::Region"}', 'ap-southeast-1'],
    ['{Ref: "AWS::StackName"}', 'KILN_TEMPLATE_IMAGE_RUNTIME'],
    ['{Ref: "AWS::AccountId"}', 'KILN_TEMPLATE_IMAGE'],
    ['{"Fn::Sub": "x"}', 'KILN_TEMPLATE_IMAGE'],
    ['{get_param: P}', 'KILN_TEMPLATE_IMAGE'],
  ])('%s → %s', (expression, expected) => {
    expect(cfn(expression)).toBe(expected)
  })

  test('Fn::If is data under HeatTemplateFormatVersion', () => {
    expect(cfn('{"Fn::If": [Sure, one, two]}', "HeatTemplateFormatVersion: '2012-12-12'")).toBe(
      'KILN_TEMPLATE_IMAGE',
    )
  })
})

test('a text that grows beyond measure ends in a message', () => {
  const each = Array.from({ length: 8 }, (_, i) => `"%${i}%": [a, b, c, d, e, f, g, h]`).join(', ')
  expect(hot(`{list_join: ["", {repeat: {template: "%0%%1%", for_each: {${each}}}}]}`)).toBe(
    'KILN_TEMPLATE_TOO_LARGE',
  )
})
