import type { Placed } from '../analyse.ts'
import { INIT } from '../needs/cfn-init.ts'
import { describeUserData, type Part } from '../needs/user-data.ts'
import { isList, isMap, str } from '../python.ts'
import { type Entry, follow, type MapNode, type Node } from '../read/nodes.ts'
import { SyntaxProblem } from '../read/problem.ts'
import { parseYaml } from '../read/yaml.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Choice, Key, Need, Value } from '../types.ts'
import { type Change, removeEntries } from './edits.ts'
import { type Located, locate } from './locate.ts'

/** What leaves a template: the changes of its text, and the keys that are gone from its data. */
export interface Removal {
  readonly scope: TemplateScope
  readonly changes: readonly Change[]
  /** Paths of entries that are gone. */
  readonly gone: readonly (readonly Key[])[]
  /** A text that has become another, by its path. */
  readonly texts: readonly { readonly path: readonly Key[]; readonly text: string }[]
  /** By instance, the needs that are gone from its list: a part may have another number in each. */
  readonly needs: ReadonlyMap<string, readonly string[]>
}

const SECTIONS = ['packages', 'groups', 'users', 'sources']
const BAKED = 'it is in the image now'

/** Needs of a choice that may leave the template. */
function leaves(need: Need, choice: Choice): boolean {
  return need.removable && need.bake && (choice.baked === 'all' || choice.baked.has(need.id))
}

/** Sections of `AWS::CloudFormation::Init` that are wholly in the image. */
export function initRemovals(placed: Placed, choice: Choice): Removal[] {
  const { found, instance } = placed
  const { scope } = found
  const needs = instance.needs.filter((need) => need.from === 'cfn-init' && need.config !== undefined)
  const wanted = new Map<string, string[]>()
  for (const config of new Set(needs.map((need) => need.config!))) {
    for (const section of SECTIONS) {
      const prefix = `cfn:${config}/${section}/`
      const inside = needs.filter((need) => need.id.startsWith(prefix))
      if (inside.length > 0 && inside.every((need) => leaves(need, choice)))
        wanted.set(config, [...(wanted.get(config) ?? []), section])
    }
  }
  if (wanted.size === 0 || readsMetadata(scope, String(found.place[1]))) return []
  const metadata = found.place.length > 2 ? 'metadata' : scope.template.words.metadata
  const out: Removal[] = []
  for (const [config, sections] of wanted) {
    const place = locate(scope, [...found.place, metadata, INIT, config])
    if (place === undefined || place.shared || place.node.kind !== 'map') continue
    const map = place.node
    const plain = sections.filter((section) => isPlain(scope, map, section))
    const gone = (entry: Entry) => plain.includes(str(entry.name))
    const changes = removeEntries(scope.template.document.text, map, place.entry, gone, BAKED)
    if (changes === undefined || changes.length === 0) continue
    const prefixes = plain.map((section) => `cfn:${config}/${section}/`)
    const ids = needs.map((need) => need.id).filter((id) => prefixes.some((prefix) => id.startsWith(prefix)))
    out.push({
      scope,
      changes,
      gone: plain.map((section) => [...place.path, section]),
      texts: [],
      needs: new Map([[instance.path, ids]]),
    })
  }
  return out
}

/** Written here, all of it: no alias, no `<<`, no anchor that others may use, no function as the section itself. */
function isPlain(scope: TemplateScope, map: MapNode, section: string): boolean {
  const entry = map.entries.get(section)
  if (entry === undefined || entry.merged || entry.value.kind !== 'map') return false
  const names = [...entry.value.entries.keys()]
  return (
    !(names.length === 1 && typeof names[0] === 'string' && scope.functions.has(names[0])) &&
    !hasAnchor(scope, entry)
  )
}

/** An anchor inside what would be removed may be used elsewhere. */
function hasAnchor(scope: TemplateScope, entry: Entry): boolean {
  const { text, syntax } = scope.template.document
  return syntax === 'yaml' && /(?:^|[\s[{,:])&[0-9A-Za-z_-]+/.test(text.slice(entry.key.end, entry.value.end))
}

/** Some expression looks at this resource's metadata. */
function readsMetadata(scope: TemplateScope, resource: string): boolean {
  const stack: Value[] = [scope.template.document.value]
  const seen = new Set<Value>()
  while (stack.length > 0) {
    const value = stack.pop()!
    if (value === null || typeof value !== 'object' || seen.has(value)) continue
    seen.add(value)
    if (isMap(value) && value.size === 1) {
      const argument = value.get('get_attr') ?? value.get('Fn::GetAtt')
      const parts =
        typeof argument === 'string'
          ? argument.split('.')
          : isList(argument ?? null)
            ? (argument as readonly Value[])
            : []
      if (parts[0] === resource && typeof parts[1] === 'string' && /^metadata/i.test(parts[1])) return true
    }
    for (const child of value.values()) stack.push(child as Value)
  }
  return false
}

/** A cloud-config and the instances that get it. */
export interface SharedPart {
  readonly part: Part
  readonly index: number
  readonly users: { readonly placed: Placed; readonly choice: Choice }[]
}

/** The cloud-configs of all instances with a choice, each once. `others`: instances without one use it too, then it must stay. */
export function cloudConfigs(
  all: readonly { readonly placed: Placed; readonly choice: Choice | undefined }[],
): SharedPart[] {
  const parts = new Map<string, { shared: SharedPart; blocked: boolean }>()
  for (const { placed, choice } of all) {
    for (const [index, part] of describeUserData(placed.found).parts.entries()) {
      if (!part.config) continue
      const use = placed.found.uses.at(-1)?.path ?? ''
      const key = `${use}\0${part.scope.path}\0${part.place.map((k) => str(k)).join('\0')}`
      const held = parts.get(key) ?? { shared: { part, index, users: [] }, blocked: false }
      if (choice === undefined) held.blocked = true
      else held.shared.users.push({ placed, choice })
      parts.set(key, held)
    }
  }
  return [...parts.values()].filter((held) => !held.blocked).map((held) => held.shared)
}

/** `packages` of a cloud-config, with `package_update`, if all of them are in the images of all that get it. */
export function cloudRemoval({ part, users }: SharedPart): Removal | undefined {
  const ids = new Map<string, readonly string[]>()
  for (const { placed, choice } of users) {
    const index = describeUserData(placed.found).parts.findIndex(
      (other) => other.place === part.place || samePlace(other, part),
    )
    const prefix = `cloud${index === 0 ? '' : index}:packages`
    const needs = placed.instance.needs.filter((need) => need.id.startsWith(prefix))
    if (needs.length === 0 || !needs.every((need) => leaves(need, choice))) return undefined
    ids.set(
      placed.instance.path,
      needs.map((need) => need.id),
    )
  }
  const keys = new Set(['packages', 'package_update'])
  return part.structured ? fromMap(part, keys, ids) : fromText(part, keys, ids)
}

function samePlace(a: Part, b: Part): boolean {
  return (
    a.scope === b.scope && a.place.length === b.place.length && a.place.every((key, i) => key === b.place[i])
  )
}

function fromMap(part: Part, keys: ReadonlySet<string>, needs: Removal['needs']): Removal | undefined {
  const place = locate(part.scope, part.place)
  if (place === undefined || place.shared || place.node.kind !== 'map') return undefined
  const map = place.node
  const packages = map.entries.get('packages')
  if (packages === undefined || packages.merged || packages.value.kind === 'alias') return undefined
  if (hasAnchor(part.scope, packages)) return undefined
  const gone = (entry: Entry) => keys.has(str(entry.name)) && !hasAnchor(part.scope, entry)
  const changes = removeEntries(part.scope.template.document.text, map, place.entry, gone, BAKED)
  if (changes === undefined || changes.length === 0) return undefined
  const paths = map.written.filter(gone).map((entry) => [...place.path, entry.name])
  return { scope: part.scope, changes, gone: paths, texts: [], needs }
}

/** Functions that fill placeholders of a template in. */
const REPLACING: ReadonlySet<Key> = new Set(['str_replace', 'str_replace_strict', 'str_replace_vstrict'])

interface LiteralText {
  readonly node: Node
  readonly path: readonly Key[]
  readonly text: string
  /** What is filled in: no line that holds one of these may go. */
  readonly placeholders: readonly string[]
}

/** The block of text at a place: itself, or the template of a `str_replace`. undefined: it is written in another way. */
function literalText(scope: TemplateScope, place: Located): LiteralText | undefined {
  const { node, path } = place
  if (node.kind === 'scalar') return literalOf(node, path, [])
  if (node.kind !== 'map' || node.entries.size !== 1) return undefined
  const [name, entry] = [...node.entries][0]!
  if (!REPLACING.has(name) || !scope.functions.has(str(name)) || entry.merged) return undefined
  if (entry.value.kind !== 'map') return undefined
  const template = entry.value.entries.get('template')
  const params = entry.value.entries.get('params')
  if (template === undefined || template.merged || params?.value.kind !== 'map') return undefined
  const placeholders = [...params.value.entries.keys()].map((key) => str(key))
  return literalOf(template.value, [...path, name, 'template'], placeholders)
}

function literalOf(
  node: Node,
  path: readonly Key[],
  placeholders: readonly string[],
): LiteralText | undefined {
  if (node.kind !== 'scalar' || node.style !== '|' || typeof node.value !== 'string') return undefined
  return { node, path, text: node.value, placeholders }
}

/** From a literal `user_data: |`, or one that is filled in: whole lines only, line by line the same in the text and in the template. */
function fromText(part: Part, keys: ReadonlySet<string>, needs: Removal['needs']): Removal | undefined {
  const place = locate(part.scope, part.place)
  const literal = place === undefined || place.shared ? undefined : literalText(part.scope, place)
  if (literal === undefined) return undefined
  const inner = literal.text
  const map = readMap(inner)
  if (map === undefined || map.flow) return undefined
  const changes = removeEntries(inner, map, undefined, (entry) => keys.has(str(entry.name)), BAKED)?.map(
    (change) => (change.text === '' ? change : emptyMap(inner, change)),
  )
  if (changes === undefined || changes.length === 0) return undefined
  const { text: source } = part.scope.template.document
  const firstLine = source.indexOf('\n', literal.node.start) + 1
  if (firstLine === 0) return undefined
  const out: Change[] = []
  let text = ''
  let at = 0
  for (const change of changes) {
    if (
      change === undefined ||
      (change.start > 0 && inner[change.start - 1] !== '\n') ||
      (inner[change.end - 1] !== '\n' && change.end !== inner.length)
    )
      return undefined
    const start = lineOffset(source, firstLine, lines(inner, change.start))
    // The last line may have no line break: at the end of the file, or where `|-` takes it away.
    const open = change.end === inner.length && !inner.endsWith('\n')
    const end = lineOffset(source, firstLine, lines(inner, change.end) + (open ? 1 : 0))
    const written = source.slice(start, end)
    const [indent] = /^[ \t]*/.exec(written)!
    const newline = /\r?\n$/.exec(written)?.[0] ?? ''
    const put = change.text === '' ? '' : `${indent}${change.text.trimEnd()}${newline}`
    out.push({ start, end, text: put, why: BAKED })
    const gone = inner.slice(change.start, change.end)
    if (literal.placeholders.some((placeholder) => gone.includes(placeholder))) return undefined
    text += inner.slice(at, change.start) + change.text
    at = change.end
  }
  text += inner.slice(at)
  if (/^\|\d?-/.test(source.slice(literal.node.start, literal.node.start + 3)))
    text = text.replace(/\n+$/, '')
  return { scope: part.scope, changes: out, gone: [], texts: [{ path: literal.path, text }], needs }
}

/**
 * A cloud-config of nothing is `{}`: cloud-init complains of one without any. `change` puts that in place of a whole map;
 * the answer does so with whole lines, undefined if there is something else on them.
 */
function emptyMap(inner: string, change: Change): Change | undefined {
  if (inner[change.end - 1] === '\n') return { ...change, text: `${change.text}\n` }
  const newline = inner.indexOf('\n', change.end)
  const end = newline < 0 ? inner.length : newline + 1
  if (inner.slice(change.end, end).trim() !== '') return undefined
  return { ...change, end, text: newline < 0 ? change.text : `${change.text}\n` }
}

function readMap(text: string): MapNode | undefined {
  try {
    const node = parseYaml(text)
    const real = node === undefined ? undefined : follow(node)
    return real?.kind === 'map' ? real : undefined
  } catch (problem) {
    if (problem instanceof SyntaxProblem) return undefined
    throw problem
  }
}

function lines(text: string, end: number): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count++
  return count
}

function lineOffset(source: string, from: number, count: number): number {
  let at = from
  for (let i = 0; i < count; i++) {
    const newline = source.indexOf('\n', at)
    if (newline < 0) return source.length
    at = newline + 1
  }
  return at
}
