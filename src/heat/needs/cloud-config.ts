import { gunzipSync } from 'node:zlib'
import { items } from '../evaluate/helpers.ts'
import { type Result, settle } from '../evaluate/result.ts'
import { isList, isMap, str } from '../python.ts'
import { property } from '../template/scope.ts'
import type { FileNeed, Key, Need, Value } from '../types.ts'
import {
  type BaseInput,
  base,
  decode,
  entriesOf,
  isHidden,
  isSaneName,
  isSanePath,
  numberAt,
  shownAt,
  textAt,
  valueAt,
} from './parts.ts'

/** What only makes sense when the instance boots. */
const AT_BOOT = new Map<string, string>([
  ['runcmd', 'commands are run at boot'],
  ['bootcmd', 'commands are run at boot'],
  ['package_update', 'package lists are fetched at boot, if anything is installed there'],
  ['package_upgrade', 'upgrading is asked for at boot'],
  ['package_reboot_if_required', 'it belongs to upgrading at boot'],
])

const LARGEST_FILE = 4 * 1024 * 1024

/** What cloud-init would do. `part` tells several cloud-configs apart; `blocked`: why none of it is baked. */
export function cloudConfigNeeds(config: Result, part: number, blocked: string | undefined): Need[] {
  const made: Made = (rest, result, extra = {}) => {
    const settled = settle(result)
    return base({
      id: `cloud${part === 0 ? '' : part}:${rest}`,
      from: 'cloud-config',
      deps: settled.deps,
      status: settled.status,
      ...extra,
      why: blocked ?? extra.why,
    })
  }
  if (config.kind !== 'map') {
    if (config.kind === 'scalar') return []
    return [{ kind: 'other', name: 'cloud-config', ...made('config', config, { why: 'it is not a map' }) }]
  }
  const needs: Need[] = []
  for (const [key, value] of entriesOf(config)) {
    if (value.kind === 'scalar' && value.value === null) continue
    switch (key) {
      case 'packages':
        needs.push(...packages(value, made))
        break
      case 'write_files':
        needs.push(...list(value).map((item, i) => fileNeed(item, i, made)))
        break
      case 'groups':
        needs.push(...groups(value, made))
        break
      case 'users':
        needs.push(...list(value).map((item, i) => userNeed(item, i, made)))
        break
      case 'apt':
        for (const [name, entry] of entriesOf(property(value, 'sources')))
          needs.push(repository('apt', name, entry, made))
        for (const [name, entry] of entriesOf(value))
          if (name !== 'sources')
            needs.push({
              kind: 'other',
              name: `apt.${name}`,
              ...made(`apt/${name}`, entry, { never: 'it is set up at boot' }),
            })
        break
      case 'yum_repos':
        for (const [name, entry] of entriesOf(value)) needs.push(repository('yum', name, entry, made))
        break
      case 'zypper':
        for (const [i, entry] of list(property(value, 'repos')).entries())
          needs.push(repository('zypper', shownAt(entry, 'id') ?? String(i), entry, made))
        break
      case 'runcmd':
      case 'bootcmd':
        needs.push({ kind: 'command', name: key, ...made(key, value, { never: AT_BOOT.get(key)! }) })
        break
      default:
        needs.push({
          kind: 'other',
          name: key,
          ...made(key, value, { never: AT_BOOT.get(key) ?? 'it is set up at boot' }),
        })
    }
  }
  return needs
}

type Made = (rest: string, result: Result, extra?: Partial<BaseInput>) => ReturnType<typeof base>

function list(result: Result | undefined): Result[] {
  return result === undefined ? [] : (items(result) ?? [])
}

function packages(value: Result, made: Made): Need[] {
  if (value.kind !== 'list')
    return [{ kind: 'other', name: 'packages', ...made('packages', value, { why: 'it is not a list' }) }]
  const needs: Need[] = []
  const one = (item: Result, at: string, manager: 'any' | 'apt' | 'snap' | 'other', managerName: string) => {
    const settled = settle(item)
    const pair = isList(settled.value) ? settled.value : [settled.value]
    const name = pair[0] === null || pair[0] === undefined || typeof pair[0] === 'object' ? '' : str(pair[0])
    const version = pair[1]
    const versions =
      version === undefined || version === null || typeof version === 'object' ? [] : [str(version)]
    const why =
      manager === 'snap' || manager === 'other'
        ? `${managerName} packages are installed at boot`
        : isSaneName(name)
          ? versions.every((text) => /^[A-Za-z0-9_.+:~^*-]+$/.test(text))
            ? undefined
            : 'its version is not one for a package'
          : 'its name is not one for a package'
    const made1 = made(`packages/${at}`, item, { why, removable: true })
    const open = settled.status !== 'resolved' || made1.hidden
    needs.push({
      kind: 'package',
      manager,
      managerName,
      name: made1.hidden ? '' : name,
      versions: open ? [] : versions,
      ...made1,
    })
  }
  for (const [i, item] of list(value).entries()) {
    if (item.kind !== 'map') one(item, String(i), 'any', 'cloud-config')
    for (const [manager, inner] of item.kind === 'map' ? entriesOf(item) : [])
      for (const [k, name] of list(inner).entries())
        one(
          name,
          `${i}/${manager}/${k}`,
          manager === 'apt' || manager === 'snap' ? manager : 'other',
          manager,
        )
  }
  return needs
}

function fileNeed(item: Result, index: number, made: Made): Need {
  const settled = settle(item)
  const isStatic = settled.status === 'resolved'
  const path = shownAt(item, 'path') ?? ''
  const append = valueAt(item, 'append')
  const written = valueAt(item, 'permissions')
  const mode = modeOf(written)
  const body = valueAt(item, 'content')
  const text = body === undefined ? '' : body === null ? '' : str(body)
  const content =
    isMap(body ?? null) || isList(body ?? null)
      ? undefined
      : decode(text, textAt(item, 'encoding') ?? '', gunzip)
  const [owner, group] = (textAt(item, 'owner') ?? '').split(':')
  const why = !isSanePath(path)
    ? 'its path is not one for a file in an image'
    : append !== undefined && append !== null && append !== false
      ? 'it is appended to what the image has'
      : property(item, 'source') !== undefined
        ? 'it is downloaded at boot'
        : written !== undefined && written !== null && mode === undefined
          ? 'its permissions are not an octal number'
          : content === undefined
            ? 'its content or encoding is not known'
            : undefined
  const made1 = made(`write_files/${index}`, item, { why })
  const need: FileNeed = {
    kind: 'file',
    path,
    static: isStatic,
    ...(isStatic && !made1.hidden && content !== undefined ? { content } : {}),
    ...(mode === undefined ? {} : { mode }),
    ...(owner ? { owner } : {}),
    ...(group ? { group } : {}),
    ...made1,
  }
  return need
}

/** cloud-init takes a number as it is and a text as octal. */
function modeOf(value: Value | undefined): number | undefined {
  if (typeof value === 'bigint' && value >= 0n && value <= 0o7777n) return Number(value)
  if (typeof value === 'string' && /^(?:0o)?[0-7]{1,5}$/.test(value))
    return Number.parseInt(value.replace(/^0o/, ''), 8) & 0o7777
  return undefined
}

function gunzip(data: Uint8Array): Uint8Array | undefined {
  try {
    return gunzipSync(data, { maxOutputLength: LARGEST_FILE })
  } catch {
    return undefined
  }
}

function groups(value: Result, made: Made): Need[] {
  const one = (name: string, members: Value | undefined, result: Result): Need => {
    const names = isList(members ?? null)
      ? (members as readonly Value[]).map((member) => str(member))
      : typeof members === 'string'
        ? [members]
        : []
    const why = isSaneName(name) ? undefined : 'its name is not one for a group'
    return {
      kind: 'group',
      name,
      ...(names.length > 0 ? { members: names } : {}),
      ...made(`groups/${name}`, result, { why }),
    }
  }
  if (value.kind === 'map')
    return entriesOf(value).map(([name, members]) => one(name, settle(members).value, members))
  if (value.kind === 'scalar' && typeof value.value === 'string')
    return value.value.split(/\s*,\s*/).map((name) => one(isHidden(value) ? '' : name, undefined, value))
  return list(value).flatMap((item): Need[] => {
    if (item.kind === 'map')
      return entriesOf(item).map(([name, members]) => one(name, settle(members).value, members))
    return item.kind === 'scalar' && item.value !== null
      ? [one(isHidden(item) ? '' : str(item.value), undefined, item)]
      : []
  })
}

const PERSONAL = [
  'passwd',
  'hashed_passwd',
  'plain_text_passwd',
  'ssh_authorized_keys',
  'ssh_import_id',
  'ssh_redirect_user',
  'sudo',
  'doas',
  'snapuser',
]

function userNeed(item: Result, index: number, made: Made): Need {
  const name =
    item.kind !== 'scalar' ? (shownAt(item, 'name') ?? '') : isHidden(item) ? '' : str(item.value as Key)
  const personal = PERSONAL.find((key) => property(item, key) !== undefined)
  const system = valueAt(item, 'system') === true
  const groupsValue = valueAt(item, 'groups')
  const list1 = isList(groupsValue ?? null)
    ? (groupsValue as readonly Value[]).map((group) => str(group))
    : typeof groupsValue === 'string'
      ? groupsValue.split(/\s*,\s*/)
      : []
  const uid = numberAt(item, 'uid')
  const home = textAt(item, 'homedir')
  const shell = textAt(item, 'shell')
  const why =
    item.kind === 'scalar'
      ? 'it is the default user of the image, which cloud-init sets up'
      : personal !== undefined
        ? `it has ${personal}, which is each instance's own`
        : !system
          ? 'it is not a system user'
          : isSaneName(name)
            ? undefined
            : 'its name is not one for a user'
  return {
    kind: 'user',
    name,
    system,
    groups: list1,
    ...(uid === undefined ? {} : { uid }),
    ...(home === undefined || !isSanePath(home) ? {} : { home }),
    ...(shell === undefined || !isSanePath(shell) ? {} : { shell }),
    ...made(`users/${index}`, item, { why }),
  }
}

function repository(system: 'apt' | 'yum' | 'zypper', name: string, entry: Result, made: Made): Need {
  const settled = settle(entry)
  const known = settled.status === 'resolved' && settled.deps.hidden.size === 0 && isMap(settled.value)
  return {
    kind: 'repository',
    system,
    name,
    entry: known ? (settled.value as ReadonlyMap<Key, Value>) : new Map(),
    ...made(`repositories/${system}/${name}`, entry, isMap(settled.value) ? {} : { why: 'it is not a map' }),
  }
}
