import { redact } from '../../core/redact.ts'

/** Text that is HTML. Only {@link html} and {@link trusted} make it. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

/** What may be put into {@link html}: text and numbers are escaped, HTML stays, lists are joined, nothing is nothing. */
export type Content = Html | string | number | undefined | false | readonly Content[]

/**
 * Characters that nobody sees but that change what is seen: controls, marks that turn the direction of text, invisible
 * and unassigned ones. Tabs and line breaks are none. Joiners (U+200C, U+200D) stay: some scripts are not legible without.
 */
const UNSEEN =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}\p{Cs}\p{Noncharacter_Code_Point}]/gu

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** The name of a character by its number: `U+202E`. */
function numbered(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
}

function escaped(text: string): string {
  return redact(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}

/** `text` for the content of an element: without secrets, what nobody would see made visible. */
function escapeContent(text: string): string {
  return escaped(text).replace(
    UNSEEN,
    (character) => `<span class="unseen" title="An invisible character">${numbered(character)}</span>`,
  )
}

/** `text` for an attribute in double quotes. */
function escapeAttribute(text: string): string {
  return escaped(text).replace(UNSEEN, (character) => `\u27e8${numbered(character)}\u27e9`)
}

type Place = 'content' | 'attribute'
const places = new WeakMap<TemplateStringsArray, readonly Place[]>()

/** Where each value of a template stands. Anywhere but in content and in quoted attributes escaping would not be enough. */
function placesOf(strings: TemplateStringsArray): readonly Place[] {
  const known = places.get(strings)
  if (known) return known
  let before = ''
  const found = strings.slice(0, -1).map((part): Place => {
    before += part
    const tag = before.slice(before.lastIndexOf('<'))
    // A title holds text only: no element may make a character visible there.
    if (/^<title>[^<]*$/.test(tag)) return 'attribute'
    if (tag.includes('>') || !before.includes('<')) return 'content'
    // An odd number of quotes: inside one, which must have begun right behind its equals sign.
    if (/="[^"]*$/.test(tag) && tag.split('"').length % 2 === 0) return 'attribute'
    throw new Error(`a value stands where it cannot be escaped: ${tag}`)
  })
  places.set(strings, found)
  return found
}

function render(value: Content, place: Place): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) {
    if (place === 'attribute') throw new Error('HTML cannot stand in an attribute')
    return value.text
  }
  if (typeof value === 'object') return value.map((one) => render(one, place)).join('')
  return place === 'attribute' ? escapeAttribute(String(value)) : escapeContent(String(value))
}

/** HTML with everything that is put into it escaped: html`<p title="${untrusted}">${untrusted}</p>`. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  const where = placesOf(strings)
  let text = strings[0]!
  for (const [i, value] of values.entries()) text += render(value, where[i]!) + strings[i + 1]!
  return new Html(text)
}

/** `text` as HTML, unchanged: for our own style sheet, never for anything from elsewhere. */
export function trusted(text: string): Html {
  return new Html(text)
}
