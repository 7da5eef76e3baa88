import type { Unit } from '../../core/events.ts'

const STEPS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** A size as people say it, in decimal units with two to three digits: `340 kB`, `1.4 GB`. */
export function bytes(count: number): string {
  let value = count
  let step = 0
  // 999.5 would be shown as 1000.
  while (value >= 999.5 && step < STEPS.length - 1) {
    value /= 1000
    step++
  }
  return `${digits(value, step > 0)} ${STEPS[step]!}`
}

/** `120 of 260 MB`, `0.9 of 2.1 GB`: the unit is the total's. */
export function bytesOf(done: number, total: number): string {
  const whole = bytes(total)
  const unit = whole.split(' ')[1]!
  const step = STEPS.indexOf(unit as (typeof STEPS)[number])
  return `${digits(done / 1000 ** step, step > 0)} of ${whole}`
}

/** A span of time: `0.4s`, `12s`, `1m 02s`, `2h 05m`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)}s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole}s`
  const two = (value: number) => String(value).padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`
  return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`
}

/** `1 package`, `213 packages`. */
export function count(many: number, one: string, several = `${one}s`): string {
  return `${many} ${many === 1 ? one : several}`
}

/** `a, b, c`; of many the first ones: `a, b, c and 37 more`. */
export function some(names: readonly string[], most = 4): string {
  if (names.length <= most) return names.join(', ')
  return `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} more`
}

/** What a progress event has to say: `120 of 260 MB`, `7 of 213 packages`, `4 files`. */
export function amount(done: number, total: number | undefined, unit: Unit): string {
  if (unit === 'bytes') return total === undefined ? bytes(done) : bytesOf(done, total)
  const one = unit.slice(0, -1)
  return total === undefined ? count(done, one) : `${done} of ${count(total, one)}`
}

/** Done in percent, never 100 before it is done; undefined where there is no total. */
export function percent(done: number, total: number | undefined): number | undefined {
  if (total === undefined || total <= 0) return undefined
  return Math.max(0, Math.min(done >= total ? 100 : 99, Math.floor((done / total) * 100)))
}

function digits(value: number, fraction: boolean): string {
  return fraction && value < 9.95 ? value.toFixed(1) : String(Math.round(value))
}
