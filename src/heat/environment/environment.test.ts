import { describe, expect, test } from 'vitest'
import { planOf } from '../testing.ts'
import { Registry } from './registry.ts'

const TEMPLATE = `heat_template_version: 2016-10-14
parameters:
  a: {type: string}
  l: {type: comma_delimited_list, default: ''}
  m: {type: json, default: {}}
resources:
  s: {type: OS::Nova::Server, properties: {image: {list_join: ['+', [{get_param: a}], {get_param: l}]}}}
`

function image(environments: Record<string, string>, given: Record<string, unknown> = {}) {
  const plan = planOf({ 'main.yaml': TEMPLATE, ...environments }, given, {
    environments: Object.keys(environments),
  })
  return plan.images[0]?.image ?? plan.reasons[0]?.code ?? `missing ${plan.missing.join()}`
}

describe('values', () => {
  test('the command line wins over the last file over the first', () => {
    const files = { 'one.yaml': 'parameters: {a: 1st}', 'two.yaml': 'parameters: {a: 2nd}' }
    expect(image(files)).toBe('2nd')
    expect(image(files, { a: 'given' })).toBe('given')
  })

  test('parameter_defaults come before the default, and may match nothing', () => {
    expect(image({ 'e.yaml': 'parameter_defaults: {a: fallback, other: 1}' })).toBe('fallback')
  })

  test.each([
    'unknown_section: {}',
    'parameters:',
    'parameters: [a]',
    'resource_registry: x.yaml',
    '- a',
    'parameters: {a: [}',
  ])('%s is refused', (text) => {
    expect(image({ 'e.yaml': text })).toMatch(/^KILN_(ENVIRONMENT|TEMPLATE)_/)
  })

  test('a file that is not there is named', () => {
    const plan = planOf(TEMPLATE, { a: 'x' }, { environments: ['nowhere.yaml'] })
    expect(plan.reasons[0]?.message).toContain('nowhere.yaml')
  })
})

function registry(...sections: Record<string, unknown>[]): Registry {
  const out = new Registry()
  const map = (value: unknown): never =>
    (value !== null && typeof value === 'object'
      ? new Map(Object.entries(value).map(([k, v]) => [k, map(v)]))
      : value) as never
  for (const section of sections) out.add(map(section), 'env/e.yaml')
  return out
}

describe('registry', () => {
  test('types, prefixes and templates', () => {
    const types = registry({
      'A::B': 'OS::Nova::Server',
      'X::*': 'OS::*',
      'T::T': 't.yaml',
      'N::*': 'OS::Heat::None',
    })
    expect(types.resolve('A::B', 'r')).toEqual({ kind: 'type', type: 'OS::Nova::Server' })
    expect(types.resolve('X::Nova::Server', 'r')).toEqual({ kind: 'type', type: 'OS::Nova::Server' })
    expect(types.resolve('T::T', 'r')).toMatchObject({ kind: 'template', name: 't.yaml', from: 'env/e.yaml' })
    expect(types.resolve('N::Any', 'r')).toEqual({ kind: 'type', type: 'OS::Heat::None' })
    expect(types.resolve('OS::Nova::Server', 'r')).toEqual({ kind: 'type', type: 'OS::Nova::Server' })
  })

  test('the wildcard beats the exact name, a resource of its own beats both', () => {
    const types = registry({
      'My::Thing': 'A',
      'My::*': 'B',
      resources: { web: { 'My::Thing': 'C', hooks: 'pre-create' } },
    })
    expect(types.resolve('My::Thing', 'db')).toEqual({ kind: 'type', type: 'B' })
    expect(types.resolve('My::Thing', 'web')).toEqual({ kind: 'type', type: 'C' })
  })

  test('a wildcard counts for all resources only, and never for a template', () => {
    const types = registry({ 'X::*': 'x.yaml', resources: { web: { 'A::*': 'OS::Heat::None' } } })
    expect(types.resolve('X::Y', 'r')).toEqual({ kind: 'type', type: 'X::Y' })
    expect(types.resolve('A::B', 'web')).toEqual({ kind: 'type', type: 'A::B' })
  })

  test('what leads to no type at all is passed over', () => {
    const types = registry({ '*': 'No::Such', 'My::Thing': 'OS::Nova::Server', 'My::*': 'No::*' })
    expect(types.resolve('My::Thing', 'r')).toEqual({ kind: 'type', type: 'OS::Nova::Server' })
    expect(types.resolve('OS::Neutron::Net', 'r')).toEqual({ kind: 'type', type: 'OS::Neutron::Net' })
  })

  test('what stands for itself is a loop, unless a wildcard says so', () => {
    expect(registry({ 'OS::A': 'OS::A' }).resolve('OS::A', 'r')).toEqual({ kind: 'loop' })
    expect(registry({ 'OS::*': 'OS::A' }).resolve('OS::A', 'r')).toEqual({ kind: 'type', type: 'OS::A' })
    expect(registry({ 'OS::*': 'OS::*' }).resolve('OS::A', 'r')).toEqual({ kind: 'loop' })
  })

  test('null takes back, loops end', () => {
    expect(registry({ 'A::A': 'B', 'A::B': 'B' }, { 'A::*': null }).resolve('A::A', 'r')).toEqual({
      kind: 'type',
      type: 'A::A',
    })
    expect(registry({ A: 'B', B: 'A' }).resolve('A', 'r')).toEqual({ kind: 'loop' })
  })
})
