import { type Result, settle } from '../evaluate/result.ts'
import { isMap } from '../python.ts'
import { property } from '../template/scope.ts'
import type { Key, Need, Value } from '../types.ts'
import { groupNeeds, userNeeds } from './cloud-accounts.ts'
import { fileNeed } from './cloud-files.ts'
import { packageNeeds } from './cloud-packages.ts'
import { type BaseInput, base, entriesOf, isHidden, isNone, itemsOf, shownAt } from './parts.ts'

/** What only makes sense when the instance boots. */
const AT_BOOT = new Map<string, string>([
  ['runcmd', 'commands are run at boot'],
  ['bootcmd', 'commands are run at boot'],
  ['package_update', 'package lists are fetched at boot, if anything is installed there'],
  ['package_upgrade', 'upgrading is asked for at boot'],
  ['package_reboot_if_required', 'it belongs to upgrading at boot'],
  ['merge_how', 'it says how parts are put together at boot'],
  ['merge_type', 'it says how parts are put together at boot'],
])

/** Makes what all needs have; `rest` names the need within its cloud-config. */
export type Made = (rest: string, result: Result, extra?: Partial<BaseInput>) => ReturnType<typeof base>

/** What is known of one cloud-config among others. */
export interface CloudPart {
  /** Tells several cloud-configs apart. */
  readonly part: number
  /** Why none of it is baked. */
  readonly blocked: string | undefined
  /** Keys that a later part replaces: cloud-init does not append unless it is told to. */
  readonly replaced: ReadonlySet<string>
}

/** What cloud-init would do. */
export function cloudConfigNeeds(config: Result, { part, blocked, replaced }: CloudPart): Need[] {
  const maker =
    (key: string): Made =>
    (rest, result, extra = {}) => {
      const { deps, status } = settle(result)
      const dead = replaced.has(key) ? `a later part of the user data replaces ${key}` : undefined
      return base({
        id: `cloud${part === 0 ? '' : part}:${rest}`,
        from: 'cloud-config',
        deps,
        status,
        ...extra,
        why: blocked ?? dead ?? extra.why,
      })
    }
  if (config.kind !== 'map') {
    if (config.kind === 'scalar' && config.value === null) return []
    const made = maker('')
    return [{ kind: 'other', name: 'cloud-config', ...made('config', config, { why: 'it is not a map' }) }]
  }
  return entriesOf(config).flatMap(({ name, label, result }): Need[] =>
    isNone(result) ? [] : keyNeeds(name, label, result, maker(name)),
  )
}

function keyNeeds(key: string, label: string, value: Result, made: Made): Need[] {
  const unread = (why: string): Need => ({ kind: 'other', name: key, ...made(label, value, { why }) })
  switch (key) {
    case 'packages':
      return packageNeeds(value, made)
    case 'write_files':
      return itemsOf(value)?.map((item, i) => fileNeed(item, i, made)) ?? [unread('it is not a list')]
    case 'groups':
      return groupNeeds(value, made)
    case 'users':
      return userNeeds(value, made)
    case 'apt':
      return aptNeeds(value, made)
    case 'yum_repos':
      if (value.kind !== 'map') return [unread('it is not a map')]
      return entriesOf(value).map((one) => repository('yum', one.name, one.label, one.result, made))
    case 'zypper':
      return zypperNeeds(value, made)
    case 'runcmd':
    case 'bootcmd':
      return [{ kind: 'command', name: key, ...made(key, value, { never: AT_BOOT.get(key)! }) }]
    default: {
      const never = AT_BOOT.get(key) ?? 'it is set up at boot'
      return [{ kind: 'other', name: key || 'a key of the cloud-config', ...made(label, value, { never }) }]
    }
  }
}

function aptNeeds(value: Result, made: Made): Need[] {
  const never = 'it is set up at boot'
  if (value.kind !== 'map') return [{ kind: 'other', name: 'apt', ...made('apt', value, { never }) }]
  return entriesOf(value).flatMap(({ name, label, result }): Need[] =>
    isNone(result)
      ? []
      : name === 'sources' && result.kind === 'map'
        ? entriesOf(result).map((one) => repository('apt', one.name, one.label, one.result, made))
        : [{ kind: 'other', name: `apt.${name || '(hidden)'}`, ...made(`apt/${label}`, result, { never }) }],
  )
}

function zypperNeeds(value: Result, made: Made): Need[] {
  const never = 'it is set up at boot'
  const repos = value.kind === 'map' ? itemsOf(property(value, 'repos')) : undefined
  const needs = (repos ?? []).map((entry, i) => {
    const name = shownAt(entry, 'id') ?? (isHidden(entry) ? '' : String(i))
    return repository('zypper', name, name || `#${i}`, entry, made)
  })
  if (value.kind !== 'map') return [{ kind: 'other', name: 'zypper', ...made('zypper', value, { never }) }]
  const others = entriesOf(value).filter(
    ({ name, result }) => !isNone(result) && !(name === 'repos' && repos !== undefined),
  )
  return [
    ...needs,
    ...others.map(({ name, label, result }): Need => {
      const called = `zypper.${name || '(hidden)'}`
      return { kind: 'other', name: called, ...made(`zypper/${label}`, result, { never }) }
    }),
  ]
}

function repository(
  system: 'apt' | 'yum' | 'zypper',
  name: string,
  label: string,
  entry: Result,
  made: Made,
): Need {
  const { status, value, deps } = settle(entry)
  const known = status === 'resolved' && deps.hidden.size === 0 && isMap(value)
  return {
    kind: 'repository',
    system,
    name,
    entry: known ? (value as ReadonlyMap<Key, Value>) : new Map(),
    ...made(`repositories/${system}/${label}`, entry, isMap(value) ? {} : { why: 'it is not a map' }),
  }
}
