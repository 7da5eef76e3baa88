import { type Result, settle } from '../evaluate/result.ts'
import { isList, str } from '../python.ts'
import { property } from '../template/scope.ts'
import type { Need, PackageNeed, Value } from '../types.ts'
import { fileNeed } from './cfn-files.ts'
import type { Config } from './cfn-init.ts'
import {
  type BaseInput,
  base,
  entriesOf,
  has,
  isHidden,
  isNone,
  isSaneName,
  isSanePath,
  isSaneVersion,
  type Named,
  numberAt,
  textAt,
  valueAt,
} from './parts.ts'

const MANAGERS = new Set(['apt', 'yum', 'dnf', 'zypper', 'rubygems', 'python', 'rpm', 'dpkg'])
const INSTALLED = new Set(['apt', 'yum', 'dnf', 'zypper', 'rubygems', 'python'])

/** Makes what all needs have; `rest` names the need within its section. */
export type Made = (
  section: string,
  rest: string,
  result: Result,
  extra?: Partial<BaseInput>,
) => ReturnType<typeof base>

/** What one config asks for, section by section, in cfn-init's order. */
export function configNeeds(config: Config): Need[] {
  const { name, body, unused } = config
  const made: Made = (section, rest, result, extra = {}) => {
    const { deps, status } = settle(result)
    const id = `cfn:${name}/${section}/${rest}`
    return base({ id, from: 'cfn-init', config: name, deps, status, ...extra, why: unused ?? extra.why })
  }
  /** Entries of a map; one need that stands for all of it where it is none, or not known. */
  const entries = (map: Result | undefined, section: string, rest: string, what: string) => {
    if (map === undefined || isNone(map)) return { known: [], unknown: [] }
    if (map.kind === 'map') return { known: entriesOf(map), unknown: [] }
    const need: Need = {
      kind: 'other',
      name: what,
      ...made(section, `${rest}?`, map, { why: 'it is not a map' }),
    }
    return { known: [], unknown: [need] }
  }
  const whole = entries(body, 'config', '', `config ${name}`)
  if (whole.unknown.length > 0) return whole.unknown
  const needs: Need[] = []
  const section = (key: string, one: (entry: Named) => Need | Need[]) => {
    const { known, unknown } = entries(property(body, key), key, '', `${key} of the config ${name}`)
    needs.push(...unknown, ...known.flatMap(one))
  }
  section('packages', ({ name: manager, label, result }) => {
    const inner = entries(result, 'packages', `${label}/`, `packages (${manager || 'hidden'})`)
    return [...inner.unknown, ...inner.known.map((one) => packageNeed(manager, label, one, made))]
  })
  section('sources', (entry) => sourceNeed(entry, made))
  section('groups', (entry) => groupNeed(entry, made))
  section('users', (entry) => userNeed(entry, made))
  section('files', (entry) => fileNeed(entry, config, made))
  const commands: Need[] = []
  section('commands', ({ name: label, label: id, result }) => {
    const never = 'commands are run at boot, in the order of their labels'
    commands.push({ kind: 'command', name: label, ...made('commands', id, result, { never }) })
    return []
  })
  needs.push(...commands.sort((a, b) => (a.id < b.id ? -1 : 1)))
  section('services', ({ name: manager, label, result }) => {
    const inner = entries(result, 'services', `${label}/`, `services (${manager || 'hidden'})`)
    return [...inner.unknown, ...inner.known.map((one) => serviceNeed(manager, label, one, made))]
  })
  return needs
}

function packageNeed(
  manager: string,
  managerLabel: string,
  { name, label, result }: Named,
  made: Made,
): Need {
  const settled = settle(result)
  const value = settled.status === 'resolved' ? settled.value : null
  const written = (isList(value) ? value : value === null || value === '' ? [] : [value])
    .filter((version) => typeof version !== 'object')
    .map(str)
  const known: PackageNeed['manager'] = MANAGERS.has(manager) ? (manager as PackageNeed['manager']) : 'other'
  // apt and easy_install ignore versions in heat-cfntools, and so must the image.
  const versions = manager === 'apt' || manager === 'python' || settled.deps.hidden.size > 0 ? [] : written
  const why =
    manager === 'rpm' || manager === 'dpkg'
      ? `heat-cfntools does nothing with ${manager} packages`
      : !INSTALLED.has(manager)
        ? `heat-cfntools does not know the package manager ${manager}`
        : !isSaneName(name)
          ? 'its name is not one for a package'
          : versions.every(isSaneVersion)
            ? undefined
            : 'its version is not one for a package'
  const rest = `${managerLabel}/${label}`
  const made1 = made('packages', rest, result, { why, removable: true })
  return { kind: 'package', manager: known, managerName: manager, name, versions, ...made1 }
}

function sourceNeed({ name, label, result }: Named, made: Made): Need {
  const { status, value, deps } = settle(result)
  const url = status === 'resolved' && typeof value === 'string' && deps.hidden.size === 0 ? value : undefined
  const why = 'it is downloaded from a URL that no digest pins'
  return {
    kind: 'source',
    path: name,
    ...(url === undefined ? {} : { url }),
    ...made('sources', label, result, { why }),
  }
}

function groupNeed({ name, label, result }: Named, made: Made): Need {
  const gid = numberAt(result, 'gid')
  const why = !isSaneName(name)
    ? 'its name is not one for a group'
    : gid === undefined && has(result, 'gid')
      ? 'its gid is not a number'
      : undefined
  return {
    kind: 'group',
    name,
    ...(gid === undefined || isHidden(result) ? {} : { gid }),
    ...made('groups', label, result, { why, removable: true }),
  }
}

function userNeed({ name, label, result }: Named, made: Made): Need {
  const value = valueAt(result, 'groups')
  const groups = (
    isList(value ?? null)
      ? (value as readonly Value[]).map((group) => str(group))
      : typeof value === 'string'
        ? value.split(',')
        : []
  ).map((group) => group.trim())
  const uid = numberAt(result, 'uid')
  const home = textAt(result, 'homeDir')
  const visible = !isHidden(result)
  const why =
    !isSaneName(name) || (home === undefined ? has(result, 'homeDir') : !isSanePath(home))
      ? 'its name or home is not one for a user'
      : uid === undefined && has(result, 'uid')
        ? 'its uid is not a number'
        : groups.every(isSaneName)
          ? undefined
          : 'its groups are not names of groups'
  return {
    kind: 'user',
    name,
    groups: visible ? groups : [],
    shell: '/sbin/nologin',
    ...(uid === undefined || !visible ? {} : { uid }),
    ...(home === undefined || !visible ? {} : { home }),
    ...made('users', label, result, { why, removable: true }),
  }
}

function serviceNeed(
  manager: string,
  managerLabel: string,
  { name, label, result }: Named,
  made: Made,
): Need {
  const enabled = flag(valueAt(result, 'enabled'))
  const ensureRunning = flag(valueAt(result, 'ensureRunning'))
  const why = !isSaneName(name)
    ? 'its name is not one for a service'
    : enabled === undefined
      ? 'it does not say whether the service is enabled'
      : undefined
  // What restarts a running service (files, packages …) does not decide whether it is enabled.
  const parts = ['enabled', 'ensureRunning'].flatMap((key) => property(result, key) ?? [])
  const deciding: Result = { kind: 'list', items: parts.map((part) => () => part), deps: result.deps }
  return {
    kind: 'service',
    manager,
    name,
    ...(enabled === undefined ? {} : { enabled }),
    ...(ensureRunning === undefined ? {} : { ensureRunning }),
    ...made('services', `${managerLabel}/${label}`, deciding, { why }),
  }
}

/** `enabled: "true"` and its like. */
function flag(value: Value | undefined): boolean | undefined {
  if (value === undefined || value === null) return undefined
  return ['true', 'yes', '1', 'on'].includes(str(value).toLowerCase())
}
