import type { Config } from '../core/config.ts'
import type { EventSink } from '../core/events.ts'
import type { UserStreams } from '../tools/sandbox/terminal.ts'

/**
 * 0 done · 1 failed while working · 2 the input is at fault · 130 interrupted and cleaned up. Others only from a program
 * that the user started (`kiln shell`).
 */
export type ExitStatus = number

/** One option, said once: parsing, `kiln help VERB` and the documentation come from it. */
export interface Option {
  /** Long name without dashes, lower case: `keep-metadata`. The value arrives as `keepMetadata`. */
  readonly name: string
  /** One letter: `P` for `-P`. */
  readonly short?: string
  /** Name of its value in the help: `FILE`. Without it the option is a flag. */
  readonly value?: string
  /** May be given more than once; the values arrive as a list. Only with `value`. */
  readonly repeatable?: boolean
  /** The only values allowed. Only with `value`. */
  readonly choices?: readonly string[]
  /** One sentence without a full stop. */
  readonly help: string
}

/** One argument that is not an option, in the order in which they are given. */
export interface Positional {
  /** Lower case; shown in capitals: `in` → `IN`. */
  readonly name: string
  readonly help: string
  readonly optional?: boolean
  /** Takes all that follow; only the last one may. The values arrive as a list. */
  readonly repeatable?: boolean
}

/** What a verb works with. Nothing else of the process is read: no `process.env`, no `process.stdout`. */
export interface Context {
  readonly config: Config
  /** Progress. Rendered on standard error: live lines, plain lines or JSON lines. */
  readonly events: EventSink
  /** Aborts at the first Ctrl-C: give back what was acquired and throw `Interrupted`. */
  readonly signal: AbortSignal
  /** `--json` was given. Rarely needed: {@link say} and {@link document} look at it themselves. */
  readonly json: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** How standard output can be written to. */
  readonly terminal: { readonly colour: boolean; readonly columns: number }
  /** The user's streams, for a verb that lets him speak with a program. Nothing else is written meanwhile. */
  readonly user: () => UserStreams
  /** Text for people on standard output, a newline added. Does nothing with `--json`. */
  say(text: string): void
  /** The one JSON document on standard output. Does nothing without `--json`. */
  document(value: unknown): void
}

/** What main knows of a verb: see {@link defineVerb} for how to make one. */
export interface Verb {
  readonly name: string
  /** One line of `kiln --help`, no full stop. */
  readonly summary: string
  /** More for `kiln help VERB`: what it does, what it leaves. Lines are wrapped. */
  readonly description?: string
  readonly options: readonly Option[]
  readonly positionals: readonly Positional[]
  /** Whole command lines with what they do. */
  readonly examples?: readonly { readonly line: string; readonly does: string }[]
  run(context: Context, args: Readonly<Record<string, unknown>>): Promise<ExitStatus>
}

type Camel<S extends string> = S extends `${infer A}-${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S

type OptionValue<O extends Option> = O extends { readonly value: string }
  ? O extends { readonly repeatable: true }
    ? readonly string[]
    : O extends { readonly choices: readonly (infer C extends string)[] }
      ? C | undefined
      : string | undefined
  : boolean

type PositionalValue<P extends Positional> = P extends { readonly repeatable: true }
  ? readonly string[]
  : P extends { readonly optional: true }
    ? string | undefined
    : string

/** The parsed command line: options and positionals by name, typed by their declarations. */
export type Args<O extends readonly Option[], P extends readonly Positional[]> = {
  readonly [K in O[number] as Camel<K['name']>]: OptionValue<K>
} & { readonly [K in P[number] as Camel<K['name']>]: PositionalValue<K> }

/**
 * A verb, its `run` typed by its options and positionals:
 *
 *     export const verb = defineVerb({
 *       name: 'check', summary: '…',
 *       options: [{ name: 'firmware', value: 'NAME', choices: ['bios', 'uefi'], help: '…' }],
 *       positionals: [{ name: 'image', repeatable: true, help: '…' }],
 *       run: async (context, { firmware, image }) => 0,
 *     })
 */
export function defineVerb<const O extends readonly Option[], const P extends readonly Positional[]>(
  verb: Omit<Verb, 'options' | 'positionals' | 'run'> & {
    readonly options: O
    readonly positionals: P
    run(context: Context, args: Args<O, P>): Promise<ExitStatus>
  },
): Verb {
  // Sound: the parser fills exactly what the declarations name.
  return { ...verb, run: (context, args) => verb.run(context, args as Args<O, P>) }
}
