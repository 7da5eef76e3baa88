import { createHash } from 'node:crypto'
import { nameOfBytes } from '../../src/core/names.ts'
import type { TreeEntry, TreeReader } from '../../src/disk/tree.ts'
import type { Sandbox } from '../../src/tools/sandbox/sandbox.ts'

/** What is known of one thing: by its path, `lost+found` and the root's own times left out. */
export interface Thing {
  readonly kind: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly names: number
  readonly seconds: number
  readonly target?: string
  readonly sha256?: string
}

export type Listing = Record<string, Thing>

/** All that a tree has, as it is read from a disk. */
export async function listing(tree: TreeReader): Promise<Listing> {
  const found: Listing = {}
  for await (const entry of tree.walk()) {
    if (entry.path === '' || entry.path === 'lost+found') continue
    found[entry.path] = await thing(tree, entry)
  }
  return found
}

async function thing(tree: TreeReader, entry: TreeEntry): Promise<Thing> {
  const { kind, mode, uid, gid, size, names, target } = entry
  return {
    kind,
    mode,
    uid,
    gid,
    size,
    names: kind === 'folder' ? 0 : names,
    seconds: Number(entry.mtime / 1_000_000_000n),
    ...(target === undefined ? {} : { target }),
    ...(kind === 'file' ? { sha256: await digest(tree.content(entry)) } : {}),
  }
}

export async function digest(pieces: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

const KINDS: Readonly<Record<string, string>> = { f: 'file', d: 'folder', l: 'link', p: 'fifo', s: 'socket' }

/** The same of a folder of the sandbox, as `find` and `sha256sum` give it. */
export async function truth(sandbox: Sandbox, folder: string): Promise<Listing> {
  const lines = async (script: string) => {
    const { stdout } = await sandbox.run(['sh', '-euc', `cd "$1"; ${script} | base64 -w0`, 'sh', folder])
    return nameOfBytes(Buffer.from(stdout, 'base64')).split('\0').slice(0, -1)
  }
  const sums = new Map<string, string>()
  for (const line of await lines('find . -type f -print0 | xargs -0r sha256sum -z'))
    sums.set(line.slice(68), line.slice(0, 64))
  const targets = new Map<string, string>()
  for (const line of await lines("find . -type l -printf '%P\\n%l\\0'")) {
    const [path, target] = line.split('\n') as [string, string]
    targets.set(path, target)
  }
  const found: Listing = {}
  for (const line of await lines("find . -mindepth 1 -printf '%y %m %U %G %s %n %Ts %P\\0'")) {
    const [kind, mode, uid, gid, size, names, seconds] = line.split(' ', 7) as [string, ...string[]]
    const path = line.split(' ').slice(7).join(' ')
    found[path] = {
      kind: KINDS[kind]!,
      mode: Number.parseInt(mode!, 8),
      uid: Number(uid),
      gid: Number(gid),
      size: kind === 'f' ? Number(size) : 0,
      names: kind === 'd' ? 0 : Number(names),
      seconds: Number(seconds),
      ...(kind === 'l' ? { target: targets.get(path)! } : {}),
      ...(kind === 'f' ? { sha256: sums.get(path)! } : {}),
    }
  }
  return found
}
