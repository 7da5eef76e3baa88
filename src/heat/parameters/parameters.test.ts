import { describe, expect, test } from 'vitest'
import { redact } from '../../core/redact.ts'
import { planOf } from '../testing.ts'
import { parseParameters } from './given.ts'

describe('--parameters', () => {
  test('splits at ";" and the first "=", trims names, not values, skips empty items', () => {
    expect([...parseParameters(' A =1;;B= x=y ; ')]).toEqual([
      ['A', '1'],
      ['B', ' x=y '],
    ]) // prettier-ignore
  })

  test('-P is not split', () => {
    expect([...parseParameters('A=1', ['B=1;2'])]).toEqual([
      ['A', '1'],
      ['B', '1;2'],
    ]) // prettier-ignore
  })

  test('a repeated name or an item without "=" is refused', () => {
    expect(() => parseParameters('A=1;A=2')).toThrow('given twice')
    expect(() => parseParameters('A=1;B')).toThrow('What is given after the parameter A is not NAME=VALUE')
    expect(() => parseParameters('hunter2')).toThrow('The first parameter is not given as NAME=VALUE')
    expect(() => parseParameters('A=1', ['=2'])).toThrow('after the parameter A')
  })
})

function hot(declaration: string, image = '{get_param: p}'): string {
  return `heat_template_version: 2017-09-01
parameters:
  p: ${declaration}
resources:
  s: {type: OS::Nova::Server, properties: {image: ${image}}}
`
}

describe('values', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['{type: string, default: 1.10}', {}, '1.1'],
    ['{type: number}', { p: '42' }, '42'],
    ['{type: string, default: 12:30}', {}, '750'],
  ])('%s with %j gives the image %s', (declaration, given, image) => {
    expect(planOf(hot(declaration), given).images).toEqual([{ path: 's', image }])
  })

  test('booleans, lists and empty texts are no image', () => {
    for (const [declaration, given] of [
      ['{type: boolean}', 'yes'],
      ['{type: comma_delimited_list}', 'a,b'],
      ['{type: json}', '{"a": 1}'],
      ['{type: string}', ''],
      ['{type: string}', '  '],
    ] as const) {
      const plan = planOf(hot(declaration), { p: given })
      expect([plan.outcome, plan.images, plan.reasons.length]).toEqual(['fail', [], 1])
    }
  })

  test('a path into a list or a map', () => {
    expect(
      planOf(hot('{type: comma_delimited_list}', '{get_param: [p, 1]}'), { p: 'a, b' }).images[0]?.image,
    ).toBe(' b')
    expect(
      planOf(hot('{type: json}', '{get_param: [p, x, "0"]}'), { p: '{"x": ["i"]}' }).images[0]?.image,
    ).toBe('i')
    expect(
      planOf(hot('{type: json}', '{get_param: [p, constructor]}'), { p: '{}' }).reasons[0]?.message,
    ).toContain('empty')
  })

  test('null is no default, an empty text is one', () => {
    expect(planOf(hot('{type: string, default: null}')).missing).toEqual(['p'])
    expect(planOf(hot("{type: string, default: ''}")).missing).toEqual([])
  })

  test('only what images need is missing, all at once', () => {
    const plan = planOf(`HeatTemplateFormatVersion: '2012-12-12'
Parameters:
  A: {Type: String}
  B: {Type: String}
  KeyName: {Type: String}
Mappings: {M: {x: {y: i}}}
Resources:
  S:
    Type: AWS::EC2::Instance
    Properties: {ImageId: {'Fn::FindInMap': [M, {Ref: A}, {Ref: B}]}, KeyName: {Ref: KeyName}}
`)
    expect(plan).toMatchObject({ outcome: 'fail', missing: ['A', 'B'], reasons: [] })
  })
})

describe('constraints', () => {
  test.each<[string, unknown, boolean]>([
    ['{type: string, constraints: [{allowed_values: [1.10, x]}]}', '1.1', true],
    ['{type: string, constraints: [{allowed_values: [a]}]}', 'b', false],
    ['{type: string, constraints: [{allowed_pattern: "[a-z]+"}]}', 'abc', true],
    ['{type: string, constraints: [{allowed_pattern: "a|ab"}]}', 'ab', false],
    ['{type: string, constraints: [{length: {min: 2, max: 3}}]}', 'a', false],
    ['{type: number, constraints: [{range: {min: 1, max: 5}}]}', '6', false],
    ['{type: number, constraints: [{modulo: {step: 2, offset: 1}}]}', '3', true],
    ['{type: number, constraints: [{modulo: {step: 2, offset: 1}}]}', '4', false],
    ['{type: string, constraints: [{custom_constraint: glance.image}]}', 'x', true],
    ['{type: number}', 'many', false],
  ])('%s with %j', (declaration, given, good) => {
    expect(planOf(hot(declaration, 'fixed'), { p: given }).outcome).toBe(good ? 'build' : 'fail')
  })

  test('a default that nothing uses is not looked at', () => {
    const declaration = '{type: string, default: b, constraints: [{allowed_values: [a]}]}'
    expect(planOf(hot(declaration, 'fixed')).outcome).toBe('build')
    expect(planOf(hot(declaration)).outcome).toBe('fail')
  })

  test('the author words it', () => {
    const declaration = '{type: string, constraints: [{allowed_values: [a], description: must be a}]}'
    expect(planOf(hot(declaration, 'fixed'), { p: 'b' }).reasons[0]?.message).toBe(
      'the value of the parameter p is not allowed: must be a',
    )
  })
})

test('what is given but not declared is refused', () => {
  expect(planOf(hot('{type: string}', 'fixed'), { q: '1' }).reasons[0]?.code).toBe('KILN_PARAMETER_UNKNOWN')
})

test('a type that Heat does not know refuses the whole template, but not a lenient reading', () => {
  const text = `AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Key: {Type: 'AWS::EC2::KeyPair::KeyName'}
  Ami: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /aws/service/x}
Resources:
  A: {Type: AWS::EC2::Instance, Properties: {ImageId: !Sub 'ami-\${AWS::Region}'}}
  B: {Type: AWS::EC2::Instance, Properties: {ImageId: {Ref: Ami}}}
`
  expect(planOf(text.replace('!Sub ', '')).images).toEqual([])
  const lenient = planOf(text, {}, { lenientAws: true })
  expect(lenient.images).toEqual([{ path: 'A', image: 'ami-ap-southeast-1' }])
  expect(lenient.reasons[0]?.code).toBe('KILN_TEMPLATE_IMAGE_RUNTIME')
})

test('hidden values are in no text of the answer', () => {
  const plan = planOf(
    `heat_template_version: 2016-10-14
parameters:
  secret: {type: string, hidden: 'false', constraints: [{allowed_pattern: '[0-9]+'}]}
resources:
  s:
    type: OS::Nova::Server
    metadata:
      AWS::CloudFormation::Init:
        config:
          files: {/etc/pw: {content: {get_param: secret}, mode: '000600'}}
    properties:
      image: i
      user_data_format: RAW
      user_data:
        str_replace:
          params: {$S: {get_param: secret}}
          template: "#cloud-config\\npackages: [nginx, pkg-$S]\\nwrite_files: [{path: /etc/x, content: $S}]\\n"
`,
    { secret: 'hunter2-hunter2' },
  )
  const text = JSON.stringify([plan.reasons, plan.instances, plan.residue], (_key, value) =>
    typeof value === 'bigint'
      ? String(value)
      : value instanceof Uint8Array
        ? Buffer.from(value).toString()
        : value,
  )
  expect(text).not.toContain('hunter2')
  expect(redact('said hunter2-hunter2')).toBe('said ***')
  const [instance] = plan.instances
  expect(instance?.needs.map((need) => [need.id, need.bake, need.hidden])).toEqual([
    ['cfn:config/files//etc/pw', false, true],
    ['cloud:packages/0', true, false],
    ['cloud:packages/1', false, true],
    ['cloud:write_files/0', false, true],
  ])
})
