import { HOLE, hole, NO_DEPS, type Reference, type Result, settle, withDeps } from '../evaluate/result.ts'
import type { Found } from '../instances/findings.ts'
import { down } from '../instances/properties.ts'
import { property, TemplateScope } from '../template/scope.ts'
import type { Key, UserData, UserDataKind, Value } from '../types.ts'
import { maskedProperty, type Text, textOf, yamlResult } from './taint.ts'

/** One part of what the instance is handed: user data itself, or what it refers to. */
export interface Part {
  readonly kind: UserDataKind
  /** A cloud-config's map. */
  readonly config?: Result
  readonly text?: Text
  /** Why a cloud-config cannot be read. */
  readonly problem?: string
  /** Where it stands: the template and the keys from its root to the expression. */
  readonly scope: TemplateScope
  readonly place: readonly Key[]
  /** A map (`OS::Heat::CloudConfig`) rather than text. */
  readonly structured: boolean
}

export interface UserDataFinding {
  readonly summary: UserData
  readonly parts: readonly Part[]
}

const described = new WeakMap<Found, UserDataFinding>()

/** What an instance is handed at boot, references followed. Worked out once. */
export function describeUserData(found: Found): UserDataFinding {
  let finding = described.get(found)
  if (finding === undefined) {
    finding = userDataOf(found)
    described.set(found, finding)
  }
  return finding
}

function userDataOf(found: Found): UserDataFinding {
  const { kind } = found
  const result = down(found.properties, kind.userData)
  const format = kind.aws
    ? 'HEAT_CFNTOOLS'
    : formatOf(down(found.properties, siblingOf(kind.userData, 'user_data_format')))
  if (result === undefined || (result.kind === 'scalar' && (result.value === null || result.value === ''))) {
    const summary: UserData = {
      kind: 'none',
      format,
      runsCfnInit: false,
      configSets: [],
      runtime: false,
      missing: false,
    }
    return { summary, parts: [] }
  }
  const place = [...found.place, found.scope.template.words.properties, ...kind.userData.split('.')]
  const innerPlace =
    found.place.length > 2 ? [...found.place, 'properties', ...kind.userData.split('.')] : place
  const parts: Part[] = []
  collect(parts, result, (mask) => maskedProperty(found, kind.userData, mask), found.scope, innerPlace, 0)
  const { deps } = settle(result)
  // Without hidden values: which sets are asked for decides what is baked.
  const calls = parts.flatMap((part) => initCalls(part.text?.unhidden ?? ''))
  const first = result.kind === 'hole' && result.refers && parts.length === 1 ? parts[0]!.kind : undefined
  const summary: UserData = {
    kind:
      first ??
      (parts.length > 1 || (result.kind === 'hole' && result.refers) ? 'mime' : (parts[0]?.kind ?? 'other')),
    format,
    runsCfnInit: calls.length > 0,
    configSets: calls.every((sets) => sets.length === 0)
      ? []
      : [...new Set(calls.flatMap((sets) => (sets.length === 0 ? ['default'] : sets)))],
    runtime: deps.runtime.size > 0,
    missing: deps.missing.size > 0,
  }
  return { summary, parts }
}

function siblingOf(path: string, name: string): string {
  const dot = path.lastIndexOf('.')
  return dot < 0 ? name : `${path.slice(0, dot)}.${name}`
}

function formatOf(result: Result | undefined): UserData['format'] {
  if (result === undefined || (result.kind === 'scalar' && result.value === null)) return 'HEAT_CFNTOOLS'
  if (result.kind !== 'scalar') return 'unknown'
  const { value } = result
  return value === 'RAW' || value === 'SOFTWARE_CONFIG' || value === 'HEAT_CFNTOOLS' ? value : 'unknown'
}

/** The calls of cfn-init in a text, each as the sets that it names with `-c`. What stands in a comment is none. */
function initCalls(text: string): string[][] {
  const joined = text.replace(/\\\r?\n/g, ' ').replace(/^[ \t]*#(?!!).*$/gm, '')
  const calls = joined.matchAll(/(?:^|[\s/"'`;&|([,])cfn-init(?=[\s"'`;&|)\],]|$)([^\n;&|]*)/gm)
  return [...calls].map((call) => {
    const named = /(?:^|[\s"',])(?:-c|--configsets)["']?(?:[\s,]+|=)(["']?)([^\s"']+)\1/.exec(call[1]!)
    return named ? named[2]!.split(',').filter(Boolean) : []
  })
}

type Again = (mask: 'hidden' | 'all') => Result | undefined

function collect(
  parts: Part[],
  result: Result,
  again: Again,
  scope: TemplateScope,
  place: readonly Key[],
  depth: number,
  declared?: UserDataKind,
): void {
  if (result.kind === 'hole' && result.refers && result.text === HOLE) {
    follow(parts, result.refers, depth, declared)
    return
  }
  const text = textOf(result, again)
  if (text === undefined) {
    parts.push({ kind: 'other', scope, place, structured: false })
    return
  }
  const looked = textKind(text.full)
  // Windows looks at the text, whatever a part is called.
  const kind = declared === undefined || looked === 'windows' ? looked : declared
  if (kind !== 'cloud-config') {
    parts.push({ kind, text, scope, place, structured: false })
    return
  }
  const config = yamlResult(text)
  parts.push(
    'problem' in config
      ? { kind, text, problem: config.problem, scope, place, structured: false }
      : { kind, text, config, scope, place, structured: false },
  )
}

/** Multipart messages in each other go no deeper. */
const DEEPEST = 5

/** Goes on at a software config resource. `declared`: what the part that refers to it says it is. */
function follow(parts: Part[], refers: Reference, depth: number, declared?: UserDataKind): void {
  const { scope, resource } = refers
  if (!(scope instanceof TemplateScope)) return
  const { words } = scope.template
  const type = scope.resource(resource)?.get(words.type)
  const place = (name: string): Key[] => [
    scope.version.kind === 'hot' ? 'resources' : 'Resources',
    resource,
    words.properties,
    name,
  ]
  const properties = scope.properties(resource)
  const masked =
    (name: string): Again =>
    (mask) =>
      property(scope.masked(mask).properties(resource), name)
  const other = (name: string) => parts.push({ kind: 'other', scope, place: place(name), structured: false })
  if (type === 'OS::Heat::CloudConfig') {
    const config = property(properties, 'cloud_config') ?? hole(NO_DEPS)
    // Its text begins with #cloud-config, so only another declared kind makes something else of it.
    if (declared !== undefined && declared !== 'cloud-config') other('cloud_config')
    else parts.push({ kind: 'cloud-config', config, scope, place: place('cloud_config'), structured: true })
  } else if (type === 'OS::Heat::SoftwareConfig') {
    const config = property(properties, 'config')
    if (config !== undefined && depth < DEEPEST)
      collect(parts, config, masked('config'), scope, place('config'), depth + 1, declared)
  } else if (type !== 'OS::Heat::MultipartMime') other('config')
  else if (declared !== undefined || depth >= DEEPEST) other('parts')
  else {
    const list = property(properties, 'parts')
    if (list?.kind === 'list') for (const i of list.items.keys()) followPart(parts, list, i, refers, depth)
    else if (list !== undefined && !(list.kind === 'scalar' && list.value === null)) other('parts')
  }
}

/** One part of a multipart message. */
function followPart(
  parts: Part[],
  list: Result & { readonly kind: 'list' },
  i: number,
  { scope: owner, resource }: Reference,
  depth: number,
): void {
  const scope = owner as TemplateScope
  const { words } = scope.template
  const place: Key[] = [
    scope.version.kind === 'hot' ? 'resources' : 'Resources',
    resource,
    words.properties,
    'parts',
    BigInt(i),
    'config',
  ]
  const item = withDeps(list.items[i]!(), list.deps)
  const config = property(item, 'config')
  if (config === undefined) return
  const again: Again = (mask) => {
    const other = property(scope.masked(mask).properties(resource), 'parts')
    return other?.kind === 'list' && other.items[i] ? property(other.items[i](), 'config') : undefined
  }
  if (textIn(item, 'type') !== 'multipart') {
    const declared = declaredKind(item)
    const mime =
      config.kind === 'hole' && config.refers && typeOf(config.refers) === 'OS::Heat::MultipartMime'
    // A multipart message in a part of text is not taken apart.
    if (mime) parts.push({ kind: 'mime', scope, place, structured: false })
    else collect(parts, config, again, scope, place, depth + 1, declared)
  } else collect(parts, config, again, scope, place, depth + 1)
}

function typeOf({ scope, resource }: Reference): Value | undefined {
  return scope instanceof TemplateScope ? scope.resource(resource)?.get(scope.template.words.type) : undefined
}

function textIn(map: Result, name: string): string {
  const value = property(map, name)
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : ''
}

const SUBTYPES: ReadonlyMap<string, UserDataKind> = new Map([
  ['cloud-config', 'cloud-config'],
  ['x-shellscript', 'script'],
  ['x-include-url', 'include'],
  ['x-include-once-url', 'include'],
  ['jinja2', 'jinja'],
])

/** What the subtype of a part makes of it, or its file name without one; plain text is looked at. */
function declaredKind(item: Result): UserDataKind | undefined {
  const filename = textIn(item, 'filename')
  const subtype = textIn(item, 'subtype') || filename.replace(/(?!^)\.[^.]*$/, '')
  return subtype === '' || subtype === 'plain' ? undefined : (SUBTYPES.get(subtype) ?? 'other')
}

/** What cloud-init makes of a text, by its first line. */
export function textKind(text: string): UserDataKind {
  const head = text.startsWith('\ufeff') ? text.slice(1) : text
  if (/^## template: ?jinja/.test(head)) return 'jinja'
  // A patch of one, or a list of parts, begins so too.
  if (head.startsWith('#cloud-config')) return /^#cloud-config-\w/.test(head) ? 'other' : 'cloud-config'
  if (head.startsWith('#!')) return 'script'
  if (head.startsWith('#include')) return 'include'
  if (/^#ps1|^rem cmd/i.test(head)) return 'windows'
  if (/^(?:Content-Type|MIME-Version):/i.test(head)) return 'mime'
  if (/^\s*\{/.test(head) && /"ignition"\s*:/.test(head)) return 'ignition'
  return 'other'
}
