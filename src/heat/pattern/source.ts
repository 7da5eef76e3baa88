import { PatternLimit, PatternProblem } from './problem.ts'

/** Python's own limit for repeats is out of reach here. */
const MOST_TIMES = 100_000

/** How often something repeats. */
export interface Times {
  readonly least: number
  readonly most: number
  readonly greedy: boolean
  readonly atomic: boolean
}

/** A pattern, read character by character. */
export class Source {
  readonly #chars: readonly string[]
  #at = 0

  constructor(pattern: string) {
    this.#chars = [...pattern]
  }

  get ended(): boolean {
    return this.#at >= this.#chars.length
  }

  peek(): string | undefined {
    return this.#chars[this.#at]
  }

  next(): string | undefined {
    return this.#chars[this.#at++]
  }

  /** Steps over `char` if it is next. */
  take(char: string): boolean {
    if (this.peek() !== char) return false
    this.#at++
    return true
  }

  takeText(text: string): boolean {
    if (this.rest(text.length) !== text) return false
    this.#at += text.length
    return true
  }

  /** The next characters, `length` at most. */
  rest(length: number): string {
    return this.#chars.slice(this.#at, this.#at + length).join('')
  }

  /** Steps over what `pattern` (of ASCII only) matches in the next `length` characters. */
  match(pattern: RegExp, length: number): RegExpExecArray | undefined {
    const match = pattern.exec(this.rest(length))
    if (match === null) return undefined
    this.#at += match[0].length
    return match
  }

  /** White space and comments of a verbose pattern. */
  skipComments(): void {
    for (;;) {
      const char = this.peek()
      if (char !== undefined && ' \t\n\r\v\f'.includes(char)) this.#at++
      else if (char === '#') while (!this.ended && this.next() !== '\n');
      else return
    }
  }

  /** A group's name up to `end`; a number only where `numbers` are allowed. */
  name(end: string, numbers = false): string {
    let name = ''
    while (!this.ended && this.peek() !== end) name += this.next()
    if (!this.take(end)) throw new PatternProblem(`a '${end}' is missing behind the name of a group`)
    if (numbers && /^[0-9]{1,9}$/.test(name)) return name
    if (!/^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(name))
      throw new PatternProblem(`'${name.slice(0, 40)}' is no name of a group`)
    return name
  }

  /** `*`, `{2,3}?` and the like; undefined if there is none here. */
  repeat(): Times | undefined {
    const char = this.peek()
    let least = 0
    let most = Number.POSITIVE_INFINITY
    if (char === '{') {
      const match = /^\{([0-9]*)(?:(,)([0-9]*))?\}/.exec(this.rest(24))
      if (match === null || match[0] === '{}') return undefined
      least = Number(match[1])
      if (match[2] === undefined) most = least
      else if (match[3] !== '') most = Number(match[3])
      if (most < least) throw new PatternProblem('a repeat has its least above its most')
      if (least > MOST_TIMES || (most !== Number.POSITIVE_INFINITY && most > MOST_TIMES))
        throw new PatternLimit('it is too large')
      this.#at += match[0].length
    } else if (char === '*' || char === '+' || char === '?') {
      this.#at++
      if (char === '+') least = 1
      if (char === '?') most = 1
    } else return undefined
    const greedy = !this.take('?')
    return { least, most, greedy, atomic: greedy && this.take('+') }
  }
}
