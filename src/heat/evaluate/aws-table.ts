import * as aws from './aws.ts'
import * as logic from './logic.ts'
import * as refs from './references.ts'
import type { TemplateFunction } from './scope.ts'
import * as texts from './texts.ts'

/** Adds what AWS knows beyond Heat. */
export function awsFunctions(
  functions: Map<string, TemplateFunction>,
  conditions: Map<string, TemplateFunction>,
): void {
  functions.set('Fn::Sub', aws.sub)
  functions.set('Fn::If', logic.choose(false))
  functions.set('Fn::ImportValue', aws.importValue)
  for (const name of ['Fn::Cidr', 'Fn::Transform', 'Fn::Length', 'Fn::ToJsonString'])
    functions.set(name, aws.elsewhere)
  for (const [name, fn] of [
    ['Ref', refs.refParameter],
    ['Fn::FindInMap', refs.findInMap],
    ['Fn::Select', texts.select],
    ['Fn::Split', texts.split],
    ['Fn::Join', texts.joinOne],
    ['Fn::Sub', aws.sub],
    ['Fn::Equals', logic.equals],
    ['Fn::Not', logic.not(true)],
    ['Fn::And', logic.and],
    ['Fn::Or', logic.or],
    ['Condition', logic.namedCondition],
  ] as const)
    conditions.set(name, fn)
}
