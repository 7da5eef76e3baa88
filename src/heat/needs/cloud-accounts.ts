import { type Result, settle } from '../evaluate/result.ts'
import { isList, str } from '../python.ts'
import type { Need, Value } from '../types.ts'
import type { Made } from './cloud-config.ts'
import {
  entriesOf,
  has,
  isHidden,
  isSaneName,
  isSanePath,
  itemsOf,
  numberAt,
  shownAt,
  textAt,
  valueAt,
} from './parts.ts'

/** `groups`: names, maps of a name and its members, or names in one text. */
export function groupNeeds(value: Result, made: Made): Need[] {
  if (value.kind === 'scalar' && typeof value.value === 'string') {
    if (isHidden(value)) return [groupNeed('', '#0', undefined, value, made)]
    return value.value.split(',').map((name) => groupNeed(name.trim(), name.trim(), undefined, value, made))
  }
  if (value.kind === 'map') return fromMap(value, made)
  const list = itemsOf(value)
  if (list === undefined)
    return [{ kind: 'other', name: 'groups', ...made('groups', value, { why: 'it is not a list' }) }]
  return list.flatMap((item, i): Need[] => {
    if (item.kind === 'map') return fromMap(item, made)
    const hidden = isHidden(item)
    const name = hidden || item.kind !== 'scalar' || item.value === null ? '' : str(item.value)
    return [groupNeed(name, name || `#${i}`, undefined, item, made)]
  })
}

function fromMap(map: Result, made: Made): Need[] {
  return entriesOf(map).map(({ name, label, result }) => {
    const { value, deps } = settle(result)
    return groupNeed(name, label, deps.hidden.size > 0 ? undefined : value, result, made)
  })
}

function groupNeed(
  name: string,
  label: string,
  members: Value | undefined,
  result: Result,
  made: Made,
): Need {
  const names = isList(members ?? null)
    ? (members as readonly Value[]).map((member) => str(member))
    : typeof members === 'string'
      ? [members]
      : []
  const why = !isSaneName(name)
    ? 'its name is not one for a group'
    : names.every(isSaneName)
      ? undefined
      : 'its members are not names of users'
  return {
    kind: 'group',
    name,
    ...(names.length > 0 ? { members: names } : {}),
    ...made(`groups/${label}`, result, { why }),
  }
}

/** What is each instance's own. */
const PERSONAL = [
  'passwd',
  'hashed_passwd',
  'plain_text_passwd',
  'ssh_authorized_keys',
  'ssh-authorized-keys',
  'ssh_import_id',
  'ssh_redirect_user',
  'sudo',
  'doas',
  'snapuser',
]

/** What a recipe says of a user, and what makes no difference to one that cannot log in and has no home of its own. */
const KNOWN = new Set([
  ...['name', 'system', 'uid', 'homedir', 'shell', 'groups', 'gecos'],
  ...['lock_passwd', 'lock-passwd', 'no_create_home', 'no-create-home', 'create_groups'],
])

/** `users`: maps, or names of users that cloud-init sets up by itself. */
export function userNeeds(value: Result, made: Made): Need[] {
  if (value.kind === 'map')
    return entriesOf(value).map(({ name, label, result }) => userNeed(result, name, label, made))
  const list = itemsOf(value)
  if (list !== undefined)
    return list.map((item, i) => {
      const name =
        item.kind !== 'scalar'
          ? (shownAt(item, 'name') ?? '')
          : isHidden(item) || item.value === null
            ? ''
            : str(item.value)
      return userNeed(item, name, String(i), made)
    })
  const never = 'users without a description are set up at boot'
  return [{ kind: 'other', name: 'users', ...made('users', value, { never }) }]
}

function userNeed(item: Result, name: string, label: string, made: Made): Need {
  const personal = PERSONAL.find((key) => has(item, key))
  const odd = entriesOf(item).find((entry) => !KNOWN.has(entry.name) && !PERSONAL.includes(entry.name))
  const system = valueAt(item, 'system') === true
  const value = valueAt(item, 'groups')
  const groups = (
    isList(value ?? null)
      ? (value as readonly Value[]).map((group) => str(group))
      : typeof value === 'string'
        ? value.split(',')
        : []
  ).map((group) => group.trim())
  const uid = numberAt(item, 'uid')
  const home = textAt(item, 'homedir')
  const shell = textAt(item, 'shell')
  const why =
    item.kind === 'scalar'
      ? 'it is a user of the image, which cloud-init sets up'
      : personal !== undefined
        ? `it has ${personal}, which is each instance's own`
        : !system
          ? 'it is not a system user'
          : !isSaneName(name)
            ? 'its name is not one for a user'
            : odd !== undefined
              ? `it has ${odd.name || 'a hidden key'}, which Kiln does not set`
              : uid === undefined && has(item, 'uid')
                ? 'its uid is not a number'
                : [home, shell].some((path) => path !== undefined && !isSanePath(path))
                  ? 'its home or shell is not a path'
                  : groups.every(isSaneName)
                    ? undefined
                    : 'its groups are not names of groups'
  const made1 = made(`users/${label}`, item, { why })
  const visible = !made1.hidden
  return {
    kind: 'user',
    name,
    system,
    groups: visible ? groups : [],
    ...(uid === undefined || !visible ? {} : { uid }),
    ...(home === undefined || !visible || !isSanePath(home) ? {} : { home }),
    ...(shell === undefined || !visible || !isSanePath(shell) ? {} : { shell }),
    ...made1,
  }
}
