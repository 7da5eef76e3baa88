import { describe, expect, test } from 'vitest'
import { planOf, rewritten } from '../testing.ts'

/* Nested templates that stand in their parent as a text. */

const HEAD = 'heat_template_version: 2018-08-31\n'
const inner = (image: string) => `${HEAD}# kept

resources:
  s: {type: OS::Nova::Server, properties: {image: ${image}}}   # too
`
const indented = (text: string, by: string) =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : by + line))
    .join('\n')
const block = (text: string, header = '|') =>
  `${HEAD}resources:
  n:
    type: OS::Heat::Stack
    properties:
      template: ${header}
${indented(text, '          ')}  after: {type: OS::Neutron::Net}
`

describe('a template in a text is changed there', () => {
  test.each(['|', '|-', '|  # why'])('in a block: %s', (header) => {
    expect(rewritten(planOf(block(inner('i'), header))).text).toBe(block(inner('built-1'), header))
  })

  test('with its line breaks', () => {
    const crlf = (image: string) => block(inner(image)).replaceAll('\n', '\r\n')
    expect(rewritten(planOf(crlf('i'))).text).toBe(crlf('built-1'))
  })

  test('in quotes, and in JSON', () => {
    const quotes = (image: string) =>
      `${HEAD}resources:\n  n: {type: OS::Heat::Stack, properties: {template: ${JSON.stringify(inner(image))}}}\n`
    expect(rewritten(planOf(quotes('i'))).text).toBe(quotes('built-1'))
    const json = (image: string) =>
      JSON.stringify({
        heat_template_version: '2018-08-31',
        resources: { n: { type: 'OS::Heat::Stack', properties: { template: inner(image) } } },
      })
    expect(rewritten(planOf(json('i'))).text).toBe(json('built-1'))
  })

  test('in each other, in groups, and around files', () => {
    const twice = (image: string) => block(block(inner(image)))
    expect(rewritten(planOf(twice('i'))).text).toBe(twice('built-1'))
    const group = (image: string) =>
      `${HEAD}resources:
  g: {type: OS::Heat::ResourceGroup, properties: {resource_def: {type: OS::Heat::Stack, properties: {template: ${JSON.stringify(inner(image))}}}}}
`
    expect(rewritten(planOf(group('i'))).text).toBe(group('built-1'))
    const { text, files } = rewritten(
      planOf({ 'main.yaml': block(`${HEAD}resources:\n  m: {type: c.yaml}\n`), 'c.yaml': inner('i') }),
    )
    const copy = [...files.keys()].find((name) => name !== 'main.yaml')!
    expect(text).toContain(`m: {type: ${copy}}`)
    expect(files.get(copy)).toBe(inner('built-1'))
  })

  test('one out of a function is refused', () => {
    const text = `${HEAD}resources:
  n: {type: OS::Heat::Stack, properties: {template: {list_join: ['', [${JSON.stringify(inner('i'))}]]}}}
`
    expect(() => rewritten(planOf(text))).toThrow('is a text and cannot be rewritten; put it in a file')
  })
})
