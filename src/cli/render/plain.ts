import type { Outcome } from '../../core/events.ts'
import { amount, duration, percent } from './format.ts'
import type { Renderer, RenderOptions } from './renderer.ts'
import { printable } from './text.ts'
import { throttle } from './throttle.ts'

/** How often a step's progress is repeated, ms: a log of a long build stays readable. */
const INTERVAL = 10_000

const WORDS: Readonly<Record<Outcome, string>> = { done: 'done', reused: 'reused', failed: 'FAILED' }

/** Events as lines for logs and pipes: a word, the step, what there is to say of it. */
export function plainLines(options: Pick<RenderOptions, 'output' | 'now' | 'verbose'>): Renderer {
  const progress = throttle(INTERVAL, options.now)
  const running = new Map<string, { readonly label: string; readonly start: number }>()
  const line = (word: string, text: string) => options.output.write(`${word.padEnd(8)}${printable(text)}\n`)
  return {
    emit: (event) => {
      switch (event.type) {
        case 'started':
          running.set(event.id, { label: event.label, start: options.now() })
          progress.started(event.id)
          return line('start', event.label)
        case 'progress': {
          const step = running.get(event.id)
          if (!step || !progress.due(event)) return
          const part = percent(event.done, event.total)
          const parts = [
            ...(part === undefined ? [] : [`${part} %`]),
            amount(event.done, event.total, event.unit),
            `after ${duration((options.now() - step.start) / 1000)}`,
          ]
          return line('...', `${step.label}: ${parts.join(', ')}`)
        }
        case 'finished': {
          running.delete(event.id)
          progress.finished(event.id)
          const detail = event.detail ? `: ${event.detail}` : ''
          return line(WORDS[event.outcome], `${event.label}, ${duration(event.seconds)}${detail}`)
        }
        case 'note':
          return line(event.level === 'warning' ? 'WARNING' : 'note', event.message)
        case 'log':
          if (options.verbose) line('|', event.line)
      }
    },
    clear: () => {},
    close: () => {},
  }
}
