import { isWord } from './classes.ts'
import { compile, type Instruction, type Program } from './compile.ts'
import { parsePattern } from './parse.ts'
import { PatternLimit } from './problem.ts'

/*
 * Python's `re.match`, in bounded time. A backtracking machine that remembers at which instruction and place it has already failed
 * never tries the same twice, so its time is program size times text length, and it finds the same match as Python does.
 * Where groups are looked at again that memory would be wrong, so there only a limit of steps ends it.
 */

const MOST_STEPS = 5_000_000
const MOST_WAITING = 1_000_000
/** Places that are remembered: 8 bytes and more each. */
const MOST_REMEMBERED = 3_000_000

/** Where `re.match(pattern, text)` ends, in code points, or undefined if it does not match. */
export interface Pattern {
  /** True if the match at the start of `text` is as long as `text`. Throws {@link PatternLimit} when it takes too long. */
  fits(text: string): boolean
}

const held = new Map<string, Pattern>()
const MOST_HELD = 500

/** Compiles a Python pattern. Throws a `PatternProblem` for what Python refuses. */
export function compilePattern(source: string): Pattern {
  let pattern = held.get(source)
  if (pattern === undefined) {
    pattern = newPattern(source)
    if (held.size >= MOST_HELD) held.clear()
    held.set(source, pattern)
  }
  return pattern
}

function newPattern(source: string): Pattern {
  const { tree, groups } = parsePattern(source)
  const program = compile(tree)
  return {
    fits: (text) => {
      const chars = Array.from(text, (char) => char.codePointAt(0)!)
      const slots = new Array<number>(2 * (groups + 1)).fill(-1)
      return new Machine(chars, slots).run(program, 0) === chars.length
    },
  }
}

class Machine {
  readonly #chars: readonly number[]
  /** Where each group begins and ends, -1 where it has not matched. */
  readonly #slots: number[]
  #steps = MOST_STEPS
  #remembered = MOST_REMEMBERED

  constructor(chars: readonly number[], slots: number[]) {
    this.#chars = chars
    this.#slots = slots
  }

  /** End of the match that begins at `start`, or -1. */
  run(program: Program, start: number): number {
    const chars = this.#chars
    const slots = this.#slots
    const { code } = program
    const memory = program.usesGroups ? undefined : new Set<number>()
    const width = chars.length + 1
    // Where the last round of each loop began.
    const rounds = new Array<number>(program.loops).fill(-1)
    // Places to go on from: instruction and position; or, first number negative, something to put back.
    const stack: number[] = [0, start]
    const undoSlot = (slot: number) => stack.push(-1 - slot, slots[slot]!)
    const undoRound = (loop: number) => stack.push(-1 - slots.length - loop, rounds[loop]!)
    while (stack.length > 0) {
      let at = stack.pop()!
      let pc = stack.pop()!
      if (pc < 0) {
        const index = -1 - pc
        if (index < slots.length) slots[index] = at
        else rounds[index - slots.length] = at
        continue
      }
      if (stack.length > 2 * MOST_WAITING) throw new PatternLimit('it takes too much memory on this value')
      for (;;) {
        if (--this.#steps < 0) throw new PatternLimit('it takes too long on this value')
        const instruction = code[pc]!
        if (memory) {
          const key = this.#key(pc, at, width, rounds)
          if (memory.has(key)) break
          memory.add(key)
          if (--this.#remembered < 0) throw new PatternLimit('it takes too much memory on this value')
        }
        if (instruction.op === 'done') return at
        if (instruction.op === 'char') {
          if (at >= chars.length || !instruction.test(chars[at]!)) break
          at++
          pc++
        } else if (instruction.op === 'split') {
          stack.push(instruction.second, at)
          pc = instruction.first
        } else if (instruction.op === 'jump') pc = instruction.to
        else if (instruction.op === 'loop') {
          const { loop, exit, greedy } = instruction
          if (rounds[loop] === at) pc = exit
          else if (greedy) {
            stack.push(exit, at)
            undoRound(loop)
            rounds[loop] = at
            pc++
          } else {
            // Out first; a further round begins with its place noted, and ends with that taken back.
            undoRound(loop)
            stack.push(pc + 1, at, -1 - slots.length - loop, at)
            pc = exit
          }
        } else if (instruction.op === 'leave') {
          undoRound(instruction.loop)
          rounds[instruction.loop] = -1
          pc++
        } else if (instruction.op === 'span') {
          const end = this.#span(instruction, at)
          if (end < 0) break
          const nearest = at + instruction.least
          this.#steps -= end - nearest
          if (instruction.greedy) for (let back = nearest; back < end; back++) stack.push(pc + 1, back)
          else for (let back = end; back > nearest; back--) stack.push(pc + 1, back)
          at = instruction.greedy ? end : nearest
          pc++
        } else if (instruction.op === 'save') {
          undoSlot(instruction.slot)
          slots[instruction.slot] = at
          pc++
        } else if (instruction.op === 'assert') {
          if (!holds(instruction, chars, at)) break
          pc++
        } else if (instruction.op === 'back') {
          const end = this.#back(instruction, at)
          if (end < 0) break
          at = end
          pc++
        } else if (instruction.op === 'either') {
          pc = slots[instruction.number * 2 + 1]! >= 0 ? pc + 1 : instruction.no
        } else if (instruction.op === 'look') {
          const from = instruction.behind === false ? at : at - instruction.behind
          if ((from >= 0 && this.run(instruction.program, from) >= 0) === instruction.negative) break
          pc++
        } else {
          const end = this.run(instruction.program, at)
          if (end < 0) break
          at = end
          pc++
        }
      }
    }
    return -1
  }

  /** What the future hangs on: instruction, place, and of each loop whether its round has got on. */
  #key(pc: number, at: number, width: number, rounds: readonly number[]): number {
    let key = pc * width + at
    for (const round of rounds) key = key * 2 + (round === at ? 1 : 0)
    return key
  }

  #span({ test, least, most }: Instruction & { op: 'span' }, start: number): number {
    let end = start
    while (end - start < most && end < this.#chars.length && test(this.#chars[end]!)) end++
    this.#steps -= end - start
    return end - start < least ? -1 : end
  }

  #back({ number, same }: Instruction & { op: 'back' }, at: number): number {
    const from = this.#slots[number * 2]!
    const to = this.#slots[number * 2 + 1]!
    if (from < 0 || to < 0 || at + to - from > this.#chars.length) return -1
    this.#steps -= to - from
    for (let i = from; i < to; i++) if (!same(this.#chars[i]!, this.#chars[at + i - from]!)) return -1
    return at + to - from
  }
}

function holds(
  { what, ascii }: Instruction & { op: 'assert' },
  chars: readonly number[],
  at: number,
): boolean {
  switch (what) {
    case 'start':
      return at === 0
    case 'end':
      return at === chars.length
    case 'line-start':
      return at === 0 || chars[at - 1] === 10
    case 'line-end':
      return at === chars.length || chars[at] === 10
    case 'last-line':
      return at === chars.length || (at === chars.length - 1 && chars[at] === 10)
    default: {
      const before = at > 0 && isWord(chars[at - 1]!, ascii)
      const after = at < chars.length && isWord(chars[at]!, ascii)
      // Up to Python 3.13 an empty text has no place at all that is not a word's end.
      return what === 'word' ? before !== after : before === after && chars.length > 0
    }
  }
}
