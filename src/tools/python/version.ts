/**
 * Which of two versions is newer, as PEP 440 has it; what is none of its versions comes before all that are.
 * @returns negative, zero or positive.
 */
export function comparePythonVersions(a: string, b: string): number {
  const [x, y] = [keyOf(a), keyOf(b)]
  if (!x || !y) return x ? 1 : y ? -1 : a < b ? -1 : a > b ? 1 : 0
  for (let n = 0; n < Math.max(x.length, y.length); n++) {
    const [p, q] = [x[n] ?? '', y[n] ?? '']
    if (p !== q) return p < q ? -1 : 1
  }
  return 0
}

const VERSION =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:(?:[-_.]?(post|rev|r)[-_.]?(\d*))|-(\d+))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/i
const KINDS: Readonly<Record<string, string>> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' }

/** Texts that sort as the versions do, part by part. */
function keyOf(version: string): string[] | undefined {
  const match = VERSION.exec(version.trim())
  if (!match) return undefined
  const [, epoch, release, kind, pre, post, postNumber, bare, dev, devNumber, local] = match
  const plain = release!.split('.').map(number)
  while (plain.length > 1 && plain.at(-1) === number('0')) plain.pop()
  const isPost = post !== undefined || bare !== undefined
  const name = kind?.toLowerCase()
  return [
    number(epoch ?? '0'),
    // A longer release is newer than its beginning: what ends comes first.
    `${plain.map((part) => `2${part}`).join('')}1`,
    // dev before a, b, rc before none; dev of nothing else is before them all.
    name !== undefined
      ? `1${KINDS[name] ?? name} ${number(pre || '0')}`
      : dev !== undefined && !isPost
        ? '0'
        : '2',
    isPost ? `1${number(postNumber || bare || '0')}` : '0',
    dev === undefined ? '1' : `0${number(devNumber || '0')}`,
    local === undefined
      ? '0'
      : `1${local
          .toLowerCase()
          .split(/[-_.]/)
          .map((part) => (/^\d+$/.test(part) ? `2${number(part)}` : `1${part} `))
          .join('')}`,
  ]
}

/** A number of any length as a text that sorts as it does. */
function number(digits: string): string {
  const plain = digits.replace(/^0+(?=\d)/, '')
  return `${String(plain.length).padStart(3, '0')}${plain}`
}
