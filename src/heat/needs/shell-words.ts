/** A word or an operator of a shell script. */
export type Token =
  | {
      readonly kind: 'word'
      readonly text: string
      /** Nothing in it is filled in or expanded when the script runs. */
      readonly literal: boolean
      /** No part of it was quoted: only then it may be a keyword. */
      readonly bare: boolean
    }
  | { readonly kind: 'operator'; readonly text: string }

/** Longest first. */
const OPERATORS = [
  '<<<',
  '<<-',
  '&>>',
  '&&',
  '||',
  ';;',
  '|&',
  '&>',
  '<<',
  '>>',
  '<&',
  '>&',
  '<>',
  '>|',
  '\n',
]
const SINGLE = ';&|<>()'
/** What the shell expands in an unquoted word. */
const EXPANDS = new Set(['*', '?', '[', '{', '~', '\ufffc'])

/**
 * A shell script as words and operators, comments and the bodies of here-documents left out. undefined where it is not certain how
 * a shell reads it.
 */
export function shellTokens(script: string): Token[] | undefined {
  if (script.includes('\r')) return undefined
  const lexer = new Lexer(script)
  return lexer.run() ? lexer.tokens : undefined
}

class Lexer {
  readonly tokens: Token[] = []
  readonly #text: string
  #at = 0
  /** Here-documents whose bodies begin on the next line. */
  #bodies: { readonly end: string; readonly tabs: boolean }[] = []

  constructor(text: string) {
    this.#text = text
  }

  run(): boolean {
    const text = this.#text
    while (this.#at < text.length) {
      const char = text[this.#at]!
      if (char === ' ' || char === '\t') this.#at++
      else if (text.startsWith('\\\n', this.#at)) this.#at += 2
      else if (char === '#') this.#comment()
      else {
        const operator =
          OPERATORS.find((one) => text.startsWith(one, this.#at)) ?? (SINGLE.includes(char) ? char : '')
        if (operator === '' ? !this.#word() : !this.#operator(operator)) return false
      }
    }
    return this.#bodies.length === 0
  }

  #comment(): void {
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end < 0 ? this.#text.length : end
  }

  #operator(operator: string): boolean {
    this.#at += operator.length
    this.tokens.push({ kind: 'operator', text: operator })
    if (operator === '\n') return this.#skipBodies()
    if (operator !== '<<' && operator !== '<<-') return true
    while (' \t'.includes(this.#text[this.#at] ?? '\n')) this.#at++
    if (!this.#word()) return false
    const word = this.tokens.at(-1)!
    this.#bodies.push({ end: word.text, tabs: operator === '<<-' })
    return word.kind === 'word'
  }

  #skipBodies(): boolean {
    for (const { end, tabs } of this.#bodies) {
      for (;;) {
        if (this.#at >= this.#text.length) return false
        const newline = this.#text.indexOf('\n', this.#at)
        const stop = newline < 0 ? this.#text.length : newline
        const line = this.#text.slice(this.#at, stop)
        this.#at = Math.min(stop + 1, this.#text.length)
        if ((tabs ? line.replace(/^\t+/, '') : line) === end) break
      }
    }
    this.#bodies = []
    return true
  }

  #word(): boolean {
    const text = this.#text
    let out = ''
    let literal = true
    let bare = true
    const begin = this.#at
    while (this.#at < text.length) {
      const char = text[this.#at]!
      if (/\s/.test(char) || SINGLE.includes(char)) break
      if (char === '\\') {
        const next = text[this.#at + 1]
        if (next === undefined) return false
        if (next !== '\n') out += next
        bare &&= next === '\n'
        this.#at += 2
      } else if (char === "'") {
        const end = text.indexOf("'", this.#at + 1)
        if (end < 0) return false
        out += text.slice(this.#at + 1, end)
        bare = false
        this.#at = end + 1
      } else if (char === '"') {
        const quoted = this.#quoted()
        if (quoted === undefined) return false
        out += quoted.text
        literal &&= quoted.literal
        bare = false
      } else if (char === '$' || char === '`') {
        literal = false
        // Quotes of another kind, with rules of their own.
        if (text[this.#at + 1] === "'" || !this.#substitution()) return false
      } else {
        // Only at its beginning a ~ is a home; a { is one of a list only with more behind it.
        if (EXPANDS.has(char) && !(char === '~' && this.#at > begin) && !(char === '{' && out === '' && bare))
          literal = false
        out += char
        this.#at++
      }
    }
    if (out.includes('\ufffc') || (out.length > 1 && out.includes('{'))) literal = false
    this.tokens.push({ kind: 'word', text: out, literal, bare })
    return this.#at > begin
  }

  /** A text in double quotes. */
  #quoted(): { text: string; literal: boolean } | undefined {
    const text = this.#text
    let out = ''
    let literal = true
    this.#at++
    while (this.#at < text.length) {
      const char = text[this.#at]!
      if (char === '"') {
        this.#at++
        return { text: out, literal }
      }
      if (char === '\\') {
        const next = text[this.#at + 1] ?? ''
        out += '"\\$`'.includes(next) ? next : next === '\n' ? '' : `\\${next}`
        this.#at += 2
      } else if (char === '$' || char === '`') {
        literal = false
        if (!this.#substitution()) return undefined
      } else {
        out += char
        this.#at++
      }
    }
    return undefined
  }

  /** Goes over `$name`, `${…}`, `$(…)` and backquotes. false where their end is not certain. */
  #substitution(): boolean {
    const text = this.#text
    if (text[this.#at] === '`') {
      const end = /`(?:[^`\\]|\\[\s\S])*`/y
      end.lastIndex = this.#at
      const match = end.exec(text)
      if (match === null) return false
      this.#at += match[0].length
      return true
    }
    const close = { '(': ')', '{': '}' }[text[this.#at + 1] ?? '']
    if (close === undefined) {
      const name = /\$(?:[A-Za-z_]\w*|[0-9@*#?$!-])?/y
      name.lastIndex = this.#at
      this.#at += name.exec(text)![0].length
      return true
    }
    // Balanced, with quotes that close; a comment or a here-document inside would make that uncertain.
    const open = text[this.#at + 1]!
    this.#at += 2
    for (let depth = 1; this.#at < text.length; ) {
      const char = text[this.#at]!
      if (char === "'" || char === '"') {
        const end = char === "'" ? text.indexOf("'", this.#at + 1) : -2
        if (end === -1) return false
        if (end === -2) {
          if (this.#quoted() === undefined) return false
        } else this.#at = end + 1
        continue
      }
      if (char === '\\') this.#at++
      else if (char === '#' && /\s/.test(text[this.#at - 1]!)) return false
      else if (text.startsWith('<<', this.#at)) return false
      else if (char === open) depth++
      else if (char === close && --depth === 0) {
        this.#at++
        return true
      }
      this.#at++
    }
    return false
  }
}
