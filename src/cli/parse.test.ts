import { describe, expect, test } from 'vitest'
import { KilnError } from '../core/error.ts'
import { parse } from './parse.ts'
import { defineVerb } from './verb.ts'

const verb = defineVerb({
  name: 'prebuild',
  summary: 'Try',
  options: [
    { name: 'parameter', short: 'P', value: 'A=1', repeatable: true, help: 'one' },
    { name: 'root', value: 'DIR', help: 'folder' },
    { name: 'firmware', value: 'NAME', choices: ['bios', 'uefi'], help: 'which' },
    { name: 'keep-metadata', short: 'k', help: 'flag' },
    { name: 'plan', short: 'n', help: 'flag' },
  ],
  positionals: [
    { name: 'in', help: 'the template' },
    { name: 'out', optional: true, help: 'the result' },
  ],
  run: async () => 0,
})
const args = (...argv: string[]) => parse(verb, argv).args
const problem = (...argv: string[]) => {
  try {
    parse(verb, argv)
  } catch (error) {
    if (error instanceof KilnError) return `${error.fault} ${error.code}: ${error.message} ${error.hint}`
  }
  return 'nothing thrown'
}

describe('what is accepted', () => {
  test('every form of an option', () => {
    expect(args('a', '-P', 'A=1', '-PB=2', '--parameter', 'C==3', '--parameter=D=', '-nk', 'b')).toEqual({
      parameter: ['A=1', 'B=2', 'C==3', 'D='],
      root: undefined,
      firmware: undefined,
      keepMetadata: true,
      plan: true,
      in: 'a',
      out: 'b',
    })
  })

  test('values that look like options, after = and after --', () => {
    expect(args('--root=-x', '--', '-in', '--plan')).toMatchObject({
      root: '-x',
      in: '-in',
      out: '--plan',
      plan: false,
    })
    expect(args('-')).toMatchObject({ in: '-' })
  })

  test('the options of every verb; --help asks nothing of the rest', () => {
    expect(parse(verb, ['a', '--json', '-qv'])).toMatchObject({
      json: true,
      quiet: true,
      verbose: true,
      help: false,
    })
    expect(parse(verb, ['--help'])).toMatchObject({ help: true, args: {} })
  })

  test('the same value twice is no contradiction', () => {
    expect(args('a', '--root', 'x', '--root=x')).toMatchObject({ root: 'x' })
  })
})

describe('what is refused, and how', () => {
  test.each([
    [
      ['a', '--keep-metdata'],
      'KILN_UNKNOWN_OPTION: kiln prebuild has no option --keep-metdata. Did you mean --keep-metadata?',
    ],
    [['a', '--constructor'], 'KILN_UNKNOWN_OPTION: kiln prebuild has no option --constructor.'],
    [['a', '-x'], 'KILN_UNKNOWN_OPTION: kiln prebuild has no option -x.'],
    [['a', '--root'], 'KILN_OPTION_VALUE: --root needs a value: DIR.'],
    [
      ['a', '--root', '--plan'],
      'KILN_OPTION_VALUE: --root needs a value: DIR. A value that starts with a dash is given as --root=--plan',
    ],
    [['a', '--plan=yes'], "KILN_OPTION_VALUE: --plan takes no value, but 'yes' was given."],
    [
      ['a', '--firmware', 'uefy'],
      "KILN_OPTION_VALUE: --firmware does not know 'uefy'; it takes bios or uefi. Did you mean uefi?",
    ],
    [['a', '--root', 'x', '--root', 'y'], "KILN_OPTION_VALUE: --root was given twice, as 'x' and as 'y'."],
    [[], 'KILN_MISSING_ARGUMENT: kiln prebuild needs IN: the template.'],
    [['a', 'b', 'c'], "KILN_EXTRA_ARGUMENT: kiln prebuild has no use for 'c'."],
  ])('%j', (argv, message) => {
    expect(problem(...argv)).toContain(`input ${message}`)
  })
})
