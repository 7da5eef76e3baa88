import { clock } from '../../core/clock.ts'
import type { Renderer, RenderOptions } from './renderer.ts'
import { throttle } from './throttle.ts'

/** How often a step's progress is repeated, ms. */
const INTERVAL = 1000

/** Events as JSON lines, each with the `time` at which it was written. Lines of programs only with `verbose`. */
export function jsonLines(options: Pick<RenderOptions, 'output' | 'now' | 'verbose'>): Renderer {
  const progress = throttle(INTERVAL, options.now)
  return {
    emit: (event) => {
      if (event.type === 'progress' && !progress.due(event)) return
      if (event.type === 'log' && !options.verbose) return
      if (event.type === 'started') progress.started(event.id)
      if (event.type === 'finished') progress.finished(event.id)
      options.output.write(`${JSON.stringify({ time: clock.iso(), ...event })}\n`)
    },
    clear: () => {},
    close: () => {},
  }
}
