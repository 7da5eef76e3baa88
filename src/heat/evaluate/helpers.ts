import { isList, isMap, lookUp, toInt } from '../python.ts'
import type { Key, Value } from '../types.ts'
import { type Deps, failure, HOLE, hole, join, NO_DEPS, type Result, settle } from './result.ts'

/** Everything known of an argument, or the result (hole, error) that the whole call becomes. */
export type Known = { readonly value: Value; readonly deps: Deps } | { readonly stop: Result }

/** Works out all of `result`; a call that needs it whole ends in `stop` when part of it is not known. */
export function whole(result: Result): Known {
  const settled = settle(result)
  if (settled.status === 'error') return { stop: failure(settled.error!, settled.deps) }
  if (settled.status === 'missing' || settled.status === 'runtime') return { stop: hole(settled.deps) }
  return { value: settled.value, deps: settled.deps }
}

/** The first error among `results`, else a hole that hangs on all of them if one is a hole, else undefined. */
export function firstStop(results: readonly Result[]): Result | undefined {
  const deps = results.map((result) => result.deps).reduce(join, NO_DEPS)
  for (const result of results) if (result.kind === 'error') return { ...result, deps }
  return results.some((result) => result.kind === 'hole') ? hole(deps) : undefined
}

/** Items of a list result with omitted ones left out; undefined if it is not a list. */
export function items(result: Result): Result[] | undefined {
  if (result.kind !== 'list') return undefined
  return result.items.map((item) => item()).filter((item) => item.kind !== 'nothing')
}

/** Puts texts and holes together into one text. */
export class TextBuilder {
  readonly #parts: string[] = []
  #open = false
  deps: Deps

  constructor(deps: Deps) {
    this.deps = deps
  }

  add(text: string): void {
    this.#parts.push(text)
  }

  addHole(result: Result): void {
    this.#open = true
    this.deps = join(this.deps, result.deps)
    this.#parts.push(result.kind === 'hole' ? result.text : HOLE)
  }

  result(): Result {
    const text = this.#parts.join('')
    return this.#open ? hole(this.deps, text) : { kind: 'scalar', value: text, deps: this.deps }
  }
}

/** `collection[key]` as Python does it for a path: list index as number or text; undefined where it leads nowhere. */
export function step(result: Result, key: Key): Result | undefined {
  if (result.kind === 'map') return lookUp(result.entries, key)?.()
  const index = toInt(typeof key === 'number' ? null : key)
  if (index === undefined) return undefined
  if (result.kind === 'list') {
    const list = items(result)!
    return list.at(placeOf(index, list.length))
  }
  if (result.kind === 'scalar' && typeof result.value === 'string') {
    const characters = [...result.value]
    const char = characters.at(placeOf(index, characters.length))
    return char === undefined ? undefined : { ...result, value: char }
  }
  return undefined
}

/** Place of an index from the start or (negative) the end, one past the end when it is outside. */
export function placeOf(index: bigint, length: number): number {
  const size = BigInt(length)
  if (index >= size || index < -size) return length
  return Number(index < 0n ? index + size : index)
}

/** What Python takes apart into `count` variables: a list, the keys of a map, the characters of a text. */
export function unpack(argument: Value, count: number): readonly Value[] | undefined {
  const parts = isList(argument)
    ? argument
    : isMap(argument)
      ? [...argument.keys()]
      : typeof argument === 'string'
        ? [...argument]
        : undefined
  return parts?.length === count ? parts : undefined
}
