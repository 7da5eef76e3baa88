import { inputError } from '../../core/error.ts'
import type { Sandbox } from '../../tools/sandbox/sandbox.ts'
import { correct, survey } from '../ext4.ts'
import type { Extent } from '../layout.ts'
import { MIB } from '../layout.ts'
import { put } from '../put.ts'
import { copyAround } from './copy.ts'
import { lacking, makeArguments, tuneArguments } from './file-system.ts'
import { type Grown, grownTable } from './grow.ts'
import { addAside, asideOf } from './kept-aside.ts'
import { type BaseMount, type OpenBase, openBase } from './open.ts'

/** What a disk image is written from again. Paths are the sandbox's but that of the image. */
export interface RewriteRequest {
  readonly sandbox: Sandbox
  /** The finished tree. Mount points in it are emptied: it is not to be used afterwards. */
  readonly tree: string
  /** Folder to write in; must exist. */
  readonly work: string
  /** Seconds since 1970: later times are clamped to it. */
  readonly epoch: number
  /** The host's path of the image. */
  readonly image: string
  /** Bytes of the virtual disk; default: as it was, or more where the content needs it. */
  readonly size?: number | undefined
}

/** What is free on the root after its content grew, until the guest grows it by itself. */
const ROOM = 256 * MIB
/** The backup partition table and a round size. */
const TAIL = MIB

/**
 * Writes a disk image again, as `disk.raw` in the work folder, with the tree in the place of the one that it held: each
 * file system under its own identity and with its own features, everything else byte for byte as it was. It grows where
 * the content needs it, or where that was asked for.
 * @throws KilnError `KILN_DISK_SIZE` when the content does not fit, and only what lies last on a disk can grow.
 */
export async function rewriteDisk(
  request: RewriteRequest,
): Promise<{ readonly raw: string; readonly bytes: number }> {
  const { sandbox, work, epoch } = request
  await using base = await openBase(request.image)
  const raw = `${work}/disk.raw`
  const parts = await apart(base, request)
  const places = placesOf(base, parts, request.size)
  await sandbox.run(['sh', '-euc', 'rm -f "$1"; truncate -s "$2" "$1"', 'sh', raw, String(places.bytes)])
  await copyAround(
    base.disk,
    base.mounts.map(({ extent }) => extent),
    sandbox,
    raw,
  )
  if (places.bytes > base.disk.size)
    await put(sandbox, raw, await grownTable(base.disk, base.table.kind, places.bytes, places.grown))
  const env = { SOURCE_DATE_EPOCH: String(epoch), MKE2FS_CONFIG: '/dev/null' }
  for (const part of parts) {
    const { mount, tree, found } = part
    const where = places.of(mount)
    const [arguments_, tuned] = [
      makeArguments(mount.facts, where, { tree, disk: raw, inodes: found.inodes }),
      tuneArguments(mount.facts),
    ]
    await sandbox.run(['mke2fs', ...arguments_], { env })
    const fileSystem = `${raw}?offset=${where.offset}`
    if (tuned.length > 0) await sandbox.run(['tune2fs', ...tuned, fileSystem], { env })
    await addRoot(part, request)
    await addAside(await asideOf(mount.reader), { sandbox, tree, folder: found.folder })
    await correct(sandbox, fileSystem, `${found.folder}/fixes`, env)
  }
  return { raw, bytes: places.bytes }
}

interface Part {
  readonly mount: BaseMount
  /** Where its part of the tree lies. */
  readonly tree: string
  readonly found: Awaited<ReturnType<typeof survey>>
}

/** Takes the tree apart at the mount points: what is mounted deepest first. */
async function apart(base: OpenBase, { sandbox, tree, work, epoch }: RewriteRequest): Promise<Part[]> {
  const parts: Part[] = []
  const deepest = [...base.mounts].sort((a, b) => b.at.length - a.at.length)
  for (const [n, mount] of deepest.entries()) {
    const place = mount.at === '/' ? tree : `${work}/mount-${n}`
    if (mount.at !== '/') await detach(base, mount, tree, place, sandbox)
    const folder = `${work}/scratch-${n}`
    await sandbox.run(['sh', '-euc', 'rm -rf "$1"; mkdir "$1"', 'sh', folder])
    const found = await survey(sandbox, place, epoch, folder)
    parts.push({ mount, tree: place, found })
  }
  return parts
}

/** mke2fs copies what is in a folder, and not the folder itself. */
async function addRoot({ tree, found }: Part, { sandbox, epoch }: RewriteRequest): Promise<void> {
  const { stdout } = await sandbox.run(['stat', '-c', '%a %u %g %Y', tree])
  const [mode, uid, gid, mtime] = stdout.trim().split(' ')
  const fields = {
    mode: `04${mode!.padStart(4, '0')}`,
    uid,
    gid,
    mtime: `@${Math.min(Number(mtime), epoch)}`,
  }
  await sandbox.run(['sh', '-euc', 'cat >>"$1"', 'sh', `${found.folder}/fixes`], {
    input: Object.entries(fields)
      .map(([field, value]) => `sif / ${field} ${value}\n`)
      .join(''),
  })
}

/** Moves what is mounted there away; the folder below it is again as it was in the image. */
async function detach(
  base: OpenBase,
  mount: BaseMount,
  tree: string,
  place: string,
  sandbox: Sandbox,
): Promise<void> {
  const owner = base.mounts.find(({ at }) => at === '/')!
  const folder = await owner.reader.find(mount.at.slice(1))
  const { mode = 0o755, uid = 0, gid = 0, mtime = 0n } = folder ?? {}
  await sandbox.run([
    'sh',
    '-euc',
    'mv "$1" "$2"; mkdir "$1"; chown "$4" "$1"; chmod "$3" "$1"; touch -d "@$5" "$1"',
    'sh',
    tree + mount.at,
    place,
    mode.toString(8),
    `${uid}:${gid}`,
    String(mtime / 1_000_000_000n),
  ])
}

interface Places {
  readonly bytes: number
  /** The partition that becomes larger, and what it becomes. */
  readonly grown: Grown | undefined
  of(mount: BaseMount): Extent
}

/** Where everything lies on the new disk. @throws KilnError `KILN_DISK_SIZE`. */
function placesOf(base: OpenBase, parts: readonly Part[], size: number | undefined): Places {
  const before = base.disk.size
  if (size !== undefined && size < before)
    throw inputError(
      'KILN_DISK_SIZE',
      `A disk of ${Math.floor(size / MIB)} MiB is too small for its base, whose disk has ${Math.ceil(before / MIB)} MiB.`,
      { hint: "Leave 'size' out to keep the size of the base." },
    )
  const end = Math.max(...base.table.partitions.map(({ offset, bytes }) => offset + bytes))
  const last = base.table.partitions.find(({ offset, bytes }) => offset + bytes === end)
  let bytes = Math.max(before, size ?? 0)
  for (const { mount, found } of parts) {
    const lacks = lacking(mount.facts, found, mount.extent.bytes)
    if (lacks === 0) continue
    if (mount.partition !== last?.number)
      throw inputError(
        'KILN_DISK_SIZE',
        `The file system ${mount.at} of the disk image has no room for ${Math.ceil(lacks / MIB)} MiB more, and another partition lies behind it.`,
        { hint: 'Make it larger in the image itself; only what lies last on a disk can grow.' },
      )
    const needed = Math.ceil((end + lacks + ROOM + TAIL) / MIB) * MIB
    if (size !== undefined && size < needed - ROOM)
      throw inputError(
        'KILN_DISK_SIZE',
        `A disk of ${Math.floor(size / MIB)} MiB is too small for this image, which needs ${needed / MIB} MiB.`,
        { hint: "Leave 'size' out to get a disk that is large enough." },
      )
    bytes = Math.max(bytes, size ?? needed)
  }
  const rootLast = last !== undefined && parts.some(({ mount }) => mount.partition === last.number)
  const tail = base.table.kind === 'none' ? 0 : TAIL
  const grown =
    bytes > before && last && rootLast
      ? {
          partition: last.number,
          extent: { offset: last.offset, bytes: Math.floor((bytes - last.offset - tail) / MIB) * MIB },
        }
      : undefined
  return {
    bytes,
    grown,
    of: (mount) => (grown && mount.partition === grown.partition ? grown.extent : mount.extent),
  }
}
