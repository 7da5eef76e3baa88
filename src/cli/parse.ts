import { inputError, type KilnError } from '../core/error.ts'
import { nearest } from '../core/text.ts'
import type { Option, Positional, Verb } from './verb.ts'

/** Every verb's own. */
export const COMMON: readonly Option[] = [
  { name: 'json', help: 'one JSON document on standard output, progress as JSON lines on standard error' },
  { name: 'quiet', short: 'q', help: 'no progress, only warnings and errors' },
  { name: 'verbose', short: 'v', help: 'also what the programs write that Kiln runs' },
  { name: 'help', short: 'h', help: 'this help' },
]

export interface Parsed {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly help: boolean
  /** By name in camel case: what `Verb.run` gets. */
  readonly args: Readonly<Record<string, unknown>>
}

/**
 * Reads `argv` (without the verb) as `verb` declares. With `--help` nothing is asked of the rest.
 * @throws KilnError (input) `KILN_UNKNOWN_OPTION`, `KILN_OPTION_VALUE`, `KILN_MISSING_ARGUMENT`, `KILN_EXTRA_ARGUMENT`.
 */
export function parse(verb: Verb, argv: readonly string[]): Parsed {
  const options = [...verb.options, ...COMMON]
  const given = new Map<Option, string[]>()
  const rest: string[] = []
  const waiting = [...argv]
  for (let token = waiting.shift(); token !== undefined; token = waiting.shift()) {
    if (token === '--') rest.push(...waiting.splice(0))
    else if (token.startsWith('--')) readLong(token)
    else if (/^-./.test(token)) readShort(token)
    else rest.push(token)
  }

  function readLong(token: string): void {
    const at = token.indexOf('=')
    const name = token.slice(2, at < 0 ? undefined : at)
    const option = options.find((each) => each.name === name)
    if (!option) throw unknown(verb, `--${name}`, options)
    take(option, `--${name}`, at < 0 ? undefined : token.slice(at + 1))
  }

  /** `-n`, `-nq`, `-P A=1`, `-PA=1`. */
  function readShort(token: string): void {
    for (let letters = token.slice(1); letters; ) {
      const letter = letters[0]!
      letters = letters.slice(1)
      const option = options.find((each) => each.short === letter)
      if (!option) throw unknown(verb, `-${letter}`, options)
      if (option.value === undefined) take(option, `-${letter}`, undefined)
      else {
        take(option, `-${letter}`, letters || undefined)
        return
      }
    }
  }

  function take(option: Option, shown: string, attached: string | undefined): void {
    const values = given.get(option) ?? []
    given.set(option, values)
    if (option.value === undefined) {
      if (attached !== undefined) throw value(verb, `${shown} takes no value, but '${attached}' was given.`)
      return
    }
    let text = attached
    // An option where a value should be is a forgotten value; `=` gives one that starts with a dash.
    if (text === undefined && waiting[0] !== undefined && !/^-./.test(waiting[0])) text = waiting.shift()
    if (text === undefined)
      throw value(
        verb,
        `${shown} needs a value: ${option.value}.`,
        waiting[0] && `A value that starts with a dash is given as --${option.name}=${waiting[0]}`,
      )
    if (option.choices && !option.choices.includes(text)) {
      const near = nearest(text, option.choices, 1)[0]
      throw value(
        verb,
        `${shown} does not know '${text}'; it takes ${list(option.choices)}.`,
        near && `Did you mean ${near}?`,
      )
    }
    if (!option.repeatable && values.length > 0 && values[0] !== text)
      throw value(verb, `${shown} was given twice, as '${values[0]}' and as '${text}'.`)
    values.push(text)
  }

  const on = (name: string) => given.has(COMMON.find((option) => option.name === name)!)
  const common = { json: on('json'), quiet: on('quiet'), verbose: on('verbose'), help: on('help') }
  if (common.help) return { ...common, args: {} }
  const args = Object.fromEntries(
    verb.options.map((option) => [camel(option.name), optionValue(option, given.get(option))]),
  )
  return { ...common, args: { ...args, ...place(verb, rest) } }
}

/** `keep-metadata` → `keepMetadata`. */
export function camel(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function optionValue(option: Option, values: readonly string[] | undefined): unknown {
  if (option.value === undefined) return values !== undefined
  return option.repeatable ? (values ?? []) : values?.[0]
}

function place(verb: Verb, rest: readonly string[]): Record<string, unknown> {
  const placed: Record<string, unknown> = {}
  const waiting = [...rest]
  for (const positional of verb.positionals) {
    const values = positional.repeatable ? waiting.splice(0) : waiting.splice(0, 1)
    if (values.length === 0 && !positional.optional) throw missing(verb, positional)
    placed[camel(positional.name)] = positional.repeatable ? values : values[0]
  }
  if (waiting.length > 0)
    throw inputError('KILN_EXTRA_ARGUMENT', `kiln ${verb.name} has no use for '${waiting[0]}'.`, {
      hint: see(verb),
    })
  return placed
}

function missing(verb: Verb, positional: Positional): KilnError {
  const name = positional.name.toUpperCase()
  return inputError('KILN_MISSING_ARGUMENT', `kiln ${verb.name} needs ${name}: ${positional.help}.`, {
    hint: see(verb),
  })
}

function unknown(verb: Verb, shown: string, options: readonly Option[]): KilnError {
  const near = shown.startsWith('--')
    ? nearest(
        shown.slice(2),
        options.map((option) => option.name),
        1,
      )[0]
    : undefined
  return inputError('KILN_UNKNOWN_OPTION', `kiln ${verb.name} has no option ${shown}.`, {
    hint: near ? `Did you mean --${near}? ${see(verb)}` : see(verb),
  })
}

function value(verb: Verb, message: string, hint?: string): KilnError {
  return inputError('KILN_OPTION_VALUE', message, { hint: hint || see(verb) })
}

function see(verb: Verb): string {
  return `'kiln help ${verb.name}' shows what it takes.`
}

function list(choices: readonly string[]): string {
  return choices.length < 2
    ? choices.join('')
    : `${choices.slice(0, -1).join(', ')} or ${choices[choices.length - 1]}`
}
