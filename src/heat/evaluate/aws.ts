import { isList, isMap, str } from '../python.ts'
import type { Key, Value } from '../types.ts'
import { TextBuilder } from './helpers.ts'
import { runtime } from './references.ts'
import { failure, join, known, type Lazy, NO_DEPS, scalar } from './result.ts'
import { evaluate, type TemplateFunction } from './scope.ts'

/*
 * What AWS has and Heat has not; only for templates that are read leniently.
 */

/** `Fn::Sub`: `${Name}` is a parameter or resource, `${Name.Attribute}` run time, `${!x}` stays `${x}`. */
export const sub: TemplateFunction = (scope, argument, name) => {
  const [template, given] = isList(argument) ? argument : [argument, new Map<Key, Value>()]
  if (typeof template !== 'string' || !isMap(given ?? null))
    return failure(`${name} needs a text, or a text and a map`)
  const text = new TextBuilder(NO_DEPS)
  let last = 0
  for (const match of template.matchAll(/\$\{([^}]*)\}/g)) {
    text.add(template.slice(last, match.index))
    last = match.index + match[0].length
    const what = match[1]!.trim()
    if (what.startsWith('!')) {
      text.add(`\${${what.slice(1)}}`)
      continue
    }
    const own = (given as ReadonlyMap<Key, Value>).get(what)
    const value =
      own !== undefined
        ? evaluate(scope, own)
        : scope.hasResource(what.split('.')[0]!)
          ? runtime(`${what.includes('.') ? 'get_attr' : 'get_resource'}:${what}`)
          : (scope.parameter(what) ?? failure(`${name}: there is no parameter or resource '${what}'`))
    text.deps = join(text.deps, value.deps)
    if (value.kind === 'error') return value
    if (value.kind === 'scalar') text.add(value.value === null ? '' : str(value.value))
    else text.addHole(value)
  }
  text.add(template.slice(last))
  return text.result()
}

export const importValue: TemplateFunction = () => runtime('Fn::ImportValue')
export const elsewhere: TemplateFunction = (_scope, _argument, name) => runtime(name)

/** What AWS alone calls a parameter and knows everywhere. */
export function awsPseudo(name: string): Lazy | undefined {
  switch (name) {
    case 'AWS::Partition':
      return () => known('aws')
    case 'AWS::URLSuffix':
      return () => scalar('amazonaws.com')
    case 'AWS::AccountId':
    case 'AWS::NotificationARNs':
      return () => runtime(`pseudo:${name}`)
    case 'AWS::NoValue':
      return () => ({ kind: 'nothing', deps: NO_DEPS })
    default:
      return undefined
  }
}
