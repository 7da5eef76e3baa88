import type { Recipe } from '../../recipe/recipe.ts'
import { guestScript, type Stage } from '../stage.ts'

export type AccountsOptions = Pick<Recipe, 'groups' | 'users'>

/** Groups, then users. Those that are there already keep their ids and get what is missing. */
export const accountsStage: Stage<AccountsOptions> = {
  name: 'accounts',
  version: 1,
  async run({ groups, users }, context) {
    for (const group of groups)
      await guestScript(
        context,
        'name=$1; shift; getent group "$name" >/dev/null || groupadd "$@" -- "$name"',
        [
          group.name,
          ...(group.system ? ['--system'] : []),
          ...(group.gid === undefined ? [] : ['--gid', String(group.gid)]),
        ],
        failing(`making the group ${group.name}`),
      )
    for (const user of users)
      await guestScript(
        context,
        'name=$1; shift; if getent passwd "$name" >/dev/null; then exit 0; fi; useradd "$@" -- "$name"',
        [
          user.name,
          ...(user.system ? ['--system'] : ['--create-home']),
          ...(user.uid === undefined ? [] : ['--uid', String(user.uid)]),
          ...(user.home === undefined ? [] : ['--home-dir', user.home]),
          '--shell',
          user.shell ?? (user.system ? '/usr/sbin/nologin' : '/bin/bash'),
        ],
        failing(`making the user ${user.name}`),
      )
    const members = [
      ...groups.flatMap((group) => group.members.map((member) => [member, group.name] as const)),
      ...users.flatMap((user) => user.groups.map((group) => [user.name, group] as const)),
    ]
    for (const [member, group] of members)
      await guestScript(
        context,
        'gpasswd --add "$1" "$2" >/dev/null',
        [member, group],
        failing(`putting ${member} into the group ${group}`),
      )
  },
}

function failing(what: string) {
  return { what, code: 'KILN_ACCOUNT_FAILED' } as const
}
