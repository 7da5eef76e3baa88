import { literal, type Test } from './classes.ts'
import { PatternLimit } from './problem.ts'
import { type Place, type Tree, widthOf } from './tree.ts'

export type Instruction =
  | { readonly op: 'char'; readonly test: Test }
  /** One character again and again: as often as it goes (greedy) or as seldom. */
  | {
      readonly op: 'span'
      readonly test: Test
      readonly least: number
      readonly most: number
      readonly greedy: boolean
    }
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  /** Of a loop whose body may be empty: it ends where the last round did not get on. */
  | { readonly op: 'loop'; readonly loop: number; readonly exit: number; readonly greedy: boolean }
  | { readonly op: 'leave'; readonly loop: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'back'; readonly number: number; readonly same: (a: number, b: number) => boolean }
  | { readonly op: 'assert'; readonly what: Place; readonly ascii: boolean }
  | {
      readonly op: 'look'
      readonly program: Program
      readonly behind: number | false
      readonly negative: boolean
    }
  | { readonly op: 'atomic'; readonly program: Program }
  | { readonly op: 'either'; readonly number: number; readonly no: number }
  | { readonly op: 'done' }

export interface Program {
  readonly code: readonly Instruction[]
  /** Loops whose body may be empty; each remembers where its last round began. */
  readonly loops: number
  /** What it does may hang on what groups have matched. */
  readonly usesGroups: boolean
}

const LARGEST = 20_000
/** More nested loops of that kind would make the machine's memory too large. */
const MOST_LOOPS = 16
/** From here on a repeated character is not written out. */
const SPAN_FROM = 8

const CASELESS = { ignoreCase: true, multiLine: false, dotAll: false, verbose: false, ascii: false }

/** Throws {@link PatternLimit} for what gets too large. */
export function compile(tree: Tree): Program {
  const code: Instruction[] = []
  let loops = 0
  let usesGroups = false
  const add = (instruction: Instruction): number => {
    if (code.length >= LARGEST) throw new PatternLimit('it is too large')
    return code.push(instruction) - 1
  }
  const sub = (inner: Tree): Program => {
    const program = compile(inner)
    usesGroups ||= program.usesGroups
    return program
  }
  const fork = (at: number, greedy: boolean, inside: number, behind: number) => {
    code[at] = { op: 'split', first: greedy ? inside : behind, second: greedy ? behind : inside }
  }
  const repeat = (part: Tree & { kind: 'repeat' }): void => {
    const { inner, least, most, greedy } = part
    if (part.atomic) {
      add({ op: 'atomic', program: sub({ ...part, atomic: false }) })
      return
    }
    const [only] = inner.kind === 'sequence' && inner.parts.length === 1 ? inner.parts : [inner]
    if (only?.kind === 'char' && (least > SPAN_FROM || (Number.isFinite(most) && most > SPAN_FROM))) {
      add({ op: 'span', test: only.test, least, most, greedy })
      return
    }
    for (let i = 0; i < least; i++) emit(inner)
    if (most !== Number.POSITIVE_INFINITY) {
      const forks: number[] = []
      for (let i = least; i < most; i++) {
        forks.push(add({ op: 'jump', to: 0 }))
        emit(inner)
      }
      for (const at of forks) fork(at, greedy, at + 1, code.length)
      return
    }
    const at = add({ op: 'jump', to: 0 })
    if (widthOf(inner, new Map()).least > 0) {
      emit(inner)
      add({ op: 'jump', to: at })
      fork(at, greedy, at + 1, code.length)
      return
    }
    if (loops >= MOST_LOOPS) throw new PatternLimit('it is too large')
    const loop = loops++
    emit(inner)
    add({ op: 'jump', to: at })
    code[at] = { op: 'loop', loop, exit: code.length, greedy }
    // Behind the loop its memory is of no use, and would only tell alike places apart.
    add({ op: 'leave', loop })
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
        for (const inner of part.parts.slice(0, -1)) {
          const at = add({ op: 'jump', to: 0 })
          emit(inner)
          ends.push(add({ op: 'jump', to: 0 }))
          fork(at, true, at + 1, code.length)
        }
        emit(part.parts.at(-1)!)
        for (const end of ends) code[end] = { op: 'jump', to: code.length }
        return
      }
      case 'repeat':
        repeat(part)
        return
      case 'group':
        add({ op: 'save', slot: part.number * 2 })
        emit(part.inner)
        add({ op: 'save', slot: part.number * 2 + 1 })
        return
      case 'back':
        usesGroups = true
        add({ op: 'back', number: part.number, same: part.ignoreCase ? sameLetter : (a, b) => a === b })
        return
      case 'either': {
        usesGroups = true
        const at = add({ op: 'jump', to: 0 })
        emit(part.yes)
        const end = add({ op: 'jump', to: 0 })
        code[at] = { op: 'either', number: part.number, no: code.length }
        emit(part.no)
        code[end] = { op: 'jump', to: code.length }
        return
      }
      case 'assert':
        add({ op: 'assert', what: part.what, ascii: part.ascii })
        return
      case 'look':
        add({ op: 'look', program: sub(part.inner), behind: part.behind, negative: part.negative })
        return
      case 'atomic':
        add({ op: 'atomic', program: sub(part.inner) })
        return
    }
  }
  emit(tree)
  add({ op: 'done' })
  return { code, loops, usesGroups }
}

function sameLetter(a: number, b: number): boolean {
  return literal(a, CASELESS)(b)
}
