import { readFile, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { inputError, isErrno, KilnError } from '../../core/error.ts'
import { lines, run, start } from '../run.ts'

/** How ids inside a sandbox map to ids of the host: inside 0 is `root`, 1 to 65535 are `first` and following. */
export interface IdRange {
  readonly root: number
  readonly first: number
}

/** Ids in a sandbox: 0 to 65535, what a distribution's tree may use. */
const COUNT = 65536

/**
 * Root's range where /etc/subuid names none: the last of those that systemd sets aside for containers, so nobody
 * else's files have these owners.
 */
const ROOT_RANGE = 1_878_982_656

export function isRoot(): boolean {
  return process.getuid!() === 0
}

/**
 * The id range of this user. Root gets a range, too, and is mapped to its first id: a process in the sandbox is
 * never the host's root.
 * @throws KilnError `KILN_NO_SUBIDS` when the user has no subordinate ids.
 */
export async function idRange(): Promise<{ uid: IdRange; gid: IdRange }> {
  if (isRoot()) {
    const uid = (await subordinate('/etc/subuid')) ?? ROOT_RANGE
    const gid = (await subordinate('/etc/subgid')) ?? ROOT_RANGE
    return { uid: { root: uid, first: uid + 1 }, gid: { root: gid, first: gid + 1 } }
  }
  const uid = await subordinate('/etc/subuid')
  const gid = await subordinate('/etc/subgid')
  if (uid === undefined || gid === undefined) {
    const name = userInfo().username
    throw inputError('KILN_NO_SUBIDS', `The user ${name} has no ${COUNT} subordinate user and group ids.`, {
      hint: `Ask root for: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${name} (any free range).`,
    })
  }
  return { uid: { root: process.getuid!(), first: uid }, gid: { root: process.getgid!(), first: gid } }
}

/** First id of the first range of this user that is long enough, from a file of `name:first:count` lines. */
async function subordinate(file: string): Promise<number | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
  const me = [userInfo().username, String(process.getuid!())]
  for (const line of text.split('\n')) {
    const [name, first, count] = line.split(':')
    if (me.includes(name!) && Number(count) >= COUNT - (isRoot() ? 0 : 1)) return Number(first)
  }
  return undefined
}

/** A user namespace with its id maps, kept open by a process that ends with us. */
export interface UserNamespace extends AsyncDisposable {
  /** Process that holds it, as the host numbers it. */
  readonly pid: number
  /** The host's ids of the sandbox's root: files made for the sandbox to write to must be theirs. */
  readonly owner: { readonly uid: number; readonly gid: number }
}

/** @throws KilnError `KILN_NO_NAMESPACES` (the kernel or a policy forbids them) or `KILN_NO_SUBIDS`. */
export async function openUserNamespace(): Promise<UserNamespace> {
  const { uid, gid } = await idRange()
  const holder = start(['unshare', '--user', 'sh', '-c', 'echo ready; exec cat >/dev/null'])
  const problem: string[] = []
  lines(holder.child.stderr!, (line) => problem.push(line))
  const ready = new Promise<boolean>((resolve) => {
    lines(holder.child.stdout!, (line) => resolve(line === 'ready'))
    holder.ended.then(() => resolve(false)).catch(() => resolve(false))
  })
  const close = async () => {
    holder.child.stdin!.end()
    await holder.ended.catch(() => {})
  }
  if (!(await ready)) {
    await holder.ended
    throw new KilnError('KILN_NO_NAMESPACES', `User namespaces cannot be made here: ${problem.join(' ')}`, {
      fault: 'input',
      hint: "'kiln doctor' says which setting forbids them and how to allow them.",
    })
  }
  const pid = holder.child.pid!
  try {
    await writeMap(pid, 'uid', uid)
    await writeMap(pid, 'gid', gid)
  } catch (error) {
    await close()
    throw error
  }
  return { pid, owner: { uid: uid.root, gid: gid.root }, [Symbol.asyncDispose]: close }
}

async function writeMap(pid: number, kind: 'uid' | 'gid', range: IdRange): Promise<void> {
  const map = [
    [0, range.root, 1],
    [1, range.first, COUNT - 1],
  ]
  if (isRoot()) {
    await writeFile(`/proc/${pid}/${kind}_map`, `${map.map((row) => row.join(' ')).join('\n')}\n`)
  } else {
    await run([`new${kind}map`, String(pid), ...map.flat().map(String)])
  }
}
