import { createHash } from 'node:crypto'
import type { TreeEntry, TreeReader } from '../../disk/tree.ts'

/** What `dpkg` knows of the files that packages brought. */
export interface PackageFiles {
  /** `/var/lib/dpkg/info/*.md5sums`. */
  readonly sums: readonly TreeEntry[]
  /** MD5 of configuration files, as they were in their packages. */
  readonly configurations: Iterable<string>
}

/** What packages say of themselves, kept by their manager: their scripts and questions are as public as their files. */
const OF_PACKAGES = /^var\/lib\/dpkg\/(info\/[^/]+|status|available)$|^var\/cache\/debconf\/templates\.dat$/
const COMPILED = /^(.*\/)?__pycache__\/([^/]+)\.cpython-\d+(?:\.opt-\d)?\.pyc$/
/** Bytes of a file of sums. */
const SUMS_LIMIT = 64 << 20

/**
 * Tells files that anybody can read in a package from those of this image alone. A test key or an example in a package is no
 * secret, wherever a copy of it lies. What is compiled from such a file is none, either.
 */
export function publicFiles(reader: TreeReader, files: PackageFiles) {
  let known: Promise<Set<string>> | undefined
  const sums = () => {
    known ??= readSums(reader, files)
    return known
  }
  return async (entry: TreeEntry): Promise<boolean> => {
    if (entry.kind !== 'file') return false
    if (OF_PACKAGES.test(entry.path)) return true
    if ((await sums()).has(await md5(reader, entry))) return true
    const [, folder = '', name] = COMPILED.exec(entry.path) ?? []
    if (name === undefined) return false
    const source = await reader.find(`${folder}${name}.py`)
    return (
      source?.kind === 'file' &&
      (await isFrom(reader, entry, source)) &&
      (await sums()).has(await md5(reader, source))
    )
  }
}

/** Whether compiled Python says that it was made from a file of this time and size. */
async function isFrom(reader: TreeReader, entry: TreeEntry, source: TreeEntry): Promise<boolean> {
  const head = await bytes(reader, entry, 16)
  if (head.length < 16) return false
  // Made from a hash of the source in place of its time.
  if ((head.readUInt32LE(4) & 1) === 1) return true
  return head.readUInt32LE(12) === source.size % 2 ** 32
}

async function readSums(reader: TreeReader, { sums, configurations }: PackageFiles): Promise<Set<string>> {
  const known = new Set(configurations)
  for (const entry of sums) {
    const text = (await bytes(reader, entry, SUMS_LIMIT)).toString('latin1')
    for (const line of text.matchAll(/^([0-9a-f]{32}) /gm)) known.add(line[1]!)
  }
  // An empty file says nothing.
  known.delete('d41d8cd98f00b204e9800998ecf8427e')
  return known
}

async function md5(reader: TreeReader, entry: TreeEntry): Promise<string> {
  const hash = createHash('md5')
  for await (const piece of reader.content(entry)) hash.update(piece)
  return hash.digest('hex')
}

async function bytes(reader: TreeReader, entry: TreeEntry, most: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of reader.content(entry, 0, Math.min(most, entry.size)))
    pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}
