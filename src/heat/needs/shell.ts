import { shellTokens, type Token } from './shell-words.ts'

/** A word of a simple command. */
export interface Word {
  readonly text: string
  readonly literal: boolean
}

/** What stands at the top of a script between two line ends or `;`. */
export interface Statement {
  /** Simple commands that `&&` and `||` join; empty if it is anything else: a loop, a pipeline, a function, a job. */
  readonly commands: readonly (readonly Word[])[]
  /** What stands behind each command but the last. */
  readonly joined: readonly string[]
  /** All its words, those inside of loops and functions, too. */
  readonly words: readonly string[]
  /** Files that it writes. */
  readonly writes: readonly string[]
  /** Functions that it makes. */
  readonly defines: readonly string[]
}

const OPEN = new Map([
  ['if', 'fi'],
  ['for', 'done'],
  ['while', 'done'],
  ['until', 'done'],
  ['select', 'done'],
  ['case', 'esac'],
  ['{', '}'],
])
const CLOSE = new Set(['fi', 'done', 'esac', '}'])
/** Words behind which a command begins. */
const LEAD = new Set(['then', 'else', 'elif', 'do', '!', 'time'])
const REDIRECTS = new Set(['<', '>', '>>', '<<', '<<-', '<<<', '<&', '>&', '<>', '>|', '&>', '&>>'])

/** The statements of a script in their order; undefined where it is not certain how a shell reads it. */
export function shellStatements(script: string): Statement[] | undefined {
  const tokens = shellTokens(script)
  return tokens === undefined ? undefined : new Parser(tokens).run()
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #out: Statement[] = []
  /** What has to close, innermost last. */
  readonly #open: string[] = []
  #commands: Word[][] = [[]]
  #joined: string[] = []
  #words: string[] = []
  #writes: string[] = []
  #defines: string[] = []
  #plain = true
  /** The next word begins a command. */
  #start = true
  /** A line may end here and the statement go on. */
  #continues = false

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  run(): Statement[] | undefined {
    for (let i = 0; i < this.#tokens.length; i++) {
      const token = this.#tokens[i]!
      if (token.kind === 'word') {
        if (!this.#word(token, this.#tokens[i + 1])) return undefined
      } else if (REDIRECTS.has(token.text)) {
        const target = this.#tokens[++i]
        if (target?.kind !== 'word') return undefined
        if (!token.text.startsWith('<')) this.#writes.push(target.text)
        // `2>`: the number belongs to it.
        const command = this.#commands.at(-1)!
        if (/^[0-9]$/.test(command.at(-1)?.text ?? '')) command.pop()
      } else if (!this.#operator(token.text)) return undefined
    }
    this.#end()
    return this.#open.length === 0 ? this.#out : undefined
  }

  #word(token: Token & { readonly kind: 'word' }, next: Token | undefined): boolean {
    const { text, literal, bare } = token
    this.#words.push(text)
    if (this.#start && bare && literal) {
      if (CLOSE.has(text)) {
        this.#start = false
        return this.#open.pop() === text
      }
      const close = OPEN.get(text)
      if (close !== undefined) {
        this.#open.push(close)
        this.#plain = false
        // Behind `for x` and `case x` come words, behind the others a command.
        this.#start = close !== 'esac' && text !== 'for' && text !== 'select'
        return true
      }
      if (LEAD.has(text)) {
        this.#plain = false
        return true
      }
      if (text === 'function' || text === 'coproc') return false
    }
    this.#continues = false
    if (this.#open.at(-1) === 'esac' && text === 'in') this.#start = true
    else this.#start = false
    if (next?.kind === 'operator' && next.text === '(') {
      this.#plain = false
      this.#defines.push(text)
    }
    if (this.#open.length === 0) this.#commands.at(-1)!.push({ text, literal })
    return true
  }

  #operator(text: string): boolean {
    const inside = this.#open.length > 0
    this.#start = true
    switch (text) {
      case '\n':
      case ';':
        if (!inside && !this.#continues) this.#end()
        return true
      case '&':
        this.#plain = false
        if (!inside) this.#end()
        return true
      case '&&':
      case '||':
        this.#continues = true
        if (!inside) {
          this.#joined.push(text)
          this.#commands.push([])
        }
        return true
      case '|':
      case '|&':
        this.#plain = false
        this.#continues = true
        return true
      case ';;':
        return this.#open.at(-1) === 'esac'
      case '(':
        this.#plain = false
        this.#open.push(')')
        return true
      case ')':
        // The end of a pattern in a case.
        if (this.#open.at(-1) === 'esac') return true
        return this.#open.pop() === ')'
      default:
        return false
    }
  }

  #end(): void {
    if (this.#words.length > 0 || this.#writes.length > 0)
      this.#out.push({
        commands: this.#plain ? this.#commands : [],
        joined: this.#joined,
        words: this.#words,
        writes: this.#writes,
        defines: this.#defines,
      })
    this.#commands = [[]]
    this.#joined = []
    this.#words = []
    this.#writes = []
    this.#defines = []
    this.#plain = true
    this.#start = true
    this.#continues = false
  }
}
