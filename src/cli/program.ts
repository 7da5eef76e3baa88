import { join } from 'node:path'
import { type Config, readConfig } from '../core/config.ts'
import { inputError, KilnError } from '../core/error.ts'
import type { KilnEvent } from '../core/events.ts'
import { redact } from '../core/redact.ts'
import type { UserStreams } from '../tools/sandbox/terminal.ts'
import { bug, details } from './bug.ts'
import { explain, isInterruption } from './explain.ts'
import { verbHelp } from './help.ts'
import { COMMON, parse } from './parse.ts'
import { loadVerb } from './registry.ts'
import { chooseRenderer, hasColour } from './render/choose.ts'
import type { Output, Renderer } from './render/renderer.ts'
import { printableColoured, printableLines, style } from './render/text.ts'
import type { Context, ExitStatus, Verb } from './verb.ts'

/** The process as the program sees it; tests give one of their own. */
export interface Process {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdout: Output
  readonly stderr: Output
  readonly user: () => UserStreams
  /** Aborts when the user wants to stop. */
  readonly signal: AbortSignal
}

/** Runs one command line to its end, everything said. Does not throw. */
export async function program(
  argv: readonly string[],
  process: Process,
  load: (name: string) => Promise<Verb> = loadVerb,
): Promise<ExitStatus> {
  const config = readConfig({ ...process.env })
  const end = argv.indexOf('--')
  const wantsJson = argv.slice(0, end < 0 ? undefined : end).includes('--json')
  const report = reporter(process, config, wantsJson)
  let name = ''
  try {
    const command = split(argv)
    name = command.name
    const verb = await load(name)
    return await runVerb(verb, command.rest, process, config, report)
  } catch (thrown) {
    return report(thrown, name)
  }
}

type Report = (thrown: unknown, verb: string) => Promise<ExitStatus>

async function runVerb(
  verb: Verb,
  argv: readonly string[],
  process: Process,
  config: Config,
  report: Report,
): Promise<ExitStatus> {
  const parsed = parse(verb, argv)
  const { stdout, stderr, user, env, cwd, signal } = process
  const terminal = { colour: hasColour(stdout, env), columns: stdout.size().columns }
  if (parsed.help) {
    stdout.write(`${verbHelp(verb, terminal)}\n`)
    return 0
  }
  const renderer = chooseRenderer(stderr, env, parsed)
  const stopping = () => sayStopping(renderer)
  signal.addEventListener('abort', stopping, { once: true })
  let answer: { readonly value: unknown } | undefined
  const context: Context = {
    config,
    events: { emit: (event) => renderer.emit(signal.aborted ? stopped(event) : event) },
    signal,
    json: parsed.json,
    env,
    cwd,
    terminal,
    user: () => {
      renderer.clear()
      return user()
    },
    say: (text) => {
      if (parsed.json) return
      renderer.clear()
      const clean = terminal.colour ? printableColoured : printableLines
      stdout.write(`${clean(redact(text))}\n`)
    },
    document: (value) => {
      answer = { value }
    },
  }
  try {
    const status = await verb.run(context, parsed.args)
    // Only now: had an error come after it, that would be the one document.
    if (parsed.json) writeJson(stdout, answer ? answer.value : { status })
    return status
  } catch (thrown) {
    renderer.close()
    return await report(thrown, verb.name)
  } finally {
    signal.removeEventListener('abort', stopping)
    renderer.close()
  }
}

/** Verb and its arguments. Options before the verb are its own, `--help` and `--version` alone are verbs. */
function split(argv: readonly string[]): { name: string; rest: readonly string[] } {
  const at = argv.findIndex((word) => !word.startsWith('-'))
  const before = at < 0 ? argv : argv.slice(0, at)
  if (before.includes('--version') || before.includes('-V')) {
    return { name: 'version', rest: before.filter((word) => word === '--json') }
  }
  for (const word of before) {
    if (!COMMON.some((option) => word === `--${option.name}` || word === `-${option.short}`))
      throw inputError('KILN_UNKNOWN_OPTION', `Kiln has no option ${word}.`, {
        hint: "A verb comes first: 'kiln --help' lists all.",
      })
  }
  if (at >= 0) return { name: argv[at]!, rest: [...before, ...argv.slice(at + 1)] }
  if (!before.includes('--help') && !before.includes('-h'))
    throw inputError('KILN_MISSING_ARGUMENT', 'Kiln needs a verb.', { hint: "'kiln --help' lists all." })
  return { name: 'help', rest: before.filter((word) => word !== '--help' && word !== '-h') }
}

/** For what was thrown outside of any work: nobody could catch it. Only said on standard error. */
export function reportCrash(thrown: unknown, verb: string, process: Process): Promise<ExitStatus> {
  return reporter(process, readConfig({ ...process.env }), false)(thrown, verb)
}

/** Says what was thrown, where it belongs, and gives the exit status for it. */
function reporter(process: Process, config: Config, json: boolean): Report {
  const { stdout, stderr, env, signal } = process
  return async (thrown, verb) => {
    if (env.KILN_DEBUG === '1') stderr.write(`${details(thrown)}\n`)
    const interrupted = signal.aborted && isInterruption(thrown)
    const error = interrupted
      ? new KilnError('KILN_INTERRUPTED', 'Stopped; what was finished is kept and will be reused.')
      : ((await explain(thrown, config.store)) ?? (await bug(thrown, join(config.store, 'log'), verb)))
    const { code, message, hint, data } = error
    if (json) writeJson(stdout, { error: { code, message, hint, data } })
    else if (interrupted) stderr.write(`kiln: ${message}\n`)
    else stderr.write(errorText(error, hasColour(stderr, env)))
    return interrupted ? 130 : error.fault === 'input' ? 2 : 1
  }
}

/** The sentence, what to do, the code: `kiln: …`, indented below. */
export function errorText(error: KilnError, colour: boolean): string {
  const paint = style(colour)
  const below = (text: string) =>
    printableLines(text)
      .trimEnd()
      .split('\n')
      .map((line) => `      ${line}`.trimEnd())
  const message = printableLines(error.message).trimEnd().split('\n')
  return `${[
    `${paint.red('kiln:')} ${message[0]}`,
    ...message.slice(1).map((line) => `      ${line}`),
    ...(error.hint ? below(error.hint) : []),
    paint.dim(`      [${error.code}]`),
  ].join('\n')}\n`
}

function writeJson(output: Output, value: unknown): void {
  output.write(`${redact(JSON.stringify(value, undefined, 2) ?? 'null')}\n`)
}

/** What ends now ends because the user wanted it. */
function stopped(event: KilnEvent): KilnEvent {
  return event.type === 'finished' && event.outcome === 'failed' ? { ...event, detail: 'stopped' } : event
}

function sayStopping(renderer: Renderer): void {
  renderer.emit({
    type: 'note',
    level: 'warning',
    message: 'Stopping and cleaning up; press Ctrl-C again to stop at once.',
  })
}
