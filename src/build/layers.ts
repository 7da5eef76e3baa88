import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256File } from '../core/digest.ts'
import type { MadeOf, PlannedStage } from '../plan/plan.ts'
import { type StageContext, TREE, toolScript } from '../stages/stage.ts'
import type { Store } from '../store/store.ts'

/** The stored result of a stage: what it changed against the layer below it. */
export interface Layer {
  /** Object: a tar archive, sorted, with numeric owners and extended attributes, compressed with zstd. */
  readonly digest: string
  readonly size: number
  /** Paths that the stage removed or made another kind of thing, with NUL behind each, in base64: a name may hold any byte. */
  readonly removed: string
  /** Digest of the layer below that it was made on, empty for the first: it fits on no other. */
  readonly below: string
  /** {@link LAYER_VERSION} of who made it. */
  readonly version: number
  /** What its key was made of. */
  readonly made?: MadeOf
}

/** Goes up when layers are made or restored in another way. */
const LAYER_VERSION = 3

/** Whether a record from elsewhere is one of a layer that this Kiln can use; its names become paths of a tree. */
export function isLayer(value: unknown): value is Layer {
  if (typeof value !== 'object' || value === null) return false
  const { digest, size, removed, below, version } = value as Partial<Layer>
  const isDigest = (text: unknown) => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)
  const isBelow = (name: string) => name === '' || (name.startsWith('./') && !name.split('/').includes('..'))
  return (
    isDigest(digest) &&
    Number.isSafeInteger(size) &&
    (below === '' || isDigest(below)) &&
    version === LAYER_VERSION &&
    typeof removed === 'string' &&
    Buffer.from(removed, 'base64').toString('latin1').split('\0').every(isBelow)
  )
}

/** Where a sandbox sees the store's objects, and where it puts results. */
export const OBJECTS = '/in/objects'
export const OUT = '/in/out'
/** What was in the tree when the last layer was kept or restored. */
const BEFORE = '/build/before'
/** A file whose time tells what has changed since. */
const STAMP = '/build/stamp'

/** What is in the tree: kind, inode and path of each, with NUL behind it. A moved thing keeps its times, but not its inode at a path. */
const LIST = `find . -printf '%y%i %p\\0' | LC_ALL=C sort -z`
const MARK = `cd "$1"; ${LIST} >${BEFORE}; sleep 0.02; : >${STAMP}; sleep 0.02`

/** The layer of `key`, if it is in the store and was made on the layer `below`. */
export async function findLayer(store: Store, key: string, below: string): Promise<Layer | undefined> {
  const layer = await store.readRecord<Layer>('layers', key)
  return layer && layer.version === LAYER_VERSION && layer.below === below && (await store.has(layer.digest))
    ? layer
    : undefined
}

/** An empty tree, of which everything will count as changed. */
export async function startTree(context: StageContext): Promise<void> {
  await toolScript(context, `mkdir -p "$1"; : >${BEFORE}; touch -d @0 ${STAMP}`, [TREE])
}

/** Puts a layer onto the tree that it fits. */
export async function restoreLayer(record: Layer, context: StageContext): Promise<void> {
  const object = `${OBJECTS}/${record.digest.slice(0, 2)}/${record.digest}`
  await toolScript(
    context,
    // Removed first: a link that has become a folder would lead what comes into it elsewhere. A file that is there is
    // replaced, not written over: it may have other names that keep what they are.
    `cd "$1"; xargs -0 -r rm -rf --; tar -I zstd -xf "$2" --numeric-owner --same-permissions --xattrs --xattrs-include='*'`,
    [TREE, object],
    { input: Buffer.from(record.removed, 'base64'), what: 'restoring a layer' },
  )
}

/** To be called between the last restored layer and the first stage that runs. */
export async function markTree(context: StageContext): Promise<void> {
  await toolScript(context, MARK, [TREE])
}

/**
 * Keeps what changed since the last mark as the layer of a stage on the layer `below`, and marks again. `out` is the
 * host's folder behind {@link OUT}. @returns its digest. Changed is what has a newer change time, and what was not there before: what lies in
 * a renamed folder keeps its change times.
 */
export async function keepLayer(
  store: Store,
  { key, made }: Pick<PlannedStage, 'key' | 'made'>,
  below: string,
  out: string,
  context: StageContext,
): Promise<string> {
  const { stdout: removed } = await toolScript(
    context,
    `cd "$1"
export LC_ALL=C
${LIST} >/build/now
find . -cnewer ${STAMP} -print0 >/build/changed
comm -z -13 ${BEFORE} /build/now | sed -z 's/^[^ ]* //' >>/build/changed
# What is in a folder directly behind it ("a", "a/b", "a-b"): tar gives a folder its time when it meets what is not in it.
tr '/\\001' '\\001/' </build/changed | sort -z -u | tr '/\\001' '\\001/' >/build/sorted
tar -I 'zstd -1 -T0' -cf ${OUT}/layer --format=posix --pax-option=delete=atime,delete=ctime --numeric-owner \\
  --xattrs --xattrs-include='*' --no-recursion --null -T /build/sorted
chmod 644 ${OUT}/layer
kinds() { sed -z 's/^\\(.\\)[0-9]* /\\1 /' "$1" | sort -z >"$1.kinds"; }
kinds ${BEFORE}
kinds /build/now
comm -z -23 ${BEFORE}.kinds /build/now.kinds | sed -z 's/^. //' | base64 -w0`,
    [TREE],
    { what: 'keeping a layer' },
  )
  const file = join(out, 'layer')
  const digest = await sha256File(file)
  const { size } = await stat(file)
  await store.adopt(file, digest)
  await store.writeRecord('layers', key, {
    digest,
    size,
    removed,
    below,
    version: LAYER_VERSION,
    made,
  } satisfies Layer)
  await markTree(context)
  return digest
}
