import { expect, test } from 'vitest'
import { planOf } from '../testing.ts'

const HEAD = 'heat_template_version: 2018-08-31\n'
const inner = JSON.stringify(
  `${HEAD}parameters: {image: {type: string, default: own}}\nresources:\n  s: {type: OS::Nova::Server, properties: {image: {get_param: image}}}\n`,
)
const stack = (template: string, more = '') =>
  `${HEAD}parameters: {p: {type: string}, h: {type: string, hidden: true}}
resources:
  n: {type: OS::Heat::Stack, properties: {template: ${template}${more}}}
`

test.each<[string, string, string]>([
  [inner, '', 'own'],
  [inner, ', parameters: {image: given}', 'given'],
  [`{str_replace: {template: ${inner}, params: {own: filled}}}`, '', 'filled'],
  [`{list_join: ['', [${inner}]]}`, '', 'own'],
  ['{get_file: c.yaml}', '', 'from-file'],
])('the text of a stack: %s%s', (template, more, image) => {
  const file = `${HEAD}resources:\n  s: {type: OS::Nova::Server, properties: {image: from-file}}\n`
  const files = { 'main.yaml': stack(template, more), 'c.yaml': file }
  expect(planOf(files).images).toEqual([{ path: 'n/s', image }])
})

test('a text that a parameter brings is asked for, and read', () => {
  expect(planOf(stack('{get_param: p}')).missing).toEqual(['p'])
  expect(planOf(stack('{get_param: p}'), { p: JSON.parse(inner) }).images[0]?.image).toBe('own')
})

test.each<[string, string]>([
  ['{heat_template_version: 2018-08-31, resources: {}}', 'is a map, and Heat takes a text'],
  ['{get_attr: [n, x]}', 'is not known before the stack runs'],
  ['"just a text"', 'main.yaml (n)'],
  ['{get_file: main.yaml}', 'uses itself'],
  ['{get_file: gone.yaml}', 'gone.yaml'],
])('%s is refused', (template, why) => {
  const plan = planOf(stack(template))
  expect([plan.outcome, plan.reasons[0]?.path]).toEqual(['fail', 'n'])
  expect(plan.reasons[0]?.message).toContain(why)
})

test('one that a hidden parameter brings is not read: what is wrong with it would show it', () => {
  const plan = planOf(stack('{get_param: h}'), { h: 'heat_template_version: qq7' })
  expect(plan.reasons[0]?.message).toContain('comes from a hidden parameter')
  expect(JSON.stringify(plan.reasons)).not.toContain('qq7')
})

test('a stack in another region is told: its images must be there', () => {
  const plan = planOf(stack(inner, ', context: {region_name: far}'))
  expect([plan.outcome, plan.warnings]).toMatchObject([
    'build',
    [{ code: 'KILN_TEMPLATE_REGION', path: 'n' }],
  ])
  expect(planOf(stack(inner, ', context: {region_name: null}')).warnings).toEqual([])
})
