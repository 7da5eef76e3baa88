import { COMMON } from './parse.ts'
import { pad, type Style, style, width, wrap } from './render/text.ts'
import type { Option, Positional, Verb } from './verb.ts'

interface Screen {
  readonly columns: number
  readonly colour: boolean
}

/** Longer lines are hard to read. */
const WIDEST = 100
/** Widest left column of a list; longer entries get a line of their own. */
const LEFT = 30

/** `kiln --help`: what Kiln is, and its verbs in the order given. */
export function overview(verbs: readonly Verb[], screen: Screen): string {
  const paint = style(screen.colour)
  return [
    'Kiln turns what a machine must be into an OS image, once, and hands the same bytes to every cloud.',
    '',
    `${paint.bold('Usage:')} kiln VERB [OPTION]… [ARGUMENT]…`,
    '',
    paint.bold('Verbs:'),
    ...entries(
      verbs.map((verb) => [verb.name, verb.summary]),
      screen,
    ),
    '',
    "'kiln help VERB' says more of one. KILN_HOME names the folder of the store; docs/ has the rest.",
    'Exit status: 0 done, 1 failed while working, 2 the input is at fault, 130 interrupted and cleaned up.',
  ].join('\n')
}

/** `kiln help VERB`: all that its declarations say. */
export function verbHelp(verb: Verb, screen: Screen): string {
  const paint = style(screen.colour)
  const columns = Math.min(screen.columns, WIDEST)
  const blocks = [
    `${verb.summary}.`,
    `${paint.bold('Usage:')} ${usage(verb)}`,
    verb.description ? wrap(verb.description, columns).join('\n') : '',
    section('Arguments:', verb.positionals.map(positionalEntry), screen, paint),
    section('Options:', verb.options.map(optionEntry), screen, paint),
    section('As with every verb:', COMMON.map(optionEntry), screen, paint),
    examples(verb, paint),
  ]
  return blocks.filter(Boolean).join('\n\n')
}

/** `kiln prebuild [OPTION]… IN [OUT]`. */
export function usage(verb: Verb): string {
  const words = verb.positionals.map((positional) => {
    const name = positional.name.toUpperCase() + (positional.repeatable ? '…' : '')
    return positional.optional ? `[${name}]` : name
  })
  return ['kiln', verb.name, ...(verb.options.length > 0 ? ['[OPTION]…'] : []), ...words].join(' ')
}

function positionalEntry(positional: Positional): readonly [string, string] {
  return [positional.name.toUpperCase(), positional.help]
}

function optionEntry(option: Option): readonly [string, string] {
  const short = option.short ? `-${option.short}, ` : '    '
  const more = [
    ...(option.choices ? [`one of: ${option.choices.join(', ')}`] : []),
    ...(option.repeatable ? ['may be repeated'] : []),
  ]
  return [
    `${short}--${option.name}${option.value ? ` ${option.value}` : ''}`,
    more.length > 0 ? `${option.help} (${more.join('; ')})` : option.help,
  ]
}

function section(title: string, list: readonly (readonly [string, string])[], screen: Screen, paint: Style) {
  return list.length === 0 ? '' : [paint.bold(title), ...entries(list, screen)].join('\n')
}

function examples(verb: Verb, paint: Style): string {
  if (!verb.examples?.length) return ''
  const lines = verb.examples.flatMap((example) => [`  ${example.line}`, paint.dim(`      ${example.does}`)])
  return [paint.bold(verb.examples.length > 1 ? 'Examples:' : 'Example:'), ...lines].join('\n')
}

/** Two columns, the right one wrapped. */
function entries(list: readonly (readonly [string, string])[], screen: Screen): string[] {
  const columns = Math.min(screen.columns, WIDEST)
  const left = Math.min(LEFT, Math.max(...list.map(([name]) => width(name)))) + 4
  return list.flatMap(([name, text]) => {
    const lines = wrap(text, Math.max(24, columns - left)).map((line) => ' '.repeat(left) + line)
    const head = `  ${name}`
    if (width(head) > left - 2) return [head, ...lines]
    return [pad(head, left) + lines[0]!.slice(left), ...lines.slice(1)]
  })
}
