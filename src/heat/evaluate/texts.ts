import { createHash } from 'node:crypto'
import { compareText, dumps, isList, isMap, str, strip, toInt, truthy, typeName } from '../python.ts'
import { jsonValue } from '../read/json.ts'
import { SyntaxProblem } from '../read/problem.ts'
import type { Key, Value } from '../types.ts'
import { firstStop, items, placeOf, step, TextBuilder, unpack, whole } from './helpers.ts'
import {
  type Deps,
  failure,
  HOLE,
  hole,
  join,
  known,
  NO_DEPS,
  type Result,
  scalar,
  settle,
  withDeps,
} from './result.ts'
import { evaluate, evaluateAlone, type Scope, spend, type TemplateFunction } from './scope.ts'

const UNSORTABLE = 'a map whose keys are texts and others cannot become JSON'
/** What Python splits at when it is told nothing. */
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/

/*
 * Functions that make or take apart text. A part that is not known leaves a hole in the text, not nothing.
 */

/** `[delimiter, list]`; numbers and booleans in the list are errors. */
export const joinOne: TemplateFunction = (scope, argument, name) => joinLists(scope, argument, name, false)
/** `[delimiter, list, list …]`; maps and lists inside become JSON. */
export const joinMany: TemplateFunction = (scope, argument, name) => joinLists(scope, argument, name, true)

function joinLists(scope: Scope, argument: Value, name: string, many: boolean): Result {
  if (!isList(argument) || (many ? argument.length < 2 : argument.length !== 2))
    return failure(`${name} needs a delimiter and a list`)
  const delimiter = evaluateAlone(scope, argument[0]!)
  const lists = argument.slice(1).map((list) => evaluateAlone(scope, list))
  const early = [delimiter, ...lists].find((part) => part.kind === 'error')
  if (early) return early
  let deps = join(NO_DEPS, delimiter.deps)
  const parts: Result[] = []
  for (const list of lists) {
    deps = join(deps, list.deps)
    if (list.kind === 'hole') parts.push(list)
    else if (list.kind === 'list') for (const item of items(list)!) parts.push(item)
    else if (list.kind === 'scalar' && (list.value === null || (many && !truthy(list.value)))) continue
    else if (!(list.kind === 'map' && many && list.entries.size === 0))
      return failure(`${name} needs a list to join`, deps)
  }
  const between = delimiter.kind === 'scalar' ? delimiter.value : undefined
  if (delimiter.kind !== 'hole' && typeof between !== 'string')
    return failure(`${name} needs a text as its delimiter`, deps)
  const text = new TextBuilder(deps)
  for (const [i, part] of parts.entries()) {
    if (i > 0) {
      if (typeof between === 'string') {
        spend(scope.budget, 0, between.length)
        text.add(between)
      } else text.addHole(delimiter)
    }
    text.deps = join(text.deps, part.deps)
    if (part.kind === 'error') return { ...part, deps: text.deps }
    if (part.kind === 'hole') text.addHole(part)
    else if (part.kind === 'scalar') {
      if (part.value === null) continue
      if (typeof part.value !== 'string')
        return failure(`${name}: items to join must be texts, not ${typeName(part.value)}`, text.deps)
      spend(scope.budget, 1, part.value.length)
      text.add(part.value)
    } else {
      if (!many)
        return failure(
          `${name}: items to join must be texts, not ${part.kind === 'map' ? 'a map' : 'a list'}`,
          text.deps,
        )
      const inner = settle(part)
      text.deps = join(text.deps, inner.deps)
      if (inner.status === 'error') return failure(inner.error!, text.deps)
      const json = dumps(inner.value)
      if (json === undefined) return failure(`${name}: ${UNSORTABLE}`, text.deps)
      spend(scope.budget, 1, json.length)
      if (inner.status === 'resolved') text.add(json)
      else text.addHole(hole(inner.deps, json.replaceAll('\\ufffc', HOLE)))
    }
  }
  return text.result()
}

export const select: TemplateFunction = (scope, argument, name) => {
  const both = unpack(argument, 2)
  if (both === undefined) return failure(`${name} needs an index and a list`)
  const index = evaluateAlone(scope, both[0]!)
  const from = evaluateAlone(scope, both[1]!)
  const stop = firstStop([index, from])
  if (stop) return stop
  const deps = join(index.deps, from.deps)
  const key: Key | undefined = index.kind === 'scalar' ? index.value : undefined
  let source = from
  if (from.kind === 'scalar') {
    if (from.value === '' || from.value === null) return scalar('', deps)
    if (typeof from.value !== 'string') return failure(`${name} needs a list or a map to choose from`, deps)
    spend(scope.budget, 1, from.value.length)
    const parsed = readJson(from.value)
    if (parsed === undefined) return failure(`${name} cannot choose from a text that is not JSON`, deps)
    source = known(parsed, from.deps)
  } else {
    // What is not known beside the answer does not matter, what is wrong there does.
    const settled = settle(from)
    if (settled.status === 'error') return failure(settled.error!, join(deps, settled.deps))
  }
  if (source.kind === 'map') {
    if (typeof key !== 'string') return failure(`${name} needs a text to choose from a map`, deps)
    const found = source.entries.get(key)?.()
    return found === undefined || found.kind === 'nothing' ? scalar('', deps) : withDeps(found, deps)
  }
  if (source.kind === 'scalar' && source.value === null) return scalar('', deps)
  if (source.kind !== 'list') return failure(`${name} needs a list or a map to choose from`, deps)
  const place = toInt(key ?? null)
  if (place === undefined) return failure(`${name} needs a number to choose from a list`, deps)
  return withDeps(step(source, place) ?? scalar(''), deps)
}

function readJson(text: string): Value | undefined {
  try {
    return jsonValue(text)
  } catch (problem) {
    if (!(problem instanceof SyntaxProblem)) throw problem
    return undefined
  }
}

/** `Fn::Split`: `[delimiter, text]`, the delimiter written out. */
export const split: TemplateFunction = (scope, argument, name) => {
  if (!isList(argument) || argument.length !== 2) return failure(`${name} needs a delimiter and a text`)
  const [delimiter] = argument
  const text = evaluateAlone(scope, argument[1]!)
  const stop = firstStop([text])
  if (stop) return stop
  if (typeof delimiter !== 'string' || delimiter === '')
    return failure(`${name} needs a text as its delimiter`, text.deps)
  if (text.kind !== 'scalar' || typeof text.value !== 'string')
    return failure(`${name} needs a text to split`, text.deps)
  const pieces = text.value.split(delimiter)
  spend(scope.budget, pieces.length, text.value.length)
  return known(pieces, text.deps)
}

/** `str_split`: `[delimiter, text, index?]`. No delimiter: at white space. No text: nothing. */
export const strSplit: TemplateFunction = (scope, argument, name) => {
  const list = evaluate(scope, argument)
  const parts = items(list)
  if (typeof argument === 'string' || parts === undefined || parts.length < 2)
    return firstStop([list]) ?? failure(`${name} needs a delimiter and a text`)
  const stop = firstStop(parts)
  if (stop) return stop
  const deps = parts.map((part) => part.deps).reduce(join, list.deps)
  const [delimiter, text, index] = parts.map((part) => (part.kind === 'scalar' ? part.value : undefined))
  if (text === null) return scalar(null, deps)
  if (typeof text !== 'string') return failure(`${name} needs a text to split`, deps)
  if ((delimiter !== null && typeof delimiter !== 'string') || delimiter === '')
    return failure(`${name} needs a text as its delimiter`, deps)
  const pieces = delimiter === null ? words(text) : text.split(delimiter)
  spend(scope.budget, pieces.length, text.length)
  if (parts.length === 2) return known(pieces, deps)
  const at = toInt(index ?? null)
  const piece = at === undefined ? undefined : pieces[placeOf(at, pieces.length)]
  return piece === undefined
    ? failure(
        `${name}: there is no item ${index === undefined || deps.hidden.size > 0 ? '' : str(index)}`,
        deps,
      )
    : scalar(piece, deps)
}

function words(text: string): string[] {
  const stripped = strip(text)
  return stripped === '' ? [] : stripped.split(SPACES)
}

export type ReplaceMode = 'texts' | 'json' | 'strict' | 'vstrict'

/** `str_replace` in its four kinds, and `Fn::Replace` (`[map, text]`). */
export function replace(mode: ReplaceMode): TemplateFunction {
  return (scope, argument, name) => {
    let template: Result
    let params: Result
    if (name === 'Fn::Replace') {
      if (!isList(argument) || argument.length !== 2) return failure(`${name} needs a map and a text`)
      params = evaluateAlone(scope, argument[0]!)
      template = evaluateAlone(scope, argument[1]!)
    } else {
      if (!isMap(argument) || !argument.has('template') || !argument.has('params'))
        return failure(`${name} needs 'template' and 'params'`)
      template = evaluateAlone(scope, argument.get('template')!)
      params = evaluateAlone(scope, argument.get('params')!)
    }
    const broken = [template, params].find((part) => part.kind === 'error')
    if (broken) return broken
    const deps = join(template.deps, params.deps)
    if (params.kind === 'hole') return hole(deps, template.kind === 'hole' ? template.text : HOLE)
    if (params.kind !== 'map') return failure(`${name} needs a map of replacements`, deps)
    const text =
      template.kind === 'hole' ? template.text : template.kind === 'scalar' ? template.value : undefined
    if (typeof text !== 'string') return failure(`${name} needs a text as its template`, deps)
    return substitute(scope, name, mode, { text, open: template.kind === 'hole' }, params.entries, deps)
  }
}

function substitute(
  scope: Scope,
  name: string,
  mode: ReplaceMode,
  template: { text: string; open: boolean },
  entries: ReadonlyMap<Key, () => Result>,
  allDeps: Deps,
): Result {
  let deps = allDeps
  let open = template.open
  const values = new Map<string, string>()
  for (const [key, item] of entries) {
    if (typeof key !== 'string' || key === '') return failure(`${name}: a placeholder must be a text`, deps)
    const part = item()
    deps = join(deps, part.deps)
    // An `if` without an else that is false takes its placeholder with it.
    if (part.kind === 'nothing') continue
    const value = replacement(part, name, mode)
    if ('stop' in value) return withDeps(value.stop, deps)
    deps = join(deps, value.deps)
    if (mode === 'vstrict' && value.text === '')
      return failure(`${name}: the value of '${key}' is empty`, deps)
    open ||= value.open
    values.set(key, value.text)
  }
  const placeholders = [...values.keys()].sort((a, b) => [...b].length - [...a].length || compareText(a, b))
  const unused = new Set(placeholders)
  // Pieces of the template that may still hold placeholders, between texts that are done.
  let pieces: { text: string; done: boolean }[] = [{ text: template.text, done: false }]
  for (const placeholder of placeholders) {
    const next: { text: string; done: boolean }[] = []
    for (const piece of pieces) {
      // To look through a text is work, even where nothing is found.
      if (!piece.done) spend(scope.budget, piece.text.length >> 7)
      const parts = piece.done ? [piece.text] : piece.text.split(placeholder)
      if (parts.length > 1) unused.delete(placeholder)
      spend(scope.budget, parts.length, (parts.length - 1) * values.get(placeholder)!.length)
      for (const [i, text] of parts.entries()) {
        if (i > 0) next.push({ text: values.get(placeholder)!, done: true })
        next.push({ text, done: piece.done })
      }
    }
    pieces = next
  }
  if ((mode === 'strict' || mode === 'vstrict') && unused.size > 0 && !template.open)
    return failure(`${name}: the placeholder '${[...unused][0]}' is not in the template`, deps)
  const text = pieces.map((piece) => piece.text).join('')
  return open ? hole(deps, text) : scalar(text, deps)
}

type Replacement =
  | { readonly text: string; readonly open: boolean; readonly deps: Deps }
  | { readonly stop: Result }

function replacement(
  part: Exclude<Result, { kind: 'nothing' }>,
  name: string,
  mode: ReplaceMode,
): Replacement {
  if (part.kind === 'hole') return { text: part.text, open: true, deps: part.deps }
  if (part.kind === 'error') return { stop: part }
  if (part.kind === 'scalar')
    return { text: part.value === null ? '' : str(part.value), open: false, deps: part.deps }
  if (mode === 'texts')
    return {
      stop: failure(
        `${name}: a replacement must be a text or a number, not ${part.kind === 'map' ? 'a map' : 'a list'}`,
      ),
    }
  const inner = settle(part)
  if (inner.status === 'error') return { stop: failure(inner.error!, inner.deps) }
  const empty = mode === 'vstrict' && (part.kind === 'list' ? part.items.length : part.entries.size) === 0
  const json = empty ? '' : dumps(inner.value)
  if (json === undefined) return { stop: failure(`${name}: ${UNSORTABLE}`, inner.deps) }
  return { text: json.replaceAll('\\ufffc', HOLE), open: inner.status !== 'resolved', deps: inner.deps }
}

/** Names that Python knows, as this program's library calls them. */
const ALGORITHMS = new Map(
  ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'ripemd160', 'sm3', 'md5-sha1'].map((name) => [
    name,
    name,
  ]),
)
for (const bits of ['224', '256', '384', '512']) ALGORITHMS.set(`sha3_${bits}`, `sha3-${bits}`)
for (const bits of ['224', '256']) ALGORITHMS.set(`sha512_${bits}`, `sha512-${bits}`)
ALGORITHMS.set('blake2b', 'blake2b512').set('blake2s', 'blake2s256')

export const digest: TemplateFunction = (scope, argument, name) => {
  const args = whole(evaluateAlone(scope, argument))
  if ('stop' in args) return args.stop
  const [algorithm, text] = isList(args.value) && args.value.length === 2 ? args.value : []
  if (typeof algorithm !== 'string' || typeof text !== 'string')
    return failure(`${name} needs an algorithm and a text`, args.deps)
  const known = ALGORITHMS.get(algorithm) ?? ALGORITHMS.get(plainCase(algorithm))
  if (known === undefined)
    return failure(`${name} does not know the algorithm '${algorithm.slice(0, 40)}'`, args.deps)
  // The engine encodes as Latin-1.
  if (/[^\0-\xff]/.test(text)) return failure(`${name} takes only characters of Latin-1`, args.deps)
  spend(scope.budget, 1, text.length)
  return scalar(createHash(known).update(text, 'latin1').digest('hex'), args.deps)
}

/** Only names that OpenSSL has, too, may be written in capitals. */
function plainCase(algorithm: string): string {
  const lower = algorithm.toLowerCase()
  return /^sha3_|^blake/.test(lower) ? algorithm : lower
}

/** Heat hands the text on as it is: encoding is the cloud's business. */
export const base64: TemplateFunction = (scope, argument, name) => {
  const result = evaluateAlone(scope, argument)
  const text = result.kind === 'scalar' && typeof result.value === 'string'
  return text || result.kind === 'hole' || result.kind === 'error'
    ? result
    : failure(`${name} needs a text`, result.deps)
}
