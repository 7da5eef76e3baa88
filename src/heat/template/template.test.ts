import { describe, expect, test } from 'vitest'
import { readTemplate } from './template.ts'

const HOT = 'resources: {s: {type: A::B}}\n'
const CFN = 'Resources: {s: {Type: A::B}}\n'
const NEW = 'heat_template_version: 2021-04-16\n'
const OLD = 'heat_template_version: 2016-04-08\n'
const HEAT = "HeatTemplateFormatVersion: '2012-12-12'\n"
const AWS = "AWSTemplateFormatVersion: '2010-09-09'\n"
const read = (text: string) => readTemplate(text, 't')

describe('versions', () => {
  test.each([
    ['2013-05-23', '2013-05-23'],
    ['2014-10-16', '2014-10-16'],
    ['2015-04-30', '2015-04-30'],
    ['2015-10-15', '2015-10-15'],
    ['2016-04-08', '2016-04-08'],
    ['newton', '2016-10-14'],
    ['ocata', '2017-02-24'],
    ['pike', '2017-09-01'],
    ['queens', '2018-03-02'],
    ['rocky', '2018-08-31'],
    ['wallaby', '2021-04-16'],
  ])('%s', (written, date) => {
    expect(read(`heat_template_version: ${written}\n${HOT}`).version).toMatchObject({ kind: 'hot', date })
  })

  test('the two kinds of CFN', () => {
    expect(read(HEAT + CFN).version.kind).toBe('cfn')
    expect(read(AWS + CFN).version.kind).toBe('aws')
  })

  test.each([
    ['none', HOT],
    ['two', HEAT + AWS + CFN],
    ['a name that never was', `heat_template_version: mitaka\n${HOT}`],
    ['a later date', `heat_template_version: 2022-01-01\n${HOT}`],
    ['a number', `heat_template_version: 2016\n${HOT}`],
    ['the date of the other', `HeatTemplateFormatVersion: '2010-09-09'\n${CFN}`],
  ])('%s is refused', (_what, text) => {
    expect(() => read(text)).toThrow()
  })

  test('a second version that is no text is a section, known or not', () => {
    expect(read(`${AWS}HeatTemplateFormatVersion: 2012\n${CFN}`).version.kind).toBe('aws')
    expect(() => read(`${AWS}heat_template_version: 2012\n${CFN}`)).toThrow('heat_template_version')
  })
})

describe('sections', () => {
  test.each([
    [NEW, HOT, ['description', 'parameter_groups', 'parameters', 'outputs', 'conditions']],
    [OLD, HOT, ['description', 'parameter_groups', 'parameters', 'outputs']],
    [HEAT, CFN, ['Description', 'Mappings', 'Parameters', 'Outputs']],
    [AWS, CFN, ['Description', 'Mappings', 'Parameters', 'Outputs', 'Conditions']],
  ])('%s', (head, body, known) => {
    const all = ['description', 'parameter_groups', 'parameters', 'outputs', 'conditions', 'mappings']
    const others = ['Metadata', 'Rules', 'Transform', 'Hooks', '__proto__', 'constructor', '1', "''"]
    for (const name of [...all, ...all.map((one) => one[0]!.toUpperCase() + one.slice(1)), ...others]) {
      const text = `${head}${name}: {}\n${body}`
      if (known.includes(name)) expect(read(text).resources.size).toBe(1)
      else expect(() => read(text)).toThrow('is not one that Heat knows')
    }
  })

  test('an empty section is as none; only conditions must be a map', () => {
    for (const empty of ['', '{}', '[]', "''", '0', 'false'])
      expect(read(`${NEW}parameters: ${empty}\n${HOT}`).parameters.size).toBe(0)
    expect(() => read(`${NEW}parameters: [a]\n${HOT}`)).toThrow("'parameters' is not a map")
    expect(() => read(`${NEW}conditions:\n${HOT}`)).toThrow("'conditions' is not a map")
    expect(() => read(`${NEW}conditions: {yes: true}\n${HOT}`)).toThrow('not a text')
  })
})

describe('resources', () => {
  const refused = (field: string, head = NEW, type = 'type: A::B') =>
    expect(() => read(`${head}resources: {s: {${type}, ${field}}}\n`), field)
  const taken = (field: string, head = NEW) =>
    expect(read(`${head}resources: {s: {type: A::B, ${field}}}\n`).resources.size, field).toBe(1)

  test('HOT knows its keys, CFN takes any', () => {
    refused('extra: x').toThrow("'extra'")
    refused('1: x').toThrow("'1'")
    refused('condition: c', OLD).toThrow("'condition'")
    refused('external_id: x', OLD).toThrow("'external_id'")
    taken('condition: c, external_id: x, description: d')
    expect(read(`${HEAT}Resources: {s: {Type: A::B, CreationPolicy: [x], 1: y}}\n`).resources.size).toBe(1)
  })

  test.each([
    'properties:',
    'properties: []',
    'properties: x',
    'metadata:',
    'update_policy: x',
    'description:',
    'description: {get_param: p}',
    'depends_on:',
    'depends_on: [1]',
    'deletion_policy:',
    'deletion_policy: Never',
    'condition:',
    'condition: 5',
    'external_id: 5',
  ])('{%s} is refused', (field) => {
    refused(field).toThrow('of the resource s is not')
  })

  test('functions may stand for most of it', () => {
    for (const field of ['properties', 'metadata', 'update_policy', 'deletion_policy', 'external_id'])
      taken(`${field}: {get_param: p}`)
    taken('condition: {not: c}')
    taken('depends_on: a')
    taken('depends_on: [a, b]')
    taken('deletion_policy: delete')
    refused('deletion_policy: delete', OLD).toThrow('Delete, Retain, Snapshot')
  })

  test.each(['', 'type:', "type: ''", 'type: 5', 'type: [a]', 'type: {get_param: t}', 'properties: {}'])(
    '{%s} has no type',
    (body) => {
      expect(() => read(`${NEW}resources: {s: {${body}}}\n`)).toThrow('has no type')
    },
  )

  test.each(['1', 'yes', '~', '1.5', 'a/b'])('%s is no name', (name) => {
    expect(() => read(`${NEW}resources: {${name}: {type: A::B}}\n`)).toThrow('the resource')
  })

  test('names that objects have are names', () => {
    const { resources } = read(`${NEW}resources: {__proto__: {type: A::B}, constructor: {type: A::B}}\n`)
    expect([...resources.keys()]).toEqual(['__proto__', 'constructor'])
  })
})
