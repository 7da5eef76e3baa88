import { parse, stringify } from 'yaml'
import { heatUserData } from '../src/check/index.ts'

/** What only a running stack knows, for the examples: values of parameters, and of attributes as `resource.name`. */
export interface StackValues {
  readonly parameters: Readonly<Record<string, string>>
  readonly attributes: Readonly<Record<string, string>>
}

type Tree = { readonly [name: string]: unknown }

/**
 * The user data that Heat would give to the server `name` of a template: HOT with `user_data_format: RAW`, or CFN.
 * Plays Heat for the functions that the examples use, independently of `src/heat`; anything else throws.
 */
export function userDataOf(template: string, name: string, values: StackValues): string {
  const document = record(parse(template))
  return 'AWSTemplateFormatVersion' in document
    ? cfnUserData(document, name, values)
    : hotUserData(document, name, values)
}

function hotUserData(template: Tree, name: string, values: StackValues): string {
  const parameters = parametersOf(record(template.parameters), 'default', values)
  const resources = record(template.resources)
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve)
    if (typeof value !== 'object' || value === null) return value
    const [first, ...others] = Object.entries(value)
    if (first && others.length === 0) {
      const [fn, argument] = first
      if (fn === 'get_param') return known(parameters, String(argument))
      if (fn === 'get_attr') return known(values.attributes, (argument as string[]).join('.'))
      if (fn === 'get_resource') return cloudConfig(record(resources[String(argument)]))
      if (fn === 'str_replace') return replaceAll(record(argument))
      if (/^(get|str|list|map|repeat|digest|yaql|if)(_|$)/.test(fn)) throw new Error(`no ${fn} here`)
    }
    return mapped(value as Tree, resolve)
  }
  const cloudConfig = ({ type, properties }: Tree): string => {
    if (type !== 'OS::Heat::CloudConfig') throw new Error(`a ${type} is no user data`)
    return `#cloud-config\n${stringify(resolve(record(properties).cloud_config))}`
  }
  /** All at once: what was put in is not looked at again. */
  const replaceAll = ({ template: text, params }: Tree): string => {
    const found = record(resolve(params))
    const names = Object.keys(found).sort((a, b) => b.length - a.length)
    const pattern = new RegExp(names.map((each) => each.replace(/\W/g, '\\$&')).join('|'), 'g')
    return String(text).replace(pattern, (each) => String(found[each]))
  }
  const { properties } = record(resources[name])
  return String(resolve(record(properties).user_data))
}

function cfnUserData(template: Tree, name: string, values: StackValues): string {
  const parameters = parametersOf(record(template.Parameters), 'Default', values)
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve)
    if (typeof value !== 'object' || value === null) return value
    const [first, ...others] = Object.entries(value)
    if (first && others.length === 0) {
      const [fn, argument] = first
      if (fn === 'Ref') return known(parameters, String(argument))
      if (fn === 'Fn::GetAtt') return known(values.attributes, (argument as string[]).join('.'))
      // Heat leaves the encoding to Nova.
      if (fn === 'Fn::Base64') return resolve(argument)
      if (fn === 'Fn::Join') {
        const [glue, parts] = resolve(argument) as [string, unknown[]]
        return parts.map(String).join(glue)
      }
      if (fn.startsWith('Fn::')) throw new Error(`no ${fn} here`)
    }
    return mapped(value as Tree, resolve)
  }
  const server = record(record(template.Resources)[name])
  return heatUserData({
    userData: String(resolve(record(server.Properties).UserData)),
    metadata: resolve(server.Metadata ?? {}),
  })
}

function parametersOf(declared: Tree, fallback: string, values: StackValues): Tree {
  const defaults = Object.entries(declared).map(([name, each]) => [name, record(each)[fallback]] as const)
  return { ...Object.fromEntries(defaults), ...values.parameters }
}

function known(values: Tree, name: string): unknown {
  if (!Object.hasOwn(values, name) || values[name] === undefined)
    throw new Error(`there is no value of ${name}`)
  return values[name]
}

function mapped(value: Tree, to: (value: unknown) => unknown): Tree {
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, to(each)]))
}

function record(value: unknown): Tree {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('a map was expected')
  return value as Tree
}
