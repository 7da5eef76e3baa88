/** How many letters must be added, removed, changed or swapped to get from `a` to `b`; `limit + 1` when more than `limit`. */
export function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, n) => n)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, before[j - 2]! + 1)
      next.push(cost)
    }
    if (Math.min(...next) > limit) return limit + 1
    before = row
    row = next
  }
  return row[b.length]!
}

/** Those of `names` that are most like `wanted`, best first, at most `most`: for "did you mean". */
export function nearest(wanted: string, names: Iterable<string>, most = 3): string[] {
  const limit = Math.max(1, Math.min(3, Math.floor(wanted.length / 3)))
  const near: { name: string; far: number }[] = []
  for (const name of names) {
    const far = distance(wanted, name, limit)
    if (far <= limit) near.push({ name, far })
  }
  return near
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map((entry) => entry.name)
}

/** `text` without line breaks: what holds names from elsewhere stays one entry of a list. */
export function oneLine(text: string): string {
  const lines = text.split(/[\n\r\u2028\u2029]+/).map((line) => line.trim())
  return lines.filter(Boolean).join(' ')
}

/** `text` without full stops and white space at its end. */
export function withoutStop(text: string): string {
  let end = text.length
  while (end > 0 && /[.\s]/.test(text[end - 1]!)) end--
  return text.slice(0, end)
}
