import { Interrupted } from '../../core/error.ts'
import type { TreeEntry, TreeReader } from '../../disk/tree.ts'
import type { FileChange, FileFacts, Lists } from './difference-types.ts'

export interface Side {
  readonly tree: TreeReader
  /** By path. */
  readonly entries: ReadonlyMap<string, TreeEntry>
}

/** The files that differ between two trees; the order of bytes in each list. */
export async function compareFiles(
  from: Side,
  to: Side,
  {
    onBytes,
    signal,
  }: { readonly onBytes?: (bytes: number) => void; readonly signal?: AbortSignal | undefined } = {},
): Promise<Lists<FileChange>> {
  const added: FileChange[] = []
  const removed: FileChange[] = []
  const changed: FileChange[] = []
  let bytes = 0
  for (const [path, old] of from.entries) {
    if (signal?.aborted) throw new Interrupted()
    const now = to.entries.get(path)
    if (!now) {
      removed.push({ path: `/${path}`, kind: old.kind, what: [], from: factsOf(old) })
      continue
    }
    const what = differing(old, now)
    if (old.kind === 'file' && now.kind === 'file' && old.size === now.size && old.size > 0) {
      if (!(await sameContent(from.tree, old, to.tree, now, signal))) what.unshift('content')
    }
    bytes += old.size
    onBytes?.(bytes)
    if (what.length > 0)
      changed.push({ path: `/${path}`, kind: now.kind, what, from: factsOf(old), to: factsOf(now) })
  }
  for (const [path, now] of to.entries)
    if (!from.entries.has(path)) added.push({ path: `/${path}`, kind: now.kind, what: [], to: factsOf(now) })
  return { added, removed, changed }
}

/** What differs but content: times of change never count. */
function differing(old: TreeEntry, now: TreeEntry): string[] {
  if (old.kind !== now.kind) return ['kind']
  const device = (entry: TreeEntry) => entry.device?.join(':')
  return [
    ...(old.size === now.size ? [] : ['content', 'size']),
    ...(old.mode === now.mode ? [] : ['mode']),
    ...(old.uid === now.uid && old.gid === now.gid ? [] : ['owner']),
    ...(old.target === now.target ? [] : ['target']),
    ...(device(old) === device(now) ? [] : ['device']),
    ...(sameAttributes(old, now) ? [] : ['attributes']),
  ]
}

function sameAttributes({ attributes: old }: TreeEntry, { attributes: now }: TreeEntry): boolean {
  return old.size === now.size && [...old].every(([name, value]) => now.get(name)?.equals(value))
}

function factsOf({ kind, mode, uid, gid, size, target }: TreeEntry): FileFacts {
  return {
    ...(kind === 'file' ? {} : { kind }),
    mode: mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    ...(kind === 'file' ? { size } : {}),
    ...(target === undefined ? {} : { target }),
  }
}

/** Whether two files of one size hold the same; ends at the first byte that differs. */
async function sameContent(
  from: TreeReader,
  old: TreeEntry,
  to: TreeReader,
  now: TreeEntry,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const other = to.content(now)[Symbol.asyncIterator]()
  const ask = () => {
    const promise = other.next()
    // Heard of when it is waited for.
    promise.catch(() => {})
    return promise
  }
  // Both are read at the same time.
  let next = ask()
  let ahead: Buffer = Buffer.alloc(0)
  try {
    for await (const piece of from.content(old)) {
      if (signal?.aborted) throw new Interrupted()
      for (let at = 0; at < piece.length; ) {
        if (ahead.length === 0) {
          const { done, value } = await next
          if (done) return false
          ahead = value
          next = ask()
          continue
        }
        const length = Math.min(ahead.length, piece.length - at)
        if (!isOne(ahead, piece, at) && ahead.compare(piece, at, at + length, 0, length) !== 0) return false
        at += length
        ahead = ahead.subarray(length)
      }
    }
    return true
  } finally {
    await next.catch(() => {})
    await other.return?.()
  }
}

/** Holes of any files are the same zeros, so that one of many terabytes is soon compared. */
function isOne(ahead: Buffer, piece: Buffer, at: number): boolean {
  return ahead.buffer === piece.buffer && ahead.byteOffset === piece.byteOffset + at
}
