import { createHash } from 'node:crypto'
import { Interrupted } from '../../core/error.ts'
import type { TreeEntry, TreeReader } from '../../disk/tree.ts'
import { SecretScan } from '../secrets/secrets.ts'
import type { Finding } from '../secrets/types.ts'
import { Gathering } from './gather.ts'
import type { Inventory } from './types.ts'

export interface InspectOptions {
  /** Gets the list of files, a line of JSON each (`ListedFile`), in the order of the tree's walk. */
  readonly list?: (lines: string) => Promise<void>
  /** Called now and then with the bytes of files read so far. */
  readonly onBytes?: (bytes: number) => void
  /** Read only what the inventory is made of: no digests of files, nothing found. A hundredth of the work. */
  readonly shallow?: true
  readonly signal?: AbortSignal | undefined
}

/** What one look at a tree gave. */
export interface Inspected {
  readonly inventory: Inventory
  /** What should not be in an image, by path. */
  readonly findings: readonly Finding[]
}

/** Bytes of the largest file that is read, and of all together: a file system may say anything, and holes cost nothing. */
const LARGEST = 16 * 2 ** 30
const MOST = 128 * 2 ** 30

/** Characters of the list that are handed on together. */
const BATCH = 1 << 18

/**
 * Reads a tree once, from its first file to its last: what is in it, and what of it should not be. Keeps no more in memory than
 * a window of one file, and what the inventory says.
 */
export async function inspectTree(reader: TreeReader, options: InspectOptions = {}): Promise<Inspected> {
  const gathering = new Gathering()
  const scan = new SecretScan()
  let lines = ''
  let bytes = 0
  for await (const entry of reader.walk()) {
    if (options.signal?.aborted) throw new Interrupted()
    scan.begin(entry)
    const wanted = options.shallow !== true || gathering.wants(entry)
    const sha256 =
      entry.kind === 'file' && wanted && entry.size <= LARGEST && bytes <= MOST
        ? await readFile(reader, entry, scan, gathering, options.signal)
        : undefined
    scan.end(entry)
    const listed = gathering.entry(entry, sha256)
    if (options.list) {
      lines += `${JSON.stringify(listed)}\n`
      if (lines.length > BATCH) {
        await options.list(lines)
        lines = ''
      }
    }
    if (sha256 !== undefined) bytes += entry.size
    options.onBytes?.(bytes)
  }
  if (lines) await options.list?.(lines)
  if (options.shallow) return { inventory: gathering.inventory(), findings: [] }
  const findings = await scan.findings(reader, {
    sums: gathering.sums,
    records: gathering.records,
    configurations: gathering.configurations(),
  })
  return { inventory: gathering.inventory(), findings }
}

async function readFile(
  reader: TreeReader,
  entry: TreeEntry,
  scan: SecretScan,
  gathering: Gathering,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256')
  const kept: Buffer[] | undefined = gathering.wants(entry) ? [] : undefined
  for await (const piece of reader.content(entry)) {
    if (signal?.aborted) throw new Interrupted()
    hash.update(piece)
    scan.push(piece)
    kept?.push(Buffer.from(piece))
  }
  if (kept) gathering.text(entry, kept.length === 1 ? kept[0]! : Buffer.concat(kept))
  return hash.digest('hex')
}
