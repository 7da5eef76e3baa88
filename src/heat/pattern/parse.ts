import { type Flags, literal } from './classes.ts'
import { type Escape, escapeOutside, readSet } from './escapes.ts'
import { PatternLimit, PatternProblem } from './problem.ts'
import { Source } from './source.ts'
import { type Tree, type Width, widthOf } from './tree.ts'

const NO_FLAGS: Flags = { ignoreCase: false, multiLine: false, dotAll: false, verbose: false, ascii: false }
const DEEPEST = 100

/** Python's syntax of regular expressions (3.13) as a tree. Throws {@link PatternProblem}. */
export function parsePattern(pattern: string): { tree: Tree; groups: number } {
  const source = new Source(pattern)
  return new Parser(source, globalFlags(source)).pattern()
}

/** Flags for the whole pattern; Python takes them at its very start only. */
function globalFlags(source: Source): Flags {
  let flags = NO_FLAGS
  for (;;) {
    const match = source.match(/^\(\?([aiLmsux]+)\)/, 16)
    if (match === undefined) return flags
    flags = withFlags(flags, match[1]!, '', 'whole')
  }
}

function withFlags(flags: Flags, on: string, off: string, where: 'whole' | 'part'): Flags {
  if (on.includes('L')) throw new PatternProblem("the flag 'L' is not for text")
  if (on.includes('a') && on.includes('u'))
    throw new PatternProblem("the flags 'a' and 'u' exclude each other")
  if (/[auL]/.test(off)) throw new PatternProblem(`the flags '${off}' cannot be switched off`)
  for (const flag of on)
    if (off.includes(flag)) throw new PatternProblem(`the flag '${flag}' is switched on and off at once`)
  const next = (letter: string, before: boolean) => !off.includes(letter) && (on.includes(letter) || before)
  return {
    ignoreCase: next('i', flags.ignoreCase),
    multiLine: next('m', flags.multiLine),
    dotAll: next('s', flags.dotAll),
    verbose: next('x', flags.verbose),
    ascii: on.includes('a') || (flags.ascii && !(where === 'part' && on.includes('u'))),
  }
}

class Parser {
  readonly #source: Source
  readonly #names = new Map<string, number>()
  readonly #open = new Set<number>()
  readonly #widths = new Map<number, Width>()
  /** Conditions on groups that may only come later. */
  readonly #later: number[] = []
  #groups = 0
  #depth = 0
  /** Groups that there were when the innermost look behind began; undefined outside of any. */
  #behind: number | undefined
  #flags: Flags

  constructor(source: Source, flags: Flags) {
    this.#source = source
    this.#flags = flags
  }

  pattern(): { tree: Tree; groups: number } {
    const tree = this.#choice()
    if (!this.#source.ended) throw new PatternProblem("a ')' has no '('")
    for (const number of this.#later)
      if (number > this.#groups) throw new PatternProblem(`there is no group ${number}`)
    return { tree, groups: this.#groups }
  }

  #choice(): Tree {
    if (++this.#depth > DEEPEST) throw new PatternLimit('it is nested too deeply')
    const parts = [this.#sequence()]
    while (this.#source.take('|')) parts.push(this.#sequence())
    this.#depth--
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }

  #sequence(): Tree {
    const source = this.#source
    const parts: Tree[] = []
    for (;;) {
      if (this.#flags.verbose) source.skipComments()
      const char = source.peek()
      if (char === undefined || char === '|' || char === ')') return { kind: 'sequence', parts }
      const times = source.repeat()
      if (times === undefined) {
        const part = this.#atom()
        if (part !== undefined) parts.push(part)
        continue
      }
      const inner = parts.pop()
      if (inner === undefined || inner.kind === 'assert')
        throw new PatternProblem('there is nothing to repeat')
      if (inner.kind === 'repeat') throw new PatternProblem('one repeat follows another')
      parts.push({ kind: 'repeat', inner, ...times })
    }
  }

  #atom(): Tree | undefined {
    const source = this.#source
    const flags = this.#flags
    const char = source.next()!
    switch (char) {
      case '(':
        return this.#group()
      case '[':
        return { kind: 'char', test: readSet(source, flags) }
      case '.':
        return { kind: 'char', test: flags.dotAll ? () => true : (other) => other !== 10 }
      case '^':
        return { kind: 'assert', what: flags.multiLine ? 'line-start' : 'start', ascii: flags.ascii }
      case '$':
        return { kind: 'assert', what: flags.multiLine ? 'line-end' : 'last-line', ascii: flags.ascii }
      case '\\':
        return this.#escaped(escapeOutside(source, flags))
      default:
        return { kind: 'char', test: literal(char.codePointAt(0)!, flags) }
    }
  }

  #escaped(what: Escape): Tree {
    switch (what.kind) {
      case 'char':
        return { kind: 'char', test: literal(what.char, this.#flags) }
      case 'class':
        return { kind: 'char', test: what.test }
      case 'place':
        return { kind: 'assert', what: what.what, ascii: this.#flags.ascii }
      case 'group':
        return this.#back(what.number)
    }
  }

  #back(number: number): Tree {
    if (number > this.#groups) throw new PatternProblem(`there is no group ${number}`)
    this.#checkClosed(number)
    return { kind: 'back', number, ignoreCase: this.#flags.ignoreCase }
  }

  #checkClosed(number: number): void {
    if (this.#open.has(number)) throw new PatternProblem(`the group ${number} is still open`)
    if (this.#behind !== undefined && number > this.#behind)
      throw new PatternProblem(`the group ${number} begins in the same look behind`)
  }

  #close(): void {
    if (!this.#source.take(')')) throw new PatternProblem("a ')' is missing")
  }

  #group(): Tree | undefined {
    const source = this.#source
    if (!source.take('?')) return this.#capture(undefined)
    const flags = source.match(/^([aiLmsux]*)(?:-([a-zA-Z]*))?([:)])/, 32)
    if (flags !== undefined) return this.#withFlags(flags[1]!, flags[2], flags[3]!)
    if (source.take('#')) {
      while (!source.ended && source.peek() !== ')') source.next()
      this.#close()
      return undefined
    }
    if (source.take('>')) return { kind: 'atomic', inner: this.#inside() }
    if (source.take('=')) return this.#look(false, false)
    if (source.take('!')) return this.#look(false, true)
    if (source.takeText('<=')) return this.#look(true, false)
    if (source.takeText('<!')) return this.#look(true, true)
    if (source.take('(')) return this.#either()
    if (source.takeText('P<')) return this.#capture(source.name('>'))
    if (source.takeText('P=')) {
      const name = source.name(')')
      const number = this.#names.get(name)
      if (number === undefined) throw new PatternProblem(`there is no group '${name}'`)
      return this.#back(number)
    }
    throw new PatternProblem(`'(?${source.rest(2)}' is no group that Python knows`)
  }

  #withFlags(on: string, off: string | undefined, end: string): Tree {
    if (end === ')') throw new PatternProblem('flags for the whole pattern are not at its start')
    if (off !== undefined && !/^[imsxauL]+$/.test(off)) throw new PatternProblem(`'-${off}' are no flags`)
    const before = this.#flags
    this.#flags = withFlags(before, on, off ?? '', 'part')
    const inner = this.#inside()
    this.#flags = before
    // A group of its own, so that a repeat behind it is not one of its last part.
    return { kind: 'choice', parts: [inner] }
  }

  #inside(): Tree {
    const inner = this.#choice()
    this.#close()
    return inner
  }

  #capture(name: string | undefined): Tree {
    const number = ++this.#groups
    if (name !== undefined) {
      if (this.#names.has(name)) throw new PatternProblem(`there are two groups '${name}'`)
      this.#names.set(name, number)
    }
    this.#open.add(number)
    const inner = this.#inside()
    this.#open.delete(number)
    this.#widths.set(number, widthOf(inner, this.#widths))
    return { kind: 'group', inner, number }
  }

  #look(behind: boolean, negative: boolean): Tree {
    const before = this.#behind
    if (behind) this.#behind ??= this.#groups
    const inner = this.#inside()
    this.#behind = before
    if (!behind) return { kind: 'look', inner, behind: false, negative }
    const width = widthOf(inner, this.#widths)
    if (width.least !== width.most)
      throw new PatternProblem('what is looked for behind a place is not of one length')
    return { kind: 'look', inner, behind: width.least, negative }
  }

  #either(): Tree {
    const written = this.#source.name(')', true)
    let number = this.#names.get(written)
    if (/^[0-9]+$/.test(written)) {
      number = Number(written)
      if (number === 0) throw new PatternProblem('there is no group 0')
      this.#later.push(number)
    }
    if (number === undefined) throw new PatternProblem(`there is no group '${written}'`)
    if (this.#behind !== undefined) this.#checkClosed(number)
    const yes = this.#sequence()
    const no: Tree = this.#source.take('|') ? this.#sequence() : { kind: 'sequence', parts: [] }
    if (this.#source.peek() === '|') throw new PatternProblem('a condition has more than two branches')
    this.#close()
    return { kind: 'either', number, yes, no }
  }
}
