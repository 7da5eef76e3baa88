import type { GroupNeed, UserNeed } from '../../heat/index.ts'
import { type Draft, type Fate, fault, stays } from './draft.ts'
import { isBaseAccount } from './files.ts'

export function bakeGroup(draft: Draft, need: GroupNeed): Fate {
  const group = groupOf(need)
  const absent = group.members.filter(
    (name) => !isBaseAccount(name) && !draft.users.some((user) => user.name === name),
  )
  if (absent.length > 0) return stays(`its member ${absent[0]} may be made at boot or by a package`)
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
      !draft.instance.needs.some((other) => other.kind === 'group' && other.name === name && willBake(other)),
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

function groupOf(need: GroupNeed) {
  return {
    name: need.name,
    ...(need.gid === undefined ? {} : { gid: need.gid }),
    ...(need.system === undefined ? {} : { system: need.system }),
    members: [...(need.members ?? [])],
  }
}

/** A group with members waits for them, so nobody can wait for it. */
function willBake(need: GroupNeed): boolean {
  const group = groupOf(need)
  return (
    need.bake && !need.hidden && group.members.every(isBaseAccount) && fault('groups', group) === undefined
  )
}
