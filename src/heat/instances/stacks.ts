import { whole } from '../evaluate/helpers.ts'
import { type Result, settle } from '../evaluate/result.ts'
import { isMap } from '../python.ts'
import { property, type TemplateScope } from '../template/scope.ts'
import type { Key, Value } from '../types.ts'
import type { Definition } from './walk.ts'

type Given = (parameter: string) => Result | undefined

/** Which template a stack resource names, and what it hands down. */
export type StackTemplate =
  | { readonly kind: 'file'; readonly name: string; readonly given: Given }
  | { readonly kind: 'text'; readonly text: string; readonly given: Given }
  | { readonly kind: 'missing'; readonly names: ReadonlySet<string> }
  /** `remote`: it would be somewhere else than in a file of ours. */
  | { readonly kind: 'unknown'; readonly why: string; readonly remote: boolean }

/** What is wrong with a template is told, and what is in it has names: neither may show such a value. */
const HIDDEN: StackTemplate = {
  kind: 'unknown',
  why: 'comes from a hidden parameter, so it is not read',
  remote: false,
}

/** `OS::Heat::Stack`: the text of the template, by `get_file` as a rule. */
export function heatStack(scope: TemplateScope, definition: Definition): StackTemplate {
  const { properties } = definition
  const given = fromMap(property(properties, 'parameters'))
  const raw = rawProperty(scope, definition, 'template')
  const name = isMap(raw ?? null) ? (raw as ReadonlyMap<Key, Value>).get('get_file') : undefined
  if (typeof name === 'string') return { kind: 'file', name, given }
  const text = property(properties, 'template')
  if (text === undefined) return { kind: 'unknown', why: 'is not there', remote: false }
  const known = whole(text)
  const { deps } = 'stop' in known ? known.stop : known
  if (deps.hidden.size > 0) return HIDDEN
  if (!('stop' in known) && isMap(known.value))
    return {
      kind: 'unknown',
      why: 'is a map, and Heat takes a text: a file by get_file, or a block',
      remote: false,
    }
  if (!('stop' in known) && typeof known.value === 'string') return { kind: 'text', text: known.value, given }
  if ('stop' in known && known.stop.deps.missing.size > 0)
    return { kind: 'missing', names: known.stop.deps.missing }
  return { kind: 'unknown', why: 'is not known before the stack runs', remote: 'stop' in known }
}

/** `AWS::CloudFormation::Stack`: a URL. */
export function awsStack(properties: Result): StackTemplate {
  const url = property(properties, 'TemplateURL')
  if (url !== undefined && url.deps.hidden.size > 0) return HIDDEN
  if (url === undefined) return { kind: 'unknown', why: 'is not named', remote: false }
  if (url.kind === 'scalar' && typeof url.value === 'string')
    return { kind: 'file', name: url.value, given: fromMap(property(properties, 'Parameters')) }
  const settled = settle(url)
  if (settled.status === 'missing') return { kind: 'missing', names: settled.deps.missing }
  return { kind: 'unknown', why: settled.error ?? 'is only known at run time', remote: true }
}

/** True where `context` names a region or credentials of its own. */
export function isElsewhere(properties: Result): boolean {
  const context = property(properties, 'context')
  if (context?.kind !== 'map') return false
  return ['region_name', 'credential_secret_id'].some((name) => {
    const value = property(context, name)
    return value !== undefined && !(value.kind === 'scalar' && value.value === null)
  })
}

function fromMap(parameters: Result | undefined): Given {
  return (name) => (parameters === undefined ? undefined : property(parameters, name))
}

function rawProperty(scope: TemplateScope, definition: Definition, name: string): Value | undefined {
  let here: Value | undefined = scope.template.document.value
  for (const key of [...definition.place, scope.template.words.properties, name])
    here = isMap(here ?? null) ? (here as ReadonlyMap<Key, Value>).get(key) : undefined
  return here
}
