import { HOLE, hole, NO_DEPS, type Reference, type Result, settle } from '../evaluate/result.ts'
import type { Found } from '../instances/findings.ts'
import { down } from '../instances/properties.ts'
import { property, TemplateScope } from '../template/scope.ts'
import type { Key, UserData, UserDataKind } from '../types.ts'
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

/** What an instance is handed at boot, references followed. */
export function describeUserData(found: Found): UserDataFinding {
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
  const texts = parts.map((part) => part.text?.full ?? '')
  const first = result.kind === 'hole' && result.refers && parts.length === 1 ? parts[0]!.kind : undefined
  const summary: UserData = {
    kind:
      first ??
      (parts.length > 1 || (result.kind === 'hole' && result.refers) ? 'mime' : (parts[0]?.kind ?? 'other')),
    format,
    runsCfnInit: texts.some((text) => /(?:^|[\s/"';&|(`])cfn-init(?:[\s"';&|)`]|$)/.test(text)),
    configSets: [...new Set(texts.flatMap(configSets))],
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

/** Sets named by `-c` in calls of cfn-init. */
function configSets(text: string): string[] {
  const joined = text.replace(/\\\r?\n/g, ' ')
  return [...joined.matchAll(/cfn-init\b([^\n;&|]*)/g)].flatMap((call) => {
    const named = /(?:^|\s)(?:-c|--configsets)(?:\s+|=)(["']?)([^\s"']+)\1/.exec(call[1]!)
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
): void {
  if (result.kind === 'hole' && result.refers && result.text === HOLE) {
    if (depth < 5) follow(parts, result.refers, depth)
    return
  }
  const text = textOf(result, again)
  if (text === undefined) {
    parts.push({ kind: 'other', scope, place, structured: false })
    return
  }
  const kind = textKind(text.full)
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

/** Goes on at a software config resource. */
function follow(parts: Part[], refers: Reference, depth: number): void {
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
  if (type === 'OS::Heat::CloudConfig') {
    const config = property(properties, 'cloud_config') ?? hole(NO_DEPS)
    parts.push({ kind: 'cloud-config', config, scope, place: place('cloud_config'), structured: true })
  } else if (type === 'OS::Heat::SoftwareConfig') {
    const config = property(properties, 'config')
    if (config !== undefined) collect(parts, config, masked('config'), scope, place('config'), depth + 1)
  } else if (type === 'OS::Heat::MultipartMime') {
    const list = property(properties, 'parts')
    if (list?.kind !== 'list') return
    for (const [i, item] of list.items.entries()) {
      const config = property(item(), 'config')
      if (config === undefined) continue
      const again: Again = (mask) => {
        const other = masked('parts')(mask)
        return other?.kind === 'list' && other.items[i] ? property(other.items[i](), 'config') : undefined
      }
      collect(parts, config, again, scope, [...place('parts'), BigInt(i), 'config'], depth + 1)
    }
  } else parts.push({ kind: 'other', scope, place: place('config'), structured: false })
}

/** What cloud-init makes of a text, by its first line. */
export function textKind(text: string): UserDataKind {
  const head = text.startsWith('\ufeff') ? text.slice(1) : text
  if (/^## template: ?jinja/.test(head)) return 'jinja'
  if (head.startsWith('#cloud-config')) return 'cloud-config'
  if (head.startsWith('#!')) return 'script'
  if (head.startsWith('#include')) return 'include'
  if (/^#ps1|^rem cmd/i.test(head)) return 'windows'
  if (/^(?:Content-Type|MIME-Version):/i.test(head)) return 'mime'
  if (/^\s*\{/.test(head) && /"ignition"\s*:/.test(head)) return 'ignition'
  return 'other'
}
