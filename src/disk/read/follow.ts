import type { TreeEntry, TreePath, TreeReader } from '../tree.ts'

/** As many as Linux follows. */
const MOST_LINKS = 40

/**
 * What a guest would find at a path: symbolic links are followed inside the file system, `..` at its root stays there.
 * @returns undefined where there is nothing, or links lead in a circle
 */
export async function follow(tree: TreeReader, path: string): Promise<TreeEntry | undefined> {
  const rest = path.split('/').reverse()
  const done: string[] = []
  let links = 0
  let entry = await tree.find('')
  while (rest.length > 0) {
    const part = rest.pop()!
    if (part === '' || part === '.') continue
    if (entry?.kind !== 'folder') return undefined
    if (part === '..') {
      done.pop()
      entry = await tree.find(done.join('/'))
      continue
    }
    const next: TreePath = [...done, part].join('/')
    entry = await tree.find(next)
    if (!entry) return undefined
    if (entry.kind !== 'link') {
      done.push(part)
      continue
    }
    if (++links > MOST_LINKS) return undefined
    const target = entry.target ?? ''
    if (target.startsWith('/')) done.length = 0
    rest.push(...target.split('/').reverse())
    entry = await tree.find(done.join('/'))
  }
  return entry
}

/** All of a file, links followed; undefined where there is none, or it is larger than `most` bytes. */
export async function readSmall(tree: TreeReader, path: string, most = 1 << 20): Promise<Buffer | undefined> {
  const entry = await follow(tree, path)
  if (entry?.kind !== 'file' || entry.size > most) return undefined
  const pieces: Buffer[] = []
  for await (const piece of tree.content(entry)) pieces.push(piece)
  return Buffer.concat(pieces)
}
