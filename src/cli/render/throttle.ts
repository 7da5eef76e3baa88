import type { KilnEvent } from '../../core/events.ts'

type Progress = Extract<KilnEvent, { type: 'progress' }>

/**
 * Says which progress events of each step to show: one every `interval` ms, the first not before `interval` has
 * passed since the step began.
 */
export function throttle(interval: number, now: () => number) {
  const last = new Map<string, number>()
  return {
    started: (id: string): void => {
      last.set(id, now())
    },
    finished: (id: string): void => {
      last.delete(id)
    },
    due: (event: Progress): boolean => {
      const at = now()
      if (at - (last.get(event.id) ?? -Infinity) < interval) return false
      last.set(event.id, at)
      return true
    },
  }
}
