import { createHash } from 'node:crypto'
import type { TreeEntry, TreeReader } from '../../disk/tree.ts'

/** What `dpkg` knows of the files that packages brought. */
export interface PackageFiles {
  /** `/var/lib/dpkg/info/*.md5sums`. */
  readonly sums: readonly TreeEntry[]
  /** `RECORD` of Python's packages, which name their files with SHA-256. */
  readonly records: readonly TreeEntry[]
  /** MD5 of configuration files, as they were in their packages. */
  readonly configurations: Iterable<string>
}

/** What packages say of themselves, kept by their manager: a password in their scripts and questions is an example. */
export const OF_PACKAGES =
  /^var\/lib\/dpkg\/(info\/[^/]+|status|available)$|^var\/cache\/debconf\/templates\.dat$/
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
  const isKnown = async (entry: TreeEntry) => {
    const all = await sums()
    return (await digests(reader, entry)).some((digest) => all.has(digest))
  }
  return async (entry: TreeEntry): Promise<boolean> => {
    if (entry.kind !== 'file') return false
    if (await isKnown(entry)) return true
    const [, folder = '', name] = COMPILED.exec(entry.path) ?? []
    if (name === undefined) return false
    const source = await reader.find(`${folder}${name}.py`)
    return source?.kind === 'file' && (await isFrom(reader, entry, source)) && (await isKnown(source))
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

async function readSums(
  reader: TreeReader,
  { sums, records, configurations }: PackageFiles,
): Promise<Set<string>> {
  const known = new Set(configurations)
  for (const entry of sums) {
    const text = (await bytes(reader, entry, SUMS_LIMIT)).toString('latin1')
    for (const line of text.matchAll(/^([0-9a-f]{32}) /gm)) known.add(line[1]!)
  }
  for (const entry of records) {
    const text = (await bytes(reader, entry, SUMS_LIMIT)).toString('latin1')
    for (const line of text.matchAll(/,sha256=([A-Za-z0-9_-]{43}),\d+\r?$/gm)) known.add(line[1]!)
  }
  // An empty file says nothing.
  for (const algorithm of ['md5', 'sha256'] as const) known.delete(hash(algorithm, ''))
  return known
}

/** As dpkg's sums and as Python's records write them. */
async function digests(reader: TreeReader, entry: TreeEntry): Promise<string[]> {
  const [md5, sha256] = [createHash('md5'), createHash('sha256')]
  for await (const piece of reader.content(entry)) {
    md5.update(piece)
    sha256.update(piece)
  }
  return [md5.digest('hex'), sha256.digest('base64url')]
}

function hash(algorithm: 'md5' | 'sha256', text: string): string {
  return createHash(algorithm)
    .update(text)
    .digest(algorithm === 'md5' ? 'hex' : 'base64url')
}

async function bytes(reader: TreeReader, entry: TreeEntry, most: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of reader.content(entry, 0, Math.min(most, entry.size)))
    pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}
