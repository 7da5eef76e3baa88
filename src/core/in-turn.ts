/**
 * Results of `work` for each item, in their order, at most `atOnce` at once. The first error ends all of it: the others'
 * signal aborts, and the error is thrown when they have cleaned up.
 */
export async function inTurn<T, R>(
  items: readonly T[],
  atOnce: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const failed = new AbortController()
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal
  const results: R[] = []
  const errors: unknown[] = []
  let next = 0
  const run = async () => {
    while (next < items.length && errors.length === 0) {
      const at = next++
      try {
        results[at] = await work(items[at]!, stop)
      } catch (error) {
        errors.push(error)
        failed.abort()
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, run))
  if (errors.length > 0) throw errors[0]
  return results
}
