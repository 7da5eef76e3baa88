import { describe, expect, test } from 'vitest'
import { planOf } from '../testing.ts'

/** What an expression of CFN comes to, or the code of what is said of it. */
function cfn(expression: string): string {
  const plan = planOf(`AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Key: {Type: String, Default: a}
  Name: {Type: String, Default: Key}
  Both: {Type: String, Default: parameter}
  List: {Type: CommaDelimitedList, Default: 'x,y'}
Mappings:
  M:
    a: {b: found, 32: number, 1: one, Key: a, deep: {x: y}}
    list: [first, last]
    text: letters
  L: [{a: in a list}]
Conditions:
  T: {'Fn::Equals': [{Ref: {'Fn::FindInMap': [M, a, Key]}}, x]}
  U: {'Fn::Equals': [{Ref: Key}, {'Fn::FindInMap': [M, a, Key]}]}
Resources:
  Both: {Type: AWS::EC2::VPC}
  S: {Type: AWS::EC2::Instance, Properties: {ImageId: ${expression}}}
`)
  return plan.images[0]?.image ?? plan.reasons[0]?.code.replace('KILN_TEMPLATE_', '') ?? 'skipped'
}

describe('Fn::FindInMap', () => {
  test.each([
    ['[M, a, b]', 'found'],
    ['[M, a, 32]', 'number'],
    ['[M, a, 32.0]', 'number'],
    ['[M, a, true]', 'one'],
    ['[M, a, "32"]', 'IMAGE'],
    ['[M, a, deep]', 'IMAGE'],
    ['[M, a, b, c]', 'IMAGE'],
    ['[M, {Ref: Key}, {"Fn::FindInMap": [M, a, nobody]}]', 'IMAGE'],
    ['[M, {"Fn::FindInMap": [M, a, Key]}, b]', 'found'],
    ['[M, list, -1]', 'last'],
    ['[M, list, "0"]', 'IMAGE'],
    ['[M, text, 0]', 'l'],
    ['[L, 0, a]', 'in a list'],
    ['[M, a, [b]]', 'IMAGE'],
    ['[M, __proto__, b]', 'IMAGE'],
    ['{M: 1, a: 2, b: 3}', 'found'],
    ['Mab', 'found'],
    ['Ma', 'IMAGE'],
    ['5', 'IMAGE'],
  ])('%s → %s', (argument, image) => {
    expect(cfn(`{'Fn::FindInMap': ${argument}}`)).toBe(image)
  })
})

describe('Fn::Select', () => {
  test.each([
    ['["-1", [a, b]]', 'b'],
    ['[1.9, [a, b]]', 'b'],
    ['[true, [a, b]]', 'b'],
    ['["1", {"1": x}]', 'x'],
    ['[1, {"1": x}]', 'IMAGE'],
    ['[c, {a: x}]', 'IMAGE'],
    ["['1', '[\"a\", 1.0]']", '1.0'],
    ["['1', '[\"a\", 12345678901234567890]']", '12345678901234567890'],
    ['[0, \'"abc"\']', 'IMAGE'],
    ["[0, 'null']", 'IMAGE'],
    ['[0, 5]', 'IMAGE'],
    ['[x, [a]]', 'IMAGE'],
    ['[0, [fixed, {Ref: "AWS::StackName"}]]', 'fixed'],
    ['[0, [fixed, {Ref: nobody}]]', 'IMAGE'],
    ['{0: a, \'["x"]\': b}', 'x'],
    ['[0]', 'IMAGE'],
  ])('%s → %s', (argument, image) => {
    expect(cfn(`{'Fn::Select': ${argument}}`)).toBe(image)
  })
})

describe('others', () => {
  test.each([
    ['{Ref: {Ref: Name}}', 'IMAGE'],
    ['{Ref: [Key]}', 'IMAGE'],
    ['{Ref: Both}', 'IMAGE_RUNTIME'],
    ['{Ref: "OS::stack_name"}', 'IMAGE'],
    ['{Ref: "AWS::NoValue"}', 'IMAGE'],
    ["{'Fn::Join': [',', {Ref: List}]}", 'x,y'],
    ["{'Fn::Join': [null, [a, b]]}", 'IMAGE'],
    ["{'Fn::Join': ['', [a], [b]]}", 'IMAGE'],
    ["{'Fn::Select': [1, {'Fn::Split': [',', 'a,b']}]}", 'b'],
    ["{'Fn::Split': [{Ref: Key}, xay]}", 'IMAGE'],
    ["{'Fn::Base64': 5}", 'IMAGE'],
    ["{'Fn::Replace': [{a: [x]}, a]}", 'IMAGE'],
    ["{'Fn::Replace': [{a: null}, xay]}", 'xy'],
    ["{'Fn::GetAtt': [Both]}", 'IMAGE'],
    ["{'Fn::GetAtt': [Both, x, y]}", 'IMAGE'],
    ["{'Fn::GetAtt': Both.x}", 'IMAGE'],
    ["{'Fn::ResourceFacade': metadata}", 'IMAGE'],
    ["{'Fn::ResourceFacade': Metadata}", 'IMAGE_RUNTIME'],
    ["{'Fn::If': [{Ref: Key}, x, y]}", 'IMAGE'],
    ["{'Fn::If': [T, x, z]}", 'IMAGE'],
    ["{'Fn::If': [U, x, z]}", 'x'],
    ["{'Fn::If': [{'Fn::Not': [U]}, x, z]}", 'z'],
    ["{'Fn::If': [{'Fn::Not': U}, x, z]}", 'IMAGE'],
    ["{'Fn::If': [{Condition: U}, x, z]}", 'IMAGE'],
    ["{'Fn::If': [{'Fn::Equals': [{'Fn::Join': ['', [a]]}, a]}, x, z]}", 'IMAGE'],
  ])('%s → %s', (expression, image) => {
    expect(cfn(expression)).toBe(image)
  })

  test('a list of members becomes a map in the order of its numbers', () => {
    const members = (list: string) => cfn(`{'Fn::Select': [k, {'Fn::MemberListToMap': [N, V, ${list}]}]}`)
    expect(members("['.member.1.N=k', '.member.1.V=a=b', '.member.0.N=k', '.member.0.V=c', 'other=x']")).toBe(
      'a=b',
    )
    expect(members("['member.0.N=k', 'member.0.V=v']")).toBe('IMAGE')
    expect(members("['.member.0.N']")).toBe('IMAGE')
    expect(members('[5]')).toBe('IMAGE')
  })
})
