import type { Key, UsedParameter, Value } from '../heat/index.ts'

/** A value of a template as plain data: maps become objects, whole numbers that fit become numbers. */
export function plain(value: Value): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (Array.isArray(value)) return (value as readonly Value[]).map(plain)
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<Key, Value>)].map(([key, member]) => [
      String(key),
      plain(member),
    ])
    return Object.fromEntries(entries)
  }
  return value
}

/** Names and values of what an image was resolved from, sorted; hidden ones are left out altogether. */
export function shownParameters(used: readonly UsedParameter[]): Record<string, unknown> {
  const shown = used.filter((parameter) => !parameter.hidden && parameter.value !== undefined)
  const entries = shown.map(({ name, value }) => [name, plain(value!)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
