/**
 * Which of two package versions is newer, as dpkg has it (Debian Policy 5.6.12): by epoch, upstream version, revision;
 * runs of digits as numbers, all else letters first, `~` before everything, the end included.
 * @returns negative, zero or positive.
 */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [split(a), split(b)]
  return part(x.epoch, y.epoch) || part(x.upstream, y.upstream) || part(x.revision, y.revision)
}

function split(version: string): { epoch: string; upstream: string; revision: string } {
  const colon = version.indexOf(':')
  const rest = version.slice(colon + 1)
  const dash = rest.lastIndexOf('-')
  return {
    epoch: version.slice(0, Math.max(colon, 0)),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  }
}

/** Alternates between what is no digit and what is one, from the left. */
function part(a: string, b: string): number {
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a[i])) || (j < b.length && !isDigit(b[j]))) {
      const difference = weight(a[i]) - weight(b[j])
      if (difference !== 0) return difference
      i++
      j++
    }
    const [x, y] = [/^\d*/.exec(a.slice(i))![0], /^\d*/.exec(b.slice(j))![0]]
    const [m, n] = [x.replace(/^0+/, ''), y.replace(/^0+/, '')]
    // Numbers without leading zeros, of any length: the longer is larger.
    if (m.length !== n.length) return m.length - n.length
    if (m !== n) return m < n ? -1 : 1
    i += x.length
    j += y.length
  }
  return 0
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9'
}

function weight(character: string | undefined): number {
  if (character === '~') return -1
  if (character === undefined || isDigit(character)) return 0
  return /[a-zA-Z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256
}
