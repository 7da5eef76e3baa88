import { clock } from './clock.ts'
import { redact } from './redact.ts'

/** What a number of a progress event counts. */
export type Unit = 'bytes' | 'packages' | 'files' | 'stages'

/** `reused`: the result was in the store. */
export type Outcome = 'done' | 'reused' | 'failed'

/**
 * All that Kiln says while it works. Terminal, plain lines, JSON and later the API's stream only render this.
 * `id` names a running step and is unique among those running; `label` is for people.
 */
export type KilnEvent =
  | { readonly type: 'started'; readonly id: string; readonly label: string }
  | {
      readonly type: 'progress'
      readonly id: string
      readonly done: number
      readonly total?: number
      readonly unit: Unit
    }
  | {
      readonly type: 'finished'
      readonly id: string
      readonly label: string
      readonly outcome: Outcome
      readonly seconds: number
      readonly detail?: string
    }
  | { readonly type: 'note'; readonly level: 'info' | 'warning'; readonly message: string }
  | { readonly type: 'log'; readonly id: string; readonly line: string }

export interface EventSink {
  emit(event: KilnEvent): void
}

/** Hears nothing. */
export const silent: EventSink = { emit: () => {} }

export interface Step {
  readonly id: string
  progress(done: number, total: number | undefined, unit: Unit): void
  log(line: string): void
}

/**
 * Runs `work` between a `started` and a `finished` event. `work` may return `{outcome, detail}` through `report`.
 * An error passes through after `finished` with outcome `failed`.
 */
export async function step<T>(
  events: EventSink,
  id: string,
  label: string,
  work: (step: Step, report: (outcome: Outcome, detail?: string) => void) => Promise<T>,
): Promise<T> {
  const start = clock.monotonic()
  let outcome: Outcome = 'done'
  let detail: string | undefined
  const finish = () =>
    events.emit({
      type: 'finished',
      id,
      label,
      outcome,
      seconds: (clock.monotonic() - start) / 1000,
      ...(detail === undefined ? {} : { detail }),
    })
  events.emit({ type: 'started', id, label })
  try {
    const value = await work(
      {
        id,
        progress: (done, total, unit) =>
          events.emit({ type: 'progress', id, done, unit, ...(total === undefined ? {} : { total }) }),
        log: (line) => events.emit({ type: 'log', id, line: redact(line) }),
      },
      (o, d) => {
        outcome = o
        detail = d
      },
    )
    finish()
    return value
  } catch (error) {
    outcome = 'failed'
    finish()
    throw error
  }
}

/** Tells of bytes as they pass, counted from the start, but only once `every` more have: an event for each piece would be noise. */
export function byBytes(every: number, { progress }: Pick<Step, 'progress'>): (passed: number) => void {
  let told = 0
  return (passed) => {
    if (passed - told < every) return
    told = passed
    progress(passed, undefined, 'bytes')
  }
}
