import { compareText, isMap, str } from '../python.ts'
import type { Key, Value } from '../types.ts'

/** What a type stands for: another type, a template of ours, or nothing at all. */
export type Target =
  | { readonly kind: 'type'; readonly type: string }
  /** `from`: the file that the name is relative to. `entry` names the mapping: inside that template it does not count. */
  | { readonly kind: 'template'; readonly name: string; readonly from: string; readonly entry: string }
  | { readonly kind: 'loop' }

interface Registered {
  /** `*` at the end: every type that begins so. */
  readonly type: string
  readonly resource: string | undefined
  readonly value: string
  readonly from: string
}

const NONE: ReadonlySet<string> = new Set()
const REGISTERED_KEYS = new Set(['hooks', 'restricted_actions'])

/** `resource_registry` of all environments. */
export class Registry {
  readonly #entries = new Map<string, Registered>()

  /** Takes in one file's section. `from` is its path; names in it are relative to that, or to `base_url`. */
  add(section: ReadonlyMap<Key, Value>, from: string): void {
    const base = section.get('base_url')
    const origin = typeof base === 'string' && base !== '' ? `${base.replace(/\/?$/, '/')}.` : from
    for (const [key, value] of section) {
      if (key === 'base_url') continue
      if (key === 'resources' && isMap(value)) {
        for (const [resource, types] of value)
          if (isMap(types))
            for (const [type, target] of types) this.#put(str(type), str(resource), target, origin)
      } else this.#put(str(key), undefined, value, origin)
    }
  }

  #put(type: string, resource: string | undefined, value: Value, from: string): void {
    if (resource !== undefined && (REGISTERED_KEYS.has(type) || type === 'base_url')) return
    const key = keyOf(type, resource)
    if (typeof value === 'string') {
      this.#entries.set(key, { type, resource, value, from })
      return
    }
    if (value !== null) return
    // null takes back an earlier entry; with a `*` all that begin so.
    this.#entries.delete(key)
    if (!type.endsWith('*')) return
    for (const [other, entry] of this.#entries)
      if (entry.resource === resource && entry.type.startsWith(type.slice(0, -1))) this.#entries.delete(other)
  }

  /** What `type` means for the resource of that name. `without`: entries that do not count here. */
  resolve(type: string, resource: string, without: ReadonlySet<string> = NONE, depth = 0): Target {
    if (depth > MOST_STEPS) return { kind: 'loop' }
    let first: Target | undefined
    for (const entry of this.#candidates(type, resource, without)) {
      const target: Target = isTemplateName(entry.value)
        ? { kind: 'template', name: entry.value, from: entry.from, entry: keyOf(entry.type, entry.resource) }
        : this.resolve(nextType(entry, type), resource, without, depth + 1)
      if (target.kind !== 'type' || isBuiltIn(target.type)) return target
      // It leads to a type that does not exist: the engine tries what comes after it.
      first ??= target
    }
    return isBuiltIn(type) || first === undefined ? { kind: 'type', type } : first
  }

  /** For one resource before for all, then by spelling: `My::*` comes before `My::Thing`. */
  #candidates(type: string, resource: string, without: ReadonlySet<string>): Registered[] {
    const found: Registered[] = []
    for (const [key, entry] of this.#entries)
      if (!without.has(key) && fits(entry, type, resource)) found.push(entry)
    return found.sort(order)
  }
}

/** More mappings in a row are a circle. */
const MOST_STEPS = 20

/** A `*` counts for all resources only, and never stands for a template or for what it maps to itself. */
function fits(entry: Registered, type: string, resource: string): boolean {
  if (entry.resource !== undefined) return entry.resource === resource && entry.type === type
  if (entry.type === type) return true
  if (!entry.type.endsWith('*') || isTemplateName(entry.value) || entry.value === type) return false
  return type.startsWith(entry.type.slice(0, -1))
}

function nextType(entry: Registered, type: string): string {
  if (!entry.type.endsWith('*') || !entry.value.endsWith('*')) return entry.value
  return entry.value.slice(0, -1) + type.slice(entry.type.length - 1)
}

/** A type that some engine may have of its own; all others exist only as far as they are registered. */
function isBuiltIn(type: string): boolean {
  return /^(?:OS|AWS|Rackspace|Kiln|Docker)::[^*]*$/.test(type)
}

function keyOf(type: string, resource: string | undefined): string {
  return `${resource ?? ''}\0${type}`
}

function order(a: Registered, b: Registered): number {
  if ((a.resource === undefined) !== (b.resource === undefined)) return a.resource !== undefined ? -1 : 1
  return compareText(a.type, b.type)
}

/** True for what the engine takes for a template and not for a type. */
export function isTemplateName(name: string): boolean {
  return name.endsWith('.yaml') || name.endsWith('.template')
}
