/** What the value of a password or token looks like, and what stands in its place in examples. */

const PLACEHOLDER =
  /^[x*.#_-]+$|^<.*>$|^\[.*\]$|^\$|^%|\$\{|\{\{|\$\(|^(true|false|yes|no|none|null|nil|undefined|disabled?|enabled?|optional|required|unset|empty|default|auto)$|example|change.?(me|it|this)|replace.?(me|this)?|place.?holder|redact|dummy|sample|insert|(your|my|the|some)[-_. ]?(own[-_. ]?)?(pass|secret|token|key|api)|to.?do\b|fixme|^(test|foo|bar|baz|password|passwd|pass|secret|token|key)\d{0,3}$|1234567|abcdefg/i

/** Whether a value is none yet: empty, dots or crosses, or the name of a variable. In a file for passwords all else is one. */
export function isReference(value: string): boolean {
  return /^$|^[x*.#_-]+$|^<.*>$|^\$\w|\$\{|\{\{|\$\(|^%\w+%$|^%\(|change.?(me|it)|replace.?me|^your[-_ ]/i.test(
    value,
  )
}

/** Whether a value stands for one that somebody is to put there. */
export function isPlaceholder(value: string): boolean {
  return value.length === 0 || PLACEHOLDER.test(value) || new Set(value).size <= 2
}

/** Bits of information in each character, by how often characters occur. */
export function entropy(value: string): number {
  const counts = new Map<string, number>()
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length)
  return bits
}

/** Characters of a value that are looked at: enough to know. */
const ENOUGH = 80

/** A token that a machine made: no placeholder, and not a word. */
export function isRandom(whole: string, least = 3): boolean {
  const value = whole.slice(0, ENOUGH)
  return !isPlaceholder(value) && entropy(value) >= least
}

/**
 * A password or token in a text of which nothing is known: neither a placeholder nor an expression, a word, a path, a number or
 * a version.
 */
export function isPassword(value: string): boolean {
  if (value.length < 6 || isPlaceholder(value) || entropy(value) < 2.5) return false
  if (!/[A-Za-z]/.test(value) || !/[^A-Za-z_.-]/.test(value)) return false
  if (/^([./~]|\w+:\/\/)/.test(value) && !/[+=]/.test(value)) return false
  // Names of members, functions and variables, hyphenated words with a number, versions, dates.
  return !/^[A-Za-z_][\w.]*(\(|\[|->|::)|^[a-z]+([_.-][a-z0-9]+)+$|^[A-Z]+(_[A-Z0-9]+)+$|^v?\d+([.:-]\d+)*[a-z]?$/.test(
    value,
  )
}

/** What `text` is in base64, as one character a byte; empty when it is not base64. */
export function decoded(text: string): string {
  return /^[A-Za-z0-9+/_-]+=*$/.test(text) ? Buffer.from(text, 'base64').toString('latin1') : ''
}
