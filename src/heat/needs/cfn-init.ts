import { items } from '../evaluate/helpers.ts'
import { type Result, settle } from '../evaluate/result.ts'
import { dumpsIndented, isList, isMap, str } from '../python.ts'
import { property } from '../template/scope.ts'
import type { Need, PackageNeed, UserData, Value } from '../types.ts'
import {
  type BaseInput,
  base,
  decode,
  entriesOf,
  isSaneName,
  isSanePath,
  numberAt,
  textAt,
  valueAt,
} from './parts.ts'

/** The part of the metadata that cfn-init reads. */
export const INIT = 'AWS::CloudFormation::Init'

const MANAGERS = new Set(['apt', 'yum', 'dnf', 'zypper', 'rubygems', 'python', 'rpm', 'dpkg'])
const INSTALLED = new Set(['apt', 'yum', 'dnf', 'zypper', 'rubygems', 'python'])

interface Config {
  readonly name: string
  readonly body: Result
  /** Why nothing of it is baked. */
  readonly unused: string | undefined
  /** An earlier config of the same run has commands, which this one's files may build on. */
  readonly afterCommands: boolean
}

/** What cfn-init would do on this instance. */
export function cfnInitNeeds(metadata: Result, userData: UserData): Need[] {
  const init = property(metadata, INIT)
  if (init === undefined) return []
  if (init.kind !== 'map') {
    if (init.kind === 'scalar') return []
    const settled = settle(init)
    return [
      {
        kind: 'other',
        name: INIT,
        ...base({
          id: 'cfn:init',
          from: 'cfn-init',
          deps: settled.deps,
          status: settled.status,
          why: 'it is not a map',
        }),
      },
    ]
  }
  return configs(init, userData).flatMap(configNeeds)
}

/** Configs in the order that cfn-init takes them, those that no selected set names behind. */
function configs(init: Result, userData: UserData): Config[] {
  const bodies = new Map(entriesOf(init).filter(([name]) => name !== 'configSets'))
  const sets = property(init, 'configSets')
  const order = sets === undefined ? ['config'] : selected(sets, userData.configSets)
  const out: Config[] = []
  let commands = false
  for (const name of order) {
    const body = bodies.get(name)
    if (body === undefined || out.some((config) => config.name === name)) continue
    out.push({ name, body, unused: undefined, afterCommands: commands })
    if (entriesOf(property(body, 'commands')).length > 0) commands = true
  }
  for (const [name, body] of bodies)
    if (!order.includes(name))
      out.push({
        name,
        body,
        unused: `the user data asks for no set that holds the config ${name}`,
        afterCommands: commands,
      })
  return out
}

function selected(sets: Result, asked: readonly string[]): string[] {
  const names = asked.length === 0 ? ['default'] : asked
  // A name that is only known at run time may be any.
  const all = names.some((name) => name.includes('\ufffc')) ? entriesOf(sets).map(([name]) => name) : names
  const order: string[] = []
  const seen = new Set<string>()
  const add = (name: string) => {
    if (seen.has(name)) return
    seen.add(name)
    const set = property(sets, name)
    for (const item of set?.kind === 'list' ? items(set)! : set === undefined ? [] : [set]) {
      if (item.kind === 'scalar' && typeof item.value === 'string') order.push(item.value)
      const nested = property(item, 'ConfigSet')
      if (item.kind === 'map' && nested?.kind === 'scalar' && typeof nested.value === 'string')
        add(nested.value)
    }
  }
  for (const name of all) add(name)
  return order
}

function configNeeds(config: Config): Need[] {
  const { name, body, unused } = config
  const made = (section: string, rest: string, result: Result, extra: Partial<BaseInput> = {}) => {
    const settled = settle(result)
    return base({
      id: `cfn:${name}/${section}/${rest}`,
      from: 'cfn-init',
      config: name,
      deps: settled.deps,
      status: settled.status,
      ...extra,
      why: unused ?? extra.why,
    })
  }
  const needs: Need[] = []
  const section = (key: string) => entriesOf(property(body, key))
  for (const [manager, packages] of section('packages')) {
    for (const [packageName, version] of entriesOf(packages))
      needs.push(packageNeed(manager, packageName, version, made))
  }
  for (const [path, url] of section('sources')) {
    const address = settle(url)
    const text =
      address.status === 'resolved' && typeof address.value === 'string' && address.deps.hidden.size === 0
        ? address.value
        : undefined
    const why = 'it is downloaded from a URL that no digest pins'
    needs.push({
      kind: 'source',
      path,
      ...(text === undefined ? {} : { url: text }),
      ...made('sources', path, url, { why }),
    })
  }
  for (const [group, options] of section('groups')) {
    const gid = numberAt(options, 'gid')
    const why = isSaneName(group) ? undefined : 'its name is not one for a group'
    needs.push({
      kind: 'group',
      name: group,
      ...(gid === undefined ? {} : { gid }),
      ...made('groups', group, options, { why, removable: true }),
    })
  }
  for (const [user, options] of section('users')) needs.push(userNeed(user, options, made))
  for (const [path, file] of section('files')) needs.push(fileNeed(path, file, config, made))
  for (const [label, command] of section('commands').sort(([a], [b]) => (a < b ? -1 : 1)))
    needs.push({
      kind: 'command',
      name: label,
      ...made('commands', label, command, {
        never: 'commands are run at boot, in the order of their labels',
      }),
    })
  for (const [manager, services] of section('services')) {
    for (const [service, options] of entriesOf(services)) {
      const enabled = flag(valueAt(options, 'enabled'))
      const ensureRunning = flag(valueAt(options, 'ensureRunning'))
      const why = !isSaneName(service)
        ? 'its name is not one for a service'
        : enabled === undefined
          ? 'it does not say whether the service is enabled'
          : undefined
      const known = ['enabled', 'ensureRunning']
        .map((key) => property(options, key))
        .filter((value) => value !== undefined)
      const deciding: Result = { kind: 'list', items: known.map((value) => () => value), deps: options.deps }
      needs.push({
        kind: 'service',
        manager,
        name: service,
        ...(enabled === undefined ? {} : { enabled }),
        ...(ensureRunning === undefined ? {} : { ensureRunning }),
        ...made('services', `${manager}/${service}`, deciding, { why }),
      })
    }
  }
  return needs
}

type Made = (
  section: string,
  rest: string,
  result: Result,
  extra?: Partial<BaseInput>,
) => ReturnType<typeof base>

function packageNeed(manager: string, name: string, version: Result, made: Made): Need {
  const settled = settle(version)
  const value = settled.status === 'resolved' ? settled.value : null
  const versions = (isList(value) ? value : value === null || value === '' ? [] : [value])
    .filter((v) => typeof v !== 'object')
    .map(str)
  const known: PackageNeed['manager'] = MANAGERS.has(manager) ? (manager as PackageNeed['manager']) : 'other'
  const why =
    manager === 'rpm' || manager === 'dpkg'
      ? `heat-cfntools does nothing with ${manager} packages`
      : !INSTALLED.has(manager)
        ? `heat-cfntools does not know the package manager ${manager}`
        : !isSaneName(name)
          ? 'its name is not one for a package'
          : versions.some((text) => !/^[A-Za-z0-9_.+:~^*-]+$/.test(text))
            ? 'its version is not one for a package'
            : undefined
  // apt ignores versions in heat-cfntools, and so must the image.
  const kept = manager === 'apt' || manager === 'python' || settled.deps.hidden.size > 0 ? [] : versions
  return {
    kind: 'package',
    manager: known,
    managerName: manager,
    name,
    versions: kept,
    ...made('packages', `${manager}/${name}`, version, { why, removable: true }),
  }
}

function userNeed(name: string, options: Result, made: Made): Need {
  const groups = valueAt(options, 'groups')
  const list = isList(groups ?? null)
    ? (groups as readonly Value[])
    : typeof groups === 'string'
      ? groups.split(',')
      : []
  const uid = numberAt(options, 'uid')
  const home = textAt(options, 'homeDir')
  const why =
    isSaneName(name) && (home === undefined || isSanePath(home))
      ? undefined
      : 'its name or home is not one for a user'
  return {
    kind: 'user',
    name,
    groups: list.map((group) => str(group)),
    shell: '/sbin/nologin',
    ...(uid === undefined ? {} : { uid }),
    ...(home === undefined ? {} : { home }),
    ...made('users', name, options, { why, removable: true }),
  }
}

function fileNeed(path: string, file: Result, config: Config, made: Made): Need {
  const settled = settle(file)
  const isStatic = settled.status === 'resolved'
  const source = textAt(file, 'source')
  const written = valueAt(file, 'mode')
  const mode =
    typeof written === 'string' && /^[0-7]{1,6}$/.test(written) ? Number.parseInt(written, 8) : undefined
  const link = mode !== undefined && (mode & 0o170000) === 0o120000
  const body = valueAt(file, 'content')
  const text =
    body === undefined || body === null
      ? undefined
      : isMap(body) || isList(body)
        ? dumpsIndented(body)
        : str(body)
  const content =
    text === undefined ? undefined : decode(text, textAt(file, 'encoding') ?? 'plain', () => undefined)
  const why = !isSanePath(path)
    ? 'its path is not one for a file in an image'
    : config.afterCommands
      ? 'commands of an earlier config may be needed first'
      : source !== undefined
        ? 'it is downloaded from a URL that no digest pins'
        : property(file, 'context') !== undefined
          ? 'it is a template that is filled in at boot'
          : written !== undefined && written !== null && mode === undefined
            ? 'its mode is not an octal number in quotes, on which cfn-init stops'
            : content === undefined
              ? 'its content is not there or its encoding is not known'
              : undefined
  const made1 = made('files', path, file, { why })
  const visible = !made1.hidden && isStatic
  const owner = textAt(file, 'owner')
  const group = textAt(file, 'group')
  return {
    kind: 'file',
    path,
    static: isStatic,
    ...(visible && link && text !== undefined
      ? { linkTo: text }
      : visible && content !== undefined
        ? { content }
        : {}),
    ...(visible && source !== undefined ? { source } : {}),
    ...(mode === undefined ? {} : { mode: mode & 0o7777 }),
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...made1,
  }
}

/** `enabled: "true"` and its like. */
function flag(value: Value | undefined): boolean | undefined {
  if (value === undefined || value === null) return undefined
  return ['true', 'yes', '1', 'on'].includes(str(value).toLowerCase())
}
