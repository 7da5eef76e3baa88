import type { Pick } from './tree.ts'

/** How many runs: `few` as part of the unit suite, else what KILN_FUZZ_RUNS says. */
export function runs(few: number): number {
  const given = Number(process.env.KILN_FUZZ_RUNS)
  return Number.isSafeInteger(given) && given > 0 ? given : few
}

/** The seed of a run, so that each can be had again: KILN_FUZZ_SEED, else always the same. */
export function seed(): number {
  const given = Number(process.env.KILN_FUZZ_SEED)
  return Number.isSafeInteger(given) ? given : 1
}

/** Time for a test of that many runs, in milliseconds. */
export function timeout(count: number): number {
  return 120_000 + count * 200
}

/** Numbers that look like chance and are the same for the same seed (mulberry32). */
export function random(from: number): Pick {
  let state = from >>> 0
  return (choices) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % choices
  }
}
