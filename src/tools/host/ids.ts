import type { Finding, ReadText } from './finding.ts'
import { readText } from './read.ts'

/** A user needs this many besides his own; see `sandbox/ids.ts`. */
const NEEDED = 65535
/** Where Debian's tools begin to give out ranges, and how many they give. */
const FIRST = 100_000
const GIVEN = 65536

interface User {
  readonly uid: number
  readonly name: string
}

/** Whether `user` has subordinate user and group ids; root needs none of the files. */
export async function idsFinding(user: User, read: ReadText = readText): Promise<Finding> {
  const base = { id: 'ids', title: 'Subordinate ids' }
  if (user.uid === 0) return { ...base, state: 'ok', found: 'root maps a range of its own' }
  const tables = await Promise.all(['/etc/subuid', '/etc/subgid'].map((file) => read(file).then(entries)))
  const own = tables.map((table) => table.find((entry) => isOf(entry, user) && entry.count >= NEEDED))
  if (own[0] && own[1])
    return { ...base, state: 'ok', found: `${user.name} has ${own[0].count} from ${own[0].first} on` }
  const lacking = ['user', 'group'].filter((_, i) => !own[i])
  const free = Math.max(FIRST, ...tables.flat().map((entry) => entry.first + entry.count))
  const range = `${free}-${free + GIVEN - 1}`
  return {
    ...base,
    state: 'lacking',
    found: `${user.name} has no ${GIVEN} subordinate ${lacking.join(' and ')} ids`,
    remedy: `Let root run: usermod --add-subuids ${range} --add-subgids ${range} ${user.name}`,
  }
}

interface Entry {
  readonly name: string
  readonly first: number
  readonly count: number
}

/** Lines `name:first:count`. */
function entries(text = ''): Entry[] {
  return text.split('\n').flatMap((line) => {
    const match = /^([^:]+):(\d+):(\d+)\s*$/.exec(line)
    return match ? [{ name: match[1]!, first: Number(match[2]), count: Number(match[3]) }] : []
  })
}

function isOf(entry: Entry, user: User): boolean {
  return entry.name === user.name || entry.name === String(user.uid)
}
