import { awsFunctions } from './aws-table.ts'
import * as data from './data.ts'
import * as logic from './logic.ts'
import * as refs from './references.ts'
import { repeat } from './repeat.ts'
import { failure } from './result.ts'
import type { TemplateFunction, Version } from './scope.ts'
import * as texts from './texts.ts'
import { makeUrl } from './url.ts'

/** HOT versions in order, with the names that stand for them. */
export const HOT_VERSIONS: ReadonlyMap<string, string> = new Map([
  ['2013-05-23', '2013-05-23'],
  ['2014-10-16', '2014-10-16'],
  ['2015-04-30', '2015-04-30'],
  ['2015-10-15', '2015-10-15'],
  ['2016-04-08', '2016-04-08'],
  ['2016-10-14', '2016-10-14'],
  ['newton', '2016-10-14'],
  ['2017-02-24', '2017-02-24'],
  ['ocata', '2017-02-24'],
  ['2017-09-01', '2017-09-01'],
  ['pike', '2017-09-01'],
  ['2018-03-02', '2018-03-02'],
  ['queens', '2018-03-02'],
  ['2018-08-31', '2018-08-31'],
  ['rocky', '2018-08-31'],
  ['2021-04-16', '2021-04-16'],
  ['wallaby', '2021-04-16'],
])

export interface FunctionTable {
  readonly functions: ReadonlyMap<string, TemplateFunction>
  readonly conditionFunctions: ReadonlyMap<string, TemplateFunction>
}

const tables = new Map<string, FunctionTable>()

/** The functions that templates of `version` know. */
export function functionsOf(version: Version): FunctionTable {
  const key = `${version.kind} ${version.date} ${version.lenient}`
  let table = tables.get(key)
  if (table === undefined) {
    table = version.kind === 'hot' ? hot(version.date) : cfn(version)
    tables.set(key, table)
  }
  return table
}

/** Of CFN, and of the first HOT version too. */
const FN: readonly (readonly [string, TemplateFunction])[] = [
  ['Fn::GetAZs', refs.getAvailabilityZones],
  ['Fn::Join', texts.joinOne],
  ['Fn::Split', texts.split],
  ['Fn::Replace', texts.replace('texts')],
  ['Fn::Base64', texts.base64],
  ['Fn::MemberListToMap', data.memberListToMap],
  ['Fn::ResourceFacade', refs.resourceFacade],
]

function cfn(version: Version): FunctionTable {
  const functions = new Map<string, TemplateFunction>([
    ['Ref', refs.ref],
    ['Fn::FindInMap', refs.findInMap],
    ['Fn::GetAtt', refs.getAttr(version.lenient ? 1 : 2, 2)],
    ['Fn::Select', texts.select],
    ...FN,
  ])
  const conditionFunctions = new Map<string, TemplateFunction>()
  if (version.kind === 'aws') {
    functions.set('Fn::If', logic.choose(false))
    conditionFunctions.set('Ref', refs.refParameter)
    conditionFunctions.set('Fn::FindInMap', refs.findInMap)
    conditionFunctions.set('Fn::Equals', logic.equals)
    conditionFunctions.set('Fn::Not', logic.not(true))
    conditionFunctions.set('Fn::And', logic.and)
    conditionFunctions.set('Fn::Or', logic.or)
  }
  if (version.lenient) awsFunctions(functions, conditionFunctions)
  return { functions, conditionFunctions: withInvalid(conditionFunctions, functions) }
}

function hot(date: string): FunctionTable {
  const from = (when: string) => date >= when
  const functions = new Map<string, TemplateFunction>([
    ['get_param', refs.getParam],
    ['get_resource', refs.getResource],
    ['get_attr', refs.getAttr(from('2015-10-15') ? 1 : 2)],
    ['get_file', refs.getFile],
    ['resource_facade', refs.resourceFacade],
    ['list_join', from('2015-10-15') ? texts.joinMany : texts.joinOne],
    ['str_replace', texts.replace(from('2015-10-15') ? 'json' : 'texts')],
  ])
  const put = (name: string, fn: TemplateFunction) => functions.set(name, fn)
  put('Fn::Select', from('2015-10-15') ? refs.removed : texts.select)
  const old = !from('2014-10-16')
  put('Ref', old ? refs.ref : refs.removed)
  for (const [name, fn] of FN) put(name, old ? fn : refs.removed)
  if (from('2015-04-30')) {
    put('digest', texts.digest)
    put('repeat', repeat({ maps: from('2016-10-14'), permutations: from('2017-09-01') }))
  }
  if (from('2015-10-15')) put('str_split', texts.strSplit)
  if (from('2016-04-08')) put('map_merge', data.mapMerge)
  if (from('2016-10-14')) {
    put('if', logic.choose(from('2021-04-16')))
    put('yaql', data.yaql)
    put('map_replace', data.mapReplace)
  }
  if (from('2017-02-24')) {
    put('filter', data.filter)
    put('str_replace_strict', texts.replace('strict'))
  }
  if (from('2017-09-01')) {
    put('make_url', makeUrl)
    put('list_concat', data.listConcat)
    put('list_concat_unique', data.listConcat)
    put('contains', data.contains)
    put('str_replace_vstrict', texts.replace('vstrict'))
  }
  const conditionFunctions = new Map<string, TemplateFunction>()
  if (from('2016-10-14')) {
    conditionFunctions.set('get_param', refs.getParam)
    conditionFunctions.set('equals', logic.equals)
    conditionFunctions.set('not', logic.not(false))
    conditionFunctions.set('and', logic.and)
    conditionFunctions.set('or', logic.or)
  }
  if (from('2017-09-01')) {
    conditionFunctions.set('yaql', data.yaql)
    conditionFunctions.set('contains', data.contains)
  }
  return { functions, conditionFunctions: withInvalid(conditionFunctions, functions) }
}

/** In a condition, a function that only other places know is an error and no data. */
function withInvalid(
  conditionFunctions: ReadonlyMap<string, TemplateFunction>,
  functions: ReadonlyMap<string, TemplateFunction>,
): ReadonlyMap<string, TemplateFunction> {
  const all = new Map<string, TemplateFunction>()
  for (const name of functions.keys()) all.set(name, invalid)
  for (const [name, fn] of conditionFunctions) all.set(name, fn)
  return all
}

const invalid: TemplateFunction = (_scope, _argument, name) =>
  failure(`${name} cannot be used in a condition`)
