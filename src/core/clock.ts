/** The one clock. Nothing else in Kiln reads the time, so that no result can depend on it by accident. */
export const clock = {
  /** Milliseconds since the epoch. */
  now: (): number => Date.now(),
  /** Milliseconds from an arbitrary start, never going backwards. */
  monotonic: (): number => performance.now(),
  /** Now as ISO 8601 in UTC, to the second. */
  iso: (): string => new Date(Date.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
}
