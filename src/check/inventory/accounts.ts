import type { Group, User } from './types.ts'

const rows = (text: string) =>
  text
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(':'))

const numbered = (text: string | undefined) => text !== undefined && /^\d{1,10}$/.test(text)

/** Users of an `/etc/passwd`, by name. */
export function usersOf(passwd: string): User[] {
  return rows(passwd)
    .filter(([name, , uid, gid]) => name && numbered(uid) && numbered(gid))
    .map(([name, , uid, gid, , home = '', shell = '']) => ({
      name: name!,
      uid: Number(uid),
      gid: Number(gid),
      home,
      shell,
    }))
    .sort(byName)
}

/** Groups of an `/etc/group`, by name. */
export function groupsOf(group: string): Group[] {
  return rows(group)
    .filter(([name, , gid]) => name && numbered(gid))
    .map(([name, , gid, members = '']) => ({
      name: name!,
      gid: Number(gid),
      members: members.split(',').filter(Boolean).sort(),
    }))
    .sort(byName)
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
