/*
 * Which characters a part of a pattern takes.
 */

/** Decides about one code point. */
export type Test = (char: number) => boolean

/** What is in force at a place of a pattern. */
export interface Flags {
  readonly ignoreCase: boolean
  readonly multiLine: boolean
  readonly dotAll: boolean
  readonly verbose: boolean
  readonly ascii: boolean
}

function byClass(pattern: RegExp): Test {
  return (char) => pattern.test(String.fromCodePoint(char))
}

const DIGIT = byClass(/\p{Nd}/u)
const SPACE = byClass(/[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u)
const WORD = byClass(/[\p{L}\p{N}_]/u)
const ASCII: Readonly<Record<string, Test>> = {
  d: byClass(/[0-9]/),
  s: byClass(/[\t-\r ]/),
  w: byClass(/[a-zA-Z0-9_]/),
}
const UNICODE: Readonly<Record<string, Test>> = { d: DIGIT, s: SPACE, w: WORD }

/** True for letters, digits and `_`, as `\w` in Python. */
export function isWord(char: number, ascii: boolean): boolean {
  return (ascii ? ASCII : UNICODE).w!(char)
}

/** `\d`, `\W` …; undefined if `letter` is none of them. */
export function classOf(letter: string, flags: Flags): Test | undefined {
  const lower = letter.toLowerCase()
  const table = flags.ascii ? ASCII : UNICODE
  if (!Object.hasOwn(table, lower)) return undefined
  const test = table[lower]!
  return lower === letter ? test : (char) => !test(char)
}

/** The character itself; where case does not matter all that differ from it by case. */
export function literal(char: number, flags: Flags): Test {
  if (!flags.ignoreCase) return (other) => other === char
  const forms = caseForms(char, flags)
  return forms.size === 1 ? (other) => other === char : (other) => forms.has(other)
}

export function range(low: number, high: number, flags: Flags): Test {
  if (!flags.ignoreCase) return (char) => char >= low && char <= high
  return (char) => {
    for (const form of caseForms(char, flags)) if (form >= low && form <= high) return true
    return false
  }
}

/** Letters that are one for Python where case does not matter, beside a letter and its capital. */
const ALIKE =
  'iıİ sſ kK åÅ ωΩ µμ \u0345ι\u1fbe ΐ\u1fd3 ΰ\u1fe3 βϐ εϵ θϑ κϰ πϖ ρϱ ςσ φϕ вᲀ дᲁ оᲂ сᲃ тᲄᲅ ъᲆ ѣᲇ ᲈꙋ ṡẛ ſtst'
    .replace('ſtst', '\ufb05\ufb06')
    .split(' ')
    .map((group) => [...group])

const known = new Map<number, ReadonlySet<number>>()

function caseForms(char: number, flags: Flags): ReadonlySet<number> {
  if (flags.ascii) return asciiForms(char)
  let forms = known.get(char)
  if (forms === undefined) {
    forms = unicodeForms(char)
    if (known.size < 5000) known.set(char, forms)
  }
  return forms
}

function asciiForms(char: number): ReadonlySet<number> {
  if ((char >= 65 && char <= 90) || (char >= 97 && char <= 122)) return new Set([char, char ^ 32])
  return new Set([char])
}

function unicodeForms(char: number): ReadonlySet<number> {
  const text = String.fromCodePoint(char)
  const seeds = [text, single(text.toLowerCase()), single(text.toUpperCase())]
  for (const group of ALIKE) if (seeds.some((seed) => group.includes(seed))) seeds.push(...group)
  const all = seeds.flatMap((seed) => [seed, single(seed.toLowerCase()), single(seed.toUpperCase())])
  return new Set(all.filter((form) => form !== '').map((form) => form.codePointAt(0)!))
}

/** `text` if it is one character, else nothing: such a case does not count. */
function single(text: string): string {
  return [...text].length === 1 ? text : ''
}
