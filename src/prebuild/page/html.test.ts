import { describe, expect, test } from 'vitest'
import { registerSecret } from '../../core/redact.ts'
import { html, trusted } from './html.ts'

const inside = (value: string) => html`<p>${value}</p>`.text
const attribute = (value: string) => html`<p title="${value}">x</p>`.text

describe('what is put into HTML', () => {
  test.each([
    ['an element', '<img src=x onerror=alert(1)>'],
    ['the end of the element around', '</p></section><script>alert(1)</script>'],
    ['the end of a script or style', '</script></style><script>alert(1)</script>'],
    ['a comment', '<!-- --!> -->'],
    ['an attribute', '" onmouseover="alert(1)'],
    ['one in single quotes', "' onmouseover='alert(1)"],
    ['an entity', '&lt;b&gt; &amp; &#60;'],
    ['half a tag', '<'],
  ])('%s is text', (_what, value) => {
    const undone = (text: string) =>
      text
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
        .replaceAll('&amp;', '&')
    for (const [text, pattern] of [
      [inside(value), /^<p>([^<>"']*)<\/p>$/],
      [attribute(value), /^<p title="([^<>"']*)">x<\/p>$/],
    ] as const) {
      const [, held] = pattern.exec(text) ?? []
      expect(held, text).toBeDefined()
      expect(undone(held!)).toBe(value)
    }
  })

  test.each([
    ['a null', '\0', 'U+0000'],
    ['an escape sequence', '\x1b[31m', 'U+001B'],
    ['a bell', '\x07', 'U+0007'],
    ['a C1 control', '\x9b', 'U+009B'],
    ['a line separator', '\u2028', 'U+2028'],
    ['an override of direction', 'a\u202e(b', 'U+202E'],
    ['an isolate', '\u2066', 'U+2066'],
    ['a mark of direction', '\u200f', 'U+200F'],
    ['a space of no width', 'a\u200bb', 'U+200B'],
    ['a byte order mark', '\ufeff', 'U+FEFF'],
    ['half a character', 'a\ud800b', 'U+D800'],
    ['a noncharacter', '\uffff', 'U+FFFF'],
    ['an invisible tag', '\u{e0041}', 'U+E0041'],
  ])('%s is made visible', (_what, value, shown) => {
    for (const text of [inside(value), attribute(value), html`<title>${value}</title>`.text]) {
      expect(text).toContain(shown)
      expect(text).not.toMatch(
        /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800\uffff]/,
      )
    }
    expect(inside(value)).toContain('class="unseen"')
    expect(attribute(value)).not.toContain('<span')
    expect(html`<title>${value}</title>`.text).not.toContain('<span')
  })

  test('tabs, line breaks, other scripts and their joiners stay', () => {
    const value = 'a\tb\nc \u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u65e5\u672c \u{1f600}'
    expect(inside(value)).toBe(`<p>${value}</p>`)
  })

  test('secrets are not shown, whatever characters they have', () => {
    registerSecret('<s3cret&more>')
    expect(inside('the password <s3cret&more> is')).toBe('<p>the password *** is</p>')
  })

  test('HTML stays, lists are joined, nothing is nothing', () => {
    const item = html`<li>${'<'}</li>`
    expect(html`<ul>${[item, item]}${undefined}${false}${0}</ul>`.text).toBe(
      '<ul><li>&lt;</li><li>&lt;</li>0</ul>',
    )
    expect(html`<style>${trusted('a > b {}')}</style>`.text).toBe('<style>a > b {}</style>')
  })

  test('a value where escaping would not be enough is refused', () => {
    const value = 'x onload=alert(1)'
    expect(() => html`<p title=${value}>x</p>`).toThrow('cannot be escaped')
    expect(() => html`<p ${value}>x</p>`).toThrow('cannot be escaped')
    expect(() => html`<${value}>x</p>`).toThrow('cannot be escaped')
    expect(() => html`<p title="a" ${value}>x</p>`).toThrow('cannot be escaped')
    expect(() => html`<p title="${html`<b>`}">x</p>`).toThrow('attribute')
  })
})
