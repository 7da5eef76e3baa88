import { isWord, parsePattern, type Test, type Tree } from './parse.ts'
import { PatternLimit } from './problem.ts'

/*
 * Python's `re.match`, in bounded time. A backtracking machine that remembers at which instruction and place it has already failed
 * never tries the same twice, so its time is program size times text length, and it finds the same match as Python does.
 * With back references that memory would be wrong, so there a limit of steps ends it.
 */

type Instruction =
  | { readonly op: 'char'; readonly test: Test }
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'back'; readonly number: number }
  | { readonly op: 'assert'; readonly what: (Tree & { kind: 'assert' })['what'] }
  | { readonly op: 'look'; readonly program: Program; readonly behind: boolean; readonly negative: boolean }
  | { readonly op: 'atomic'; readonly program: Program }
  | { readonly op: 'done' }

type Program = readonly Instruction[]

const LARGEST_PROGRAM = 20_000
const MOST_STEPS = 5_000_000

/** Where `re.match(pattern, text)` ends, in code points, or undefined if it does not match. */
export interface Pattern {
  /** True if the match at the start of `text` is as long as `text`. Throws {@link PatternLimit} when it takes too long. */
  fits(text: string): boolean
}

/** Compiles a Python pattern. Throws a `PatternProblem` for what Python refuses. */
export function compilePattern(source: string): Pattern {
  const { tree, groups } = parsePattern(source)
  const program = compile(tree)
  return {
    fits: (text) => {
      const chars = Array.from(text, (char) => char.codePointAt(0)!)
      const steps = { left: MOST_STEPS }
      return run(program, chars, 0, new Array<number>(2 * (groups + 1)).fill(-1), steps) === chars.length
    },
  }
}

function compile(tree: Tree): Program {
  const program: Instruction[] = []
  const add = (instruction: Instruction): number => {
    if (program.length >= LARGEST_PROGRAM) throw new PatternLimit('it is too large')
    return program.push(instruction) - 1
  }
  const hasBack = (part: Tree): boolean => {
    if (part.kind === 'back') return true
    if (part.kind === 'sequence' || part.kind === 'choice') return part.parts.some(hasBack)
    return 'inner' in part && hasBack(part.inner)
  }
  const emit = (part: Tree): void => {
    switch (part.kind) {
      case 'char':
        add({ op: 'char', test: part.test })
        return
      case 'sequence':
        for (const inner of part.parts) emit(inner)
        return
      case 'choice': {
        const ends: number[] = []
        for (const [i, inner] of part.parts.entries()) {
          if (i === part.parts.length - 1) {
            emit(inner)
            continue
          }
          const fork = add({ op: 'jump', to: 0 })
          emit(inner)
          ends.push(add({ op: 'jump', to: 0 }))
          program[fork] = { op: 'split', first: fork + 1, second: program.length }
        }
        for (const end of ends) program[end] = { op: 'jump', to: program.length }
        return
      }
      case 'repeat': {
        if (part.atomic) {
          add({ op: 'atomic', program: compile({ ...part, atomic: false }) })
          return
        }
        if (part.least > 2000 || (Number.isFinite(part.most) && part.most > 2000))
          throw new PatternLimit('it is too large')
        for (let i = 0; i < part.least; i++) emit(part.inner)
        const fork = (at: number, inside: number, behind: number) => {
          program[at] = part.greedy
            ? { op: 'split', first: inside, second: behind }
            : { op: 'split', first: behind, second: inside }
        }
        if (part.most === Number.POSITIVE_INFINITY) {
          const at = add({ op: 'jump', to: 0 })
          emit(part.inner)
          add({ op: 'jump', to: at })
          fork(at, at + 1, program.length)
          return
        }
        const forks: number[] = []
        for (let i = part.least; i < part.most; i++) {
          forks.push(add({ op: 'jump', to: 0 }))
          emit(part.inner)
        }
        for (const at of forks) fork(at, at + 1, program.length)
        return
      }
      case 'group':
        add({ op: 'save', slot: part.number * 2 })
        emit(part.inner)
        add({ op: 'save', slot: part.number * 2 + 1 })
        return
      case 'back':
        add({ op: 'back', number: part.number })
        return
      case 'assert':
        add({ op: 'assert', what: part.what })
        return
      case 'look':
        add({ op: 'look', program: compile(part.inner), behind: part.behind, negative: part.negative })
        return
      case 'atomic':
        add({ op: 'atomic', program: compile(part.inner) })
        return
    }
  }
  emit(tree)
  add({ op: 'done' })
  backReferences.set(program, hasBack(tree))
  return program
}

const backReferences = new WeakMap<Program, boolean>()

/** End of the match that begins at `start`, or -1. `exactEnd`: only a match that ends there counts. */
function run(
  program: Program,
  chars: readonly number[],
  start: number,
  slots: number[],
  steps: { left: number },
  exactEnd?: number,
): number {
  const memory = backReferences.get(program) ? undefined : new Set<number>()
  const width = chars.length + 1
  // Places to go on from: instruction, position, and the slot to restore (-1: none) with its old value.
  const stack: number[] = [0, start, -1, 0]
  while (stack.length > 0) {
    const old = stack.pop()!
    const slot = stack.pop()!
    let at = stack.pop()!
    let pc = stack.pop()!
    if (slot >= 0) {
      slots[slot] = old
      continue
    }
    for (;;) {
      if (--steps.left < 0) throw new PatternLimit('it takes too long on this value')
      if (memory) {
        const key = pc * width + at
        if (memory.has(key)) break
        memory.add(key)
      }
      const instruction = program[pc]!
      if (instruction.op === 'done') {
        if (exactEnd === undefined || exactEnd === at) return at
        break
      }
      if (instruction.op === 'char') {
        if (at >= chars.length || !instruction.test(chars[at]!)) break
        at++
        pc++
      } else if (instruction.op === 'split') {
        stack.push(instruction.second, at, -1, 0)
        pc = instruction.first
        if (stack.length > 4_000_000) throw new PatternLimit('it takes too much memory on this value')
      } else if (instruction.op === 'jump') pc = instruction.to
      else if (instruction.op === 'save') {
        stack.push(0, 0, instruction.slot, slots[instruction.slot]!)
        slots[instruction.slot] = at
        pc++
      } else if (instruction.op === 'assert') {
        if (!holds(instruction.what, chars, at)) break
        pc++
      } else if (instruction.op === 'back') {
        const from = slots[instruction.number * 2]!
        const to = slots[instruction.number * 2 + 1]!
        if (from < 0 || to < 0) break
        let same = at + (to - from) <= chars.length
        for (let i = from; same && i < to; i++) same = chars[i] === chars[at + i - from]
        if (!same) break
        at += to - from
        pc++
      } else if (instruction.op === 'look') {
        if (looks(instruction, chars, at, slots, steps) === instruction.negative) break
        pc++
      } else {
        const end = run(instruction.program, chars, at, slots, steps)
        if (end < 0) break
        at = end
        pc++
      }
    }
  }
  return -1
}

function looks(
  instruction: Instruction & { op: 'look' },
  chars: readonly number[],
  at: number,
  slots: number[],
  steps: { left: number },
): boolean {
  if (!instruction.behind) return run(instruction.program, chars, at, slots, steps) >= 0
  for (let from = at; from >= 0; from--) {
    if (run(instruction.program, chars, from, slots, steps, at) >= 0) return true
  }
  return false
}

function holds(what: (Tree & { kind: 'assert' })['what'], chars: readonly number[], at: number): boolean {
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
      const before = at > 0 && isWord(chars[at - 1]!)
      const after = at < chars.length && isWord(chars[at]!)
      return (before !== after) === (what === 'word')
    }
  }
}
