import type { GroupNeed, UserNeed } from '../../heat/index.ts'
import { type Draft, type Fate, fault, stays } from './draft.ts'
import { isBaseAccount } from './files.ts'

export function bakeGroup(draft: Draft, need: GroupNeed): Fate {
  const members = need.members ?? []
  const absent = members.filter(
    (name) => !isBaseAccount(name) && !draft.users.some((user) => user.name === name),
  )
  if (absent.length > 0) return stays(`its member ${absent[0]} may be made at boot or by a package`)
  const group = {
    name: need.name,
    ...(need.gid === undefined ? {} : { gid: need.gid }),
    ...(need.system === undefined ? {} : { system: need.system }),
    members: [...members],
  }
  const invalid = fault('groups', group)
  if (invalid !== undefined) return stays(invalid)
  draft.groups.push(group)
  return 'baked'
}

export function bakeUser(draft: Draft, need: UserNeed): Fate {
  const absent = need.groups.filter(
    (name) =>
      !isBaseAccount(name) &&
      // Groups of the same instance are made first, if they can be.
      !draft.instance.needs.some((other) => other.kind === 'group' && other.bake && other.name === name),
  )
  if (absent.length > 0) return stays(`its group ${absent[0]} may be made at boot or by a package`)
  const user = {
    name: need.name,
    ...(need.uid === undefined ? {} : { uid: need.uid }),
    ...(need.home === undefined ? {} : { home: need.home }),
    // cfn-init makes users that cannot log in; so does Debian's own path for that program.
    ...(need.shell === undefined
      ? need.from === 'cfn-init'
        ? { shell: '/usr/sbin/nologin' }
        : {}
      : { shell: need.shell.replace(/^\/sbin\/nologin$/, '/usr/sbin/nologin') }),
    groups: [...need.groups],
    ...(need.system === undefined ? {} : { system: need.system }),
  }
  const invalid = fault('users', user)
  if (invalid !== undefined) return stays(invalid)
  draft.users.push(user)
  return 'baked'
}
