import { describe, expect, test } from 'vitest'
import { planOf, rewritten } from '../testing.ts'

const HEAD = 'heat_template_version: 2016-10-14\n'
const edited = (text: string): string => rewritten(planOf(text)).text

describe('properties that come out of a function as a whole', () => {
  const text = (properties: string, version = HEAD) =>
    `${version}parameters: {p: {type: json, default: {image: x}}}\nresources:\n  a:\n    type: OS::Nova::Server\n    properties:${properties}\n`

  test.each([
    [' {get_param: p}', ' {map_merge: [{get_param: p}, {image: built-1}]}'],
    [
      '\n      get_param: p  # all',
      '\n      map_merge:\n        - get_param: p\n        - image: built-1  # all',
    ],
    [
      '\n      map_merge:\n      - image: y\n      - get_param: p',
      '\n      map_merge:\n      - image: y\n      - get_param: p\n      - image: built-1',
    ],
    [' {map_merge: [{get_param: p}]}', ' {map_merge: [{get_param: p}, {image: built-1}]}'],
    // What comes after the opaque part counts anyway.
    [' {map_merge: [{get_param: p}, {image: y}]}', ' {map_merge: [{get_param: p}, {image: built-1}]}'],
  ])('%j: the image is put over what it gives', (before, after) => {
    expect(edited(text(before))).toBe(text(after))
    const crlf = text(before).replaceAll('\n', '\r\n')
    expect(edited(crlf)).toBe(text(after).replaceAll('\n', '\r\n'))
  })

  test('in JSON', () => {
    const json = (properties: string) =>
      `{"heat_template_version":"2016-10-14","parameters":{"p":{"type":"json","default":{"image":"x"}}},"resources":{"a":{"type":"OS::Nova::Server","properties":${properties}}}}`
    expect(edited(json('{"get_param":"p"}'))).toBe(
      json('{"map_merge": [{"get_param":"p"}, {"image": "built-1"}]}'),
    )
  })

  test('refused where there is no map_merge, or a map is merged deeper', () => {
    expect(() => edited(text(' {get_param: p}', 'heat_template_version: 2013-05-23\n'))).toThrow(
      'it comes out of a function as a whole',
    )
    const group = `${HEAD}parameters: {p: {type: json, default: {args: {server: {imageRef: x}}}}}
resources: {a: {type: Rackspace::AutoScale::Group, properties: {launchConfiguration: {get_param: p}}}}\n`
    expect(() => edited(group)).toThrow('it comes out of a function as a whole')
  })
})
