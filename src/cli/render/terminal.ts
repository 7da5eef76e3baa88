import type { KilnEvent, Outcome, Unit } from '../../core/events.ts'
import { amount, bytes, duration, percent } from './format.ts'
import type { Renderer, RenderOptions } from './renderer.ts'
import { pad, printable, type Style, shorten, style, width } from './text.ts'

/** The newest progress, and when the first was heard (ms) and how much was done then. */
interface Progress {
  readonly done: number
  readonly total: number | undefined
  readonly unit: Unit
  readonly since: number
  readonly from: number
}

interface Running {
  readonly label: string
  readonly start: number
  progress?: Progress
}

/** Columns of the time in front of each line: `1m 02s`. */
const TIME = 6
/** Columns of a bar on a wide terminal. */
const BAR = 24
/** A rate is only said when it was measured for this long, ms. */
const RATE_AFTER = 2000

const GLYPHS = {
  unicode: {
    spin: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
    marks: { done: '✓', reused: '↺', failed: '✗' },
    bar: ['━', '╸', '─'],
    note: '·',
    log: '│',
  },
  ascii: {
    spin: ['-', '\\', '|', '/'],
    marks: { done: '+', reused: '=', failed: 'x' },
    bar: ['#', '>', '-'],
    note: '.',
    log: '|',
  },
} as const

/**
 * Live lines: one for each running step with its time and, where a total is known, a bar; redrawn in place by
 * {@link TerminalRenderer.tick}. Finished steps and notes become lines above them that stay.
 */
export interface TerminalRenderer extends Renderer {
  /** Draws the running steps again: to be called about ten times a second. */
  tick(): void
}

export function terminalLines(options: RenderOptions): TerminalRenderer {
  const { output, now } = options
  const paint = style(options.colour)
  const glyphs = options.unicode ? GLYPHS.unicode : GLYPHS.ascii
  const running = new Map<string, Running>()
  let drawn: string[] = []
  let frame = 0

  const erase = (): string => {
    if (drawn.length === 0) return ''
    // The terminal may have become narrower since: then each line takes several rows.
    const { columns } = output.size()
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / columns)), 0)
    drawn = []
    return `\x1b[${rows}A\r\x1b[J`
  }
  const draw = (final = ''): void => {
    const before = erase()
    const { columns, rows } = output.size()
    const room = Math.max(1, rows - 2)
    const steps = [...running.values()]
    // The newest are what the others wait for; the oldest give way when the screen is small.
    const shown = steps.length > room ? steps.slice(-(room - 1)) : steps
    const spin = glyphs.spin[frame % glyphs.spin.length]!
    const names = Math.max(...shown.map((step) => width(step.label)))
    drawn = shown.map((step) =>
      liveLine(step, { spin, columns: columns - 1, names, now: now(), paint, glyphs }),
    )
    const hidden = steps.length - shown.length
    if (hidden > 0) drawn.unshift(paint.dim(`${' '.repeat(TIME + 4)}and ${hidden} more`))
    const text = before + final + drawn.map((line) => `${line}\n`).join('')
    if (text) output.write(text)
  }

  return {
    emit: (event) => {
      if (event.type === 'started') running.set(event.id, { label: printable(event.label), start: now() })
      else if (event.type === 'progress') return remember(running.get(event.id), event, now())
      else if (event.type === 'finished') running.delete(event.id)
      else if (event.type === 'log' && !options.verbose) return
      draw(finalLine(event, paint, glyphs))
    },
    tick: () => {
      frame++
      if (running.size > 0) draw()
    },
    clear: () => {
      const text = erase()
      if (text) output.write(text)
    },
    close: () => {
      running.clear()
      draw()
    },
  }
}

type Glyphs = (typeof GLYPHS)['unicode' | 'ascii']

function remember(
  step: Running | undefined,
  event: Extract<KilnEvent, { type: 'progress' }>,
  now: number,
): void {
  if (!step) return
  const { done, total, unit } = event
  const { since = now, from = done } = step.progress ?? {}
  step.progress = { done, total, unit, since, from }
}

/** The line that stays, with its newline; empty for events that leave none. */
function finalLine(event: KilnEvent, paint: Style, glyphs: Glyphs): string {
  const gap = ' '.repeat(TIME)
  switch (event.type) {
    case 'finished': {
      const mark = colourOf(event.outcome, paint)(glyphs.marks[event.outcome])
      const detail = event.detail ?? (event.outcome === 'reused' ? 'was in the store' : '')
      const more = detail ? paint.dim(` ${glyphs.note} ${printable(detail)}`) : ''
      return `${mark} ${paint.dim(duration(event.seconds).padStart(TIME))}  ${printable(event.label)}${more}\n`
    }
    case 'note':
      return event.level === 'warning'
        ? `${paint.yellow('!')} ${gap}  ${paint.yellow(printable(event.message))}\n`
        : `${paint.dim(glyphs.note)} ${gap}  ${printable(event.message)}\n`
    case 'log':
      return paint.dim(`${glyphs.log} ${gap}  ${printable(event.line)}\n`)
    default:
      return ''
  }
}

function colourOf(outcome: Outcome, paint: Style): (text: string) => string {
  return outcome === 'done' ? paint.green : outcome === 'reused' ? paint.cyan : paint.red
}

interface LiveOptions {
  readonly spin: string
  readonly columns: number
  /** Columns of the longest name shown: bars begin at the same place. */
  readonly names: number
  readonly now: number
  readonly paint: Style
  readonly glyphs: Glyphs
}

/** `⠹ 1m 02s  Fetch packages  ━━━━━━╸─────  52 %  1.1 of 2.1 GB  34 MB/s`, less of it where there is less room. */
function liveLine(step: Running, { spin, columns, names, now, paint, glyphs }: LiveOptions): string {
  const head = `${spin} ${duration((now - step.start) / 1000).padStart(TIME)}  `
  const room = Math.max(0, columns - width(head))
  const { progress } = step
  const start = (text: string) => paint.cyan(spin) + paint.dim(text.slice(spin.length))
  if (!progress) return start(head) + shorten(step.label, room)
  const part = percent(progress.done, progress.total)
  const facts = [
    ...(part === undefined ? [] : [`${String(part).padStart(3)} %`]),
    amount(progress.done, progress.total, progress.unit),
    ...rate(progress, now),
  ]
  // What has to go first when it gets narrow: rate, bar, amount. The name keeps at least half of what there is.
  const name = Math.min(names, Math.max(Math.floor(room / 2), 12))
  let rest = room - name
  const kept: string[] = []
  for (const fact of facts) {
    if (rest < width(fact) + 2) break
    kept.push(fact)
    rest -= width(fact) + 2
  }
  const bar =
    part !== undefined && rest >= 10 ? `  ${barOf(part, Math.min(BAR, rest - 2), paint, glyphs)}` : ''
  const numbers = kept.map((fact) => `  ${fact}`).join('')
  return (
    start(head) +
    pad(shorten(step.label, room - width(bar) - width(numbers)), name) +
    bar +
    paint.dim(numbers)
  )
}

function rate(progress: Progress, now: number): string[] {
  const span = now - progress.since
  if (progress.unit !== 'bytes' || span < RATE_AFTER) return []
  return [`${bytes((progress.done - progress.from) / (span / 1000))}/s`]
}

function barOf(part: number, columns: number, paint: Style, glyphs: Glyphs): string {
  const [full, half, empty] = glyphs.bar
  const filled = Math.floor((part / 100) * columns)
  const head = filled < columns ? half : ''
  return paint.cyan(full.repeat(filled) + head) + paint.dim(empty.repeat(Math.max(0, columns - filled - 1)))
}
