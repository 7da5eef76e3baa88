import { clock } from '../../core/clock.ts'
import type { EventSink } from '../../core/events.ts'
import { redact } from '../../core/redact.ts'
import { jsonLines } from './json.ts'
import { plainLines } from './plain.ts'
import type { Output, Renderer } from './renderer.ts'
import { terminalLines } from './terminal.ts'

/** How often live lines are drawn again, ms. */
const TICK = 100

type Environment = Readonly<Record<string, string | undefined>>

export interface Wishes {
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
}

/** Whether `output` is a terminal that understands colours and the user wants them. */
export function hasColour(output: Output, env: Environment): boolean {
  return output.isTTY && env.TERM !== 'dumb' && !env.NO_COLOR
}

/** The renderer that fits: live lines on a terminal, JSON lines with `--json`, else plain lines. */
export function chooseRenderer(to: Output, env: Environment, wishes: Wishes): Renderer {
  const output: Output = {
    isTTY: to.isTTY,
    size: () => to.size(),
    write: (text) => to.write(redact(text)),
  }
  const options = {
    output,
    colour: hasColour(to, env),
    unicode: hasUnicode(env),
    verbose: wishes.verbose,
    now: clock.monotonic,
  }
  if (wishes.json) return wishes.quiet ? quietly(jsonLines(options)) : jsonLines(options)
  if (wishes.quiet) return quietly(plainLines(options))
  if (!to.isTTY || env.TERM === 'dumb') return plainLines(options)
  const live = terminalLines(options)
  const timer = setInterval(live.tick, TICK)
  // Only the work keeps the program running.
  timer.unref()
  return {
    ...live,
    close: () => {
      clearInterval(timer)
      live.close()
    },
  }
}

/** Only warnings and what failed. */
function quietly(renderer: Renderer): Renderer {
  const emit: EventSink['emit'] = (event) => {
    if (event.type === 'note' && event.level === 'warning') renderer.emit(event)
    if (event.type === 'finished' && event.outcome === 'failed') renderer.emit(event)
  }
  return { ...renderer, emit }
}

/** The console of the kernel (TERM=linux) has no spinner glyphs; an unset locale is taken as UTF-8, as programs without one do. */
function hasUnicode(env: Environment): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG
  return env.TERM !== 'linux' && (locale === undefined || /utf-?8/i.test(locale))
}
