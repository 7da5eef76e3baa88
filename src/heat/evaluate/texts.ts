import { createHash } from 'node:crypto'
import { compareText, dumps, isList, isMap, str, toInt, truthy, typeName } from '../python.ts'
import type { Key, Value } from '../types.ts'
import { firstStop, items, step, TextBuilder, whole } from './helpers.ts'
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
import { evaluate, type Scope, spend, type TemplateFunction } from './scope.ts'

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
  const delimiter = evaluate(scope, argument[0]!)
  const lists = argument.slice(1).map((list) => evaluate(scope, list))
  const early = [delimiter, ...lists].find((part) => part.kind === 'error')
  if (early) return early
  let deps = join(NO_DEPS, delimiter.deps)
  const parts: Result[] = []
  for (const list of lists) {
    deps = join(deps, list.deps)
    if (list.kind === 'hole') parts.push(list)
    else if (list.kind === 'list') parts.push(...items(list)!)
    else if (list.kind === 'scalar' && (list.value === null || (many && !truthy(list.value)))) continue
    else if (!(list.kind === 'map' && many && list.entries.size === 0))
      return failure(`${name} needs a list to join`, deps)
  }
  if (
    delimiter.kind !== 'hole' &&
    !(delimiter.kind === 'scalar' && (delimiter.value === null || typeof delimiter.value === 'string'))
  )
    return failure(`${name} needs a text as its delimiter`, deps)
  const text = new TextBuilder(deps)
  for (const [i, part] of parts.entries()) {
    if (i > 0) {
      if (delimiter.kind === 'hole') text.addHole(delimiter)
      else text.add((delimiter as { value: string | null }).value ?? '')
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
      spend(scope.budget, 1, json.length)
      if (inner.status === 'resolved') text.add(json)
      else text.addHole(hole(inner.deps, json.replaceAll('\\ufffc', HOLE)))
    }
  }
  return text.result()
}

export const select: TemplateFunction = (scope, argument, name) => {
  if (!isList(argument) || argument.length !== 2) return failure(`${name} needs an index and a list`)
  const index = evaluate(scope, argument[0]!)
  const from = evaluate(scope, argument[1]!)
  const stop = firstStop(index, from)
  if (stop) return stop
  const deps = join(index.deps, from.deps)
  const key: Key = index.kind === 'scalar' ? (toInt(index.value) ?? index.value) : null
  let source = from
  if (from.kind === 'scalar') {
    if (from.value === '' || from.value === null) return scalar('', deps)
    if (typeof from.value !== 'string') return failure(`${name} needs a list or a map to choose from`, deps)
    const parsed = readJson(from.value)
    if (parsed === undefined) return failure(`${name} cannot choose from a text that is not JSON`, deps)
    source = known(parsed, from.deps)
  }
  if (source.kind === 'map') {
    if (typeof key !== 'string') return failure(`${name} needs a text to choose from a map`, deps)
    return withDeps(source.entries.get(key)?.() ?? scalar(''), deps)
  }
  if (source.kind !== 'list')
    return source.kind === 'scalar' && source.value === null
      ? scalar('', deps)
      : failure(`${name} needs a list or a map to choose from`, deps)
  if (typeof key !== 'bigint') return failure(`${name} needs a number to choose from a list`, deps)
  return withDeps(step(source, key) ?? scalar(''), deps)
}

function readJson(text: string): Value | undefined {
  try {
    return plain(JSON.parse(text))
  } catch {
    return undefined
  }
}

function plain(data: unknown): Value {
  if (typeof data === 'number') return Number.isSafeInteger(data) ? BigInt(data) : data
  if (Array.isArray(data)) return data.map(plain)
  if (data !== null && typeof data === 'object')
    return new Map(Object.entries(data).map(([k, v]) => [k, plain(v)]))
  return data as Value
}

/** `[delimiter, text]`, and for `str_split` an index. */
export const split: TemplateFunction = (scope, argument, name) => {
  if (!isList(argument) || argument.length < 2 || argument.length > (name === 'str_split' ? 3 : 2))
    return failure(`${name} needs a delimiter and a text`)
  const parts = argument.map((part) => evaluate(scope, part))
  const stop = firstStop(...parts)
  if (stop) return stop
  const deps = parts.map((part) => part.deps).reduce(join, NO_DEPS)
  const [delimiter, text, index] = parts as [Result, Result, Result | undefined]
  if (delimiter.kind !== 'scalar' || typeof delimiter.value !== 'string' || delimiter.value === '')
    return failure(`${name} needs a text as its delimiter`, deps)
  if (text.kind !== 'scalar' || typeof text.value !== 'string')
    return failure(`${name} needs a text to split`, deps)
  const pieces = text.value.split(delimiter.value)
  spend(scope.budget, pieces.length, text.value.length)
  if (index === undefined) return known(pieces, deps)
  const at = index.kind === 'scalar' ? toInt(index.value) : undefined
  const piece = at === undefined || at < -9999n || at > 9_999_999n ? undefined : pieces.at(Number(at))
  return piece === undefined
    ? failure(`${name}: there is no item ${index.kind === 'scalar' ? str(index.value) : ''}`, deps)
    : scalar(piece, deps)
}

export type ReplaceMode = 'texts' | 'json' | 'strict' | 'vstrict'

/** `str_replace` in its four kinds, and `Fn::Replace` (`[map, text]`). */
export function replace(mode: ReplaceMode): TemplateFunction {
  return (scope, argument, name) => {
    let template: Result
    let params: Result
    if (name === 'Fn::Replace') {
      if (!isList(argument) || argument.length !== 2) return failure(`${name} needs a map and a text`)
      params = evaluate(scope, argument[0]!)
      template = evaluate(scope, argument[1]!)
    } else {
      if (!isMap(argument) || !argument.has('template') || !argument.has('params'))
        return failure(`${name} needs 'template' and 'params'`)
      template = evaluate(scope, argument.get('template')!)
      params = evaluate(scope, argument.get('params')!)
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

function replacement(part: Result, name: string, mode: ReplaceMode): Replacement {
  if (part.kind === 'hole') return { text: part.text, open: true, deps: part.deps }
  if (part.kind === 'error') return { stop: part }
  if (part.kind === 'nothing') return { text: '', open: false, deps: part.deps }
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
  const json = dumps(inner.value)
  return { text: json.replaceAll('\\ufffc', HOLE), open: inner.status !== 'resolved', deps: inner.deps }
}

const ALGORITHMS = new Set(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'])

export const digest: TemplateFunction = (scope, argument, name) => {
  if (!isList(argument) || argument.length !== 2) return failure(`${name} needs an algorithm and a text`)
  const args = whole(evaluate(scope, argument))
  if ('stop' in args) return args.stop
  const [algorithm, text] = args.value as [Value, Value]
  if (typeof algorithm !== 'string' || !ALGORITHMS.has(algorithm.toLowerCase()) || typeof text !== 'string')
    return failure(`${name} needs an algorithm it knows and a text`, args.deps)
  return scalar(createHash(algorithm.toLowerCase()).update(text).digest('hex'), args.deps)
}

/** Heat hands the text on as it is: encoding is the cloud's business. */
export const base64: TemplateFunction = (scope, argument, name) => {
  const result = evaluate(scope, argument)
  if (result.kind === 'scalar' && typeof result.value !== 'string')
    return failure(`${name} needs a text`, result.deps)
  if (result.kind === 'list' || result.kind === 'map') return failure(`${name} needs a text`, result.deps)
  return result
}

export const makeUrl: TemplateFunction = (scope, argument, name) => {
  if (!isMap(argument)) return failure(`${name} needs a map`)
  const args = whole(evaluate(scope, argument))
  if ('stop' in args) return args.stop
  const map = args.value as ReadonlyMap<Key, Value>
  const part = (key: string) => {
    const value = map.get(key)
    return value === undefined || value === null ? '' : str(value)
  }
  const user = part('username')
  const password = part('password')
  const host = part('host')
  const port = part('port')
  const credentials = user === '' ? '' : `${encode(user)}${password === '' ? '' : `:${encode(password)}`}@`
  const authority = `${credentials}${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}${port === '' ? '' : `:${port}`}`
  const path = part('path')
  const query = map.get('query')
  const pairs = isMap(query)
    ? [...query].map(([k, v]) => `${encode(str(k))}=${encode(str(v))}`).join('&')
    : ''
  const scheme = part('scheme')
  const text = [
    scheme === '' ? '' : `${scheme}:`,
    authority === '' ? '' : `//${authority}`,
    path === '' ? '' : `${authority !== '' && !path.startsWith('/') ? '/' : ''}${encodeURI(path)}`,
    pairs === '' ? '' : `?${pairs}`,
    part('fragment') === '' ? '' : `#${encode(part('fragment'))}`,
  ]
  return scalar(text.join(''), args.deps)
}

function encode(text: string): string {
  return encodeURIComponent(text)
}
