import { describe, expect, test } from 'vitest'
import { functionsOf } from './versions.ts'

/** Which functions come and go with each version of HOT. */
const OLD = ['Ref', 'Fn::GetAZs', 'Fn::Join', 'Fn::Split', 'Fn::Replace', 'Fn::Base64', 'Fn::MemberListToMap']
const ALWAYS = [
  'get_param',
  'get_resource',
  'get_attr',
  'get_file',
  'resource_facade',
  'list_join',
  'str_replace',
]
const FROM: readonly (readonly [string, string])[] = [
  ['digest', '2015-04-30'],
  ['repeat', '2015-04-30'],
  ['str_split', '2015-10-15'],
  ['map_merge', '2016-04-08'],
  ['if', '2016-10-14'],
  ['yaql', '2016-10-14'],
  ['map_replace', '2016-10-14'],
  ['filter', '2017-02-24'],
  ['str_replace_strict', '2017-02-24'],
  ['make_url', '2017-09-01'],
  ['list_concat', '2017-09-01'],
  ['list_concat_unique', '2017-09-01'],
  ['contains', '2017-09-01'],
  ['str_replace_vstrict', '2017-09-01'],
]
const DATES = [
  '2013-05-23',
  '2014-10-16',
  '2015-04-30',
  '2015-10-15',
  '2016-04-08',
  '2016-10-14',
  '2017-02-24',
  '2017-09-01',
  '2018-03-02',
  '2018-08-31',
  '2021-04-16',
]

test.each(DATES)('HOT %s', (date) => {
  const { functions } = functionsOf({ kind: 'hot', date, lenient: false })
  const known = [...ALWAYS, ...FROM.filter(([, from]) => date >= from).map(([name]) => name)]
  // What was removed is still a function, one that is refused.
  expect([...functions.keys()].sort()).toEqual([...known, ...OLD, 'Fn::ResourceFacade', 'Fn::Select'].sort())
})

describe('conditions', () => {
  const names = (kind: 'hot' | 'cfn' | 'aws', date: string) => {
    const { functions, conditionFunctions } = functionsOf({ kind, date, lenient: false })
    return [...conditionFunctions]
      .filter(([name, fn]) => !functions.has(name) || functions.get(name) === fn)
      .map(([name]) => name)
  }

  test('know functions of their own', () => {
    expect(names('hot', '2016-10-14')).toEqual(
      expect.arrayContaining(['get_param', 'equals', 'not', 'and', 'or']),
    )
    expect(names('hot', '2016-10-14')).not.toContain('contains')
    expect(names('hot', '2017-09-01')).toContain('contains')
    expect(names('hot', '2016-04-08')).toEqual([])
    expect(names('cfn', '2012-12-12')).toEqual([])
    expect(names('aws', '2010-09-09')).toEqual(
      expect.arrayContaining(['Fn::Equals', 'Fn::Not', 'Fn::And', 'Fn::Or', 'Fn::FindInMap']),
    )
  })
})

test('only the AWS version of CFN knows Fn::If', () => {
  expect(functionsOf({ kind: 'cfn', date: '2012-12-12', lenient: false }).functions.has('Fn::If')).toBe(false)
  expect(functionsOf({ kind: 'aws', date: '2010-09-09', lenient: false }).functions.has('Fn::If')).toBe(true)
})
