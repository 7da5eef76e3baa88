import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readableJson } from './json.ts'

test('records of plain values stand on one line', () => {
  expect(readableJson({ b: 1, a: { packages: [{ name: 'jq', size: 3 }], none: [], text: 'é\n' } })).toBe(`{
  "b": 1,
  "a": {
    "packages": [
      { "name": "jq", "size": 3 }
    ],
    "none": [],
    "text": "é\\n"
  }
}
`)
})

test('sorted at every depth, undefined left out', () => {
  expect(readableJson({ b: { z: 1, y: undefined, x: [2] }, a: null }, { sorted: true })).toBe(
    '{\n  "a": null,\n  "b": {\n    "x": [2],\n    "z": 1\n  }\n}\n',
  )
})

test('reads back as what was written', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.boolean(), (value, sorted) => {
      expect(JSON.parse(readableJson(value, { sorted }))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})
