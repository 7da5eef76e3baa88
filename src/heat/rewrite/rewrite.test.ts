import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDocument } from '../read/document.ts'
import { planOf, rewritten } from '../testing.ts'
import { scalarText } from './edits.ts'

/** What the rewritten main template reads. */
function edited(text: string, name = 'built-1', options = {}): string {
  return rewritten(planOf(text), name, options).text
}

const HEAD = 'heat_template_version: 2016-10-14\n'

describe('images', () => {
  test.each<[string, string]>([
    ['image: {get_param: i}  # base', 'image: built-1  # base'],
    ['image:\n        get_param: i', 'image: built-1'],
    ['image: "old"', 'image: "built-1"'],
    ["image: 'old'", "image: 'built-1'"],
    ['image: >\n        old', 'image: built-1'],
    ['"image" : old', '"image" : built-1'],
    ['image:   # why\n        get_param: i', 'image: built-1   # why'],
    ['image: !!str 12', 'image: built-1'],
    ['image: {get_param: i}# base', 'image: built-1 # base'],
    ['image:\n        {get_param: i}# base', 'image: built-1 # base'],
    ['image: &a\n        !!str deb', 'image: &a built-1'],
    ['? image\n      : old', '? image\n      : built-1'],
    [
      'image:\n        str_replace:\n          params: {$v: 1}\n          template: |\n            x-$v\n',
      'image: built-1\n',
    ],
  ])('%j', (before, now) => {
    const text = `${HEAD}parameters: {i: {type: string, default: x}}\nresources:\n  s:\n    type: OS::Nova::Server\n    properties:\n      ${before}\n      flavor: 1.0\n`
    const out = edited(text)
    expect(out.replaceAll(/\s+/g, ' ')).toBe(text.replace(before, now).replaceAll(/\s+/g, ' '))
    expect(planOf(out).images[0]?.image).toBe('built-1')
  })

  test('JSON stays JSON, with tabs, CRLF and spellings of numbers', () => {
    const text = `{\r\n\t"heat_template_version": "2013-05-23",\r\n\t"resources": {"s": {"type": "OS::Nova::Server", "properties": {"n": 12345678901234567890, "f": 1e3, "image": {"get_param": "i"}}}},\r\n\t"parameters": {"i": {"type": "string", "default": "1"}}\r\n}`
    expect(edited(text)).toBe(text.replace('{"get_param": "i"}', '"built-1"'))
  })

  test('what looks like JSON and is read as YAML still looks like JSON', () => {
    const text =
      '\ufeff{"heat_template_version": "2013-05-23", "resources": {"s": {"type": "OS::Nova::Server", "properties": {"image": {"get_param": "i"}}}}, "parameters": {"i": {"type": "string", "default": "1"}}}'
    expect(edited(text)).toBe(text.replace('{"get_param": "i"}', '"built-1"'))
  })

  test('what would turn from YAML into JSON, and so change its numbers, is refused', () => {
    const text = (n: string) =>
      `{"heat_template_version": "2013-05-23", "resources": {"s": {"type": "OS::Nova::Server", "properties": {"n": ${n}, "image": {"get_param": "i",}}}}, "parameters": {"i": {"type": "string", "default": "1"}}}`
    expect(edited(text('1.5'))).toBe(text('1.5').replace('{"get_param": "i",}', '"built-1"'))
    expect(() => edited(text('1e3'))).toThrow('would be JSON')
  })

  test('a comment in front of a value that others follow stays there', () => {
    const text = (image: string) =>
      `${HEAD}resources: {s: {type: OS::Nova::Server, properties: {image: # b\n   ${image}, name: x}}}\n`
    expect(edited(text('deb'))).toBe(text('built-1'))
  })

  test('a plain key with a brace right behind its colon gets a space', () => {
    const text = (image: string) =>
      `${HEAD}parameters: {i: {type: string, default: x}}\nresources: {s: {type: OS::Nova::Server, properties: {image:${image}, "name":[x]}}}\n`
    expect(edited(text('{get_param: i}'))).toBe(text(' built-1'))
  })

  test('line breaks of old computers', () => {
    const text = `${HEAD}resources:\n  s:\n    type: OS::Nova::Server\n    metadata:\n      a: 1\n    properties:\n      image:  # b\n        get_param: i\n      flavor: x\nparameters: {i: {type: string, default: x}}\n`
    for (const newline of ['\r', '\x85', '\u2028'])
      expect(edited(text.replaceAll('\n', newline))).toBe(
        text.replace('image:  # b\n        get_param: i', 'image: built-1  # b').replaceAll('\n', newline),
      )
  })

  test('names that YAML would read as something else are quoted', () => {
    expect(scalarText('../a/b.yaml', 'yaml')).toBe('../a/b.yaml')
    expect(scalarText('a\x7f\u2028', 'yaml')).toBe('"a\\u007f\\u2028"')
    for (const name of ['yes', '1.0', '12:30', '~', '010', 'a: b', '#x', 'a\nb', 'null', '2020-01-01', ''])
      expect(scalarText(name, 'yaml')).toBe(JSON.stringify(name))
    expect(scalarText('F17-x86_64-cfntools', 'yaml')).toBe('F17-x86_64-cfntools')
  })

  test('only the use changes: not the parameter, the mapping, or another user of the name', () => {
    const text = `${HEAD}parameters: {i: {type: string, default: deb}}
resources:
  v: {type: OS::Cinder::Volume, properties: {image: {get_param: i}}}
  s: {type: OS::Nova::Server, properties: {image: {get_param: i}}}
`
    expect(edited(text)).toBe(
      text.replace('Server, properties: {image: {get_param: i}}', 'Server, properties: {image: built-1}'),
    )
  })

  test('the chosen branch, the last map of a merge, a block device', () => {
    const text = `${HEAD}conditions: {c: {equals: [1, 1]}}
resources:
  a: {type: OS::Nova::Server, properties: {if: [c, {image: x}, {image: y}]}}
  b: {type: OS::Nova::Server, properties: {map_merge: [{image: x}, {image: y}]}}
  c: {type: OS::Nova::Server, properties: {block_device_mapping_v2: [{boot_index: 1, image: d}, {image: y}]}}
`
    expect(edited(text)).toBe(
      text
        .replace('{image: x}, {image: y}]}}\n  b', '{image: built-1}, {image: y}]}}\n  b')
        .replace('{image: y}]}}\n  c', '{image: built-1}]}}\n  c')
        .replace('d}, {image: y}', 'd}, {image: built-1}'),
    )
  })
})

describe('for any template', () => {
  const word = fc
    .stringMatching(/^[a-z][a-z0-9_]{0,8}$/)
    .filter((text) => !/^(?:y|n|yes|no|on|off|true|false|null|type|image|if)$/.test(text))
  const value = fc.oneof(
    word,
    fc.constantFrom(
      '1.0',
      '010',
      "'x: y'",
      '"q\\n"',
      '12345678901234567890',
      'yes',
      '~',
      '[a, b]',
      '{k: v}',
      '1e3',
    ),
  )
  const expression = fc.constantFrom(
    '{get_param: base}',
    'plain',
    '"quoted"',
    "'single'",
    '{list_join: ["-", [a, {get_param: base}]]}',
    '\n        get_param: base',
    '\n        str_replace:\n          template: x-$v\n          params: {$v: 1}',
  )
  const server = fc.record({
    name: word,
    before: fc.array(fc.tuple(word, value), { maxLength: 3 }),
    image: expression,
    comment: fc.boolean(),
  })
  const template = fc.record({
    servers: fc.uniqueArray(server, { selector: (one) => one.name, minLength: 1, maxLength: 4 }),
    crlf: fc.boolean(),
    bom: fc.boolean(),
    newline: fc.boolean(),
  })

  test('bytes outside of the edits stay, images are the new ones', () => {
    fc.assert(
      fc.property(template, ({ servers, crlf, bom, newline }) => {
        const lines = servers.map(({ name, before, image, comment }) => {
          const properties = [
            ...before.map(([key, v], i) => `      ${key}${i}: ${v}`),
            `      image: ${image}${comment && !image.includes('\n') ? '   # c' : ''}`,
          ]
          return `  ${name}:\n    type: OS::Nova::Server\n    properties:\n${properties.join('\n')}`
        })
        let text = `${HEAD}parameters:\n  base: {type: string, default: b}\nresources:\n${lines.join('\n')}${newline ? '\n' : ''}`
        if (crlf) text = text.replaceAll('\n', '\r\n')
        if (bom) text = `\ufeff${text}`
        const out = rewritten(planOf(text), (path) => `built-${path}`)
        expect(planOf(out.text).images).toEqual(
          servers.map(({ name }) => ({ path: name, image: `built-${name}` })),
        )
        // Undoing the edits from the back gives the old text again.
        let back = out.text
        let shift = 0
        const sorted = [...out.edits].sort((a, b) => a.start - b.start)
        for (const edit of sorted) {
          const at = edit.start + shift
          expect(back.slice(at, at + edit.text.length)).toBe(edit.text)
          back = back.slice(0, at) + text.slice(edit.start, edit.end) + back.slice(at + edit.text.length)
        }
        shift = 0
        expect(back).toBe(text)
        expect(readDocument(out.text, 'x').syntax).toBe('yaml')
      }),
      { numRuns: 150, seed: 7 },
    )
  })
})

test('what grows beyond 512 Ki characters is refused, however many bytes they have', () => {
  const text = (letter: string, count: number) =>
    `${HEAD}resources:\n  s: {type: OS::Nova::Server, properties: {image: d}}\n# ${letter.repeat(count)}\n`
  const room = 512 * 1024 - text('', 0).length
  expect([...edited(text('é', room - 6), 'built-1')].length).toBe(512 * 1024)
  expect(() => edited(text('é', room - 5), 'built-1')).toThrow('would grow beyond the 512 KiB')
})
