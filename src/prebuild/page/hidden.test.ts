import { describe, expect, test } from 'vitest'
import { hiddenStretches } from './hidden.ts'

/** What is hidden of each text. */
function hiddenIn(files: Record<string, string>): Record<string, string[]> {
  const found = hiddenStretches(new Map(Object.entries(files)), false)
  return Object.fromEntries(
    [...found].map(([name, list]) => [name, list.map(({ start, end }) => files[name]!.slice(start, end))]),
  )
}

describe('where hidden values stand', () => {
  const hot = 'heat_template_version: 2018-08-31\nparameters:\n'

  test('defaults of hidden parameters of a template', () => {
    const text = `${hot}  pw: {type: string, hidden: true, default: s3}\n  user: {type: string, default: me}\n  no: {type: string, hidden: false, default: yes}\n`
    expect(hiddenIn({ 'a.yaml': text })).toEqual({ 'a.yaml': ['s3'] })
  })

  test('of a template for AWS, in JSON, and over several lines', () => {
    const json =
      '{"AWSTemplateFormatVersion": "2010-09-09", "Parameters": {"P": {"Type": "String", "NoEcho": "True", "Default": "q"}}}'
    const block = `${hot}  key:\n    type: string\n    hidden: true\n    default: |\n      first\n      second\n`
    expect(hiddenIn({ 'a.json': json, 'b.yaml': block })).toEqual({
      'a.json': ['"q"'],
      'b.yaml': [expect.stringMatching(/first\n.*second/)],
    })
  })

  test('behind an alias, both its name and what it stands for', () => {
    const text = `x-pw: &pw s3\n${hot}  pw: {type: string, hidden: true, default: *pw}\n`
    expect(hiddenIn({ 'a.yaml': text })).toEqual({ 'a.yaml': ['s3', '*pw'] })
  })

  test('what an environment gives to a parameter that any template hides', () => {
    const nested = `${hot}  inner: {type: json, hidden: true}\n`
    const environment =
      'parameters: {pw: a b, user: me}\nparameter_defaults: {inner: {type: c}}\nencrypted_param_names: [pw]\n'
    expect(hiddenIn({ 'nested.yaml': nested, 'env.yaml': environment })).toEqual({
      'nested.yaml': [],
      'env.yaml': ['a b', '{type: c}'],
    })
  })

  test('a file that is no template holds none', () => {
    const found = hiddenIn({ 'run.sh': '#!/bin/sh\necho "{"\n', 'empty.yaml': '' })
    expect(Object.values(found).flat()).toEqual([])
  })
})
