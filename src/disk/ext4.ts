import { readFile } from 'node:fs/promises'
import { KilnError } from '../core/error.ts'
import type { Sandbox } from '../tools/sandbox/sandbox.ts'
import type { Identity } from './identity.ts'
import { BLOCK, type Content, type Extent, JOURNAL, MIB } from './layout.ts'

/** What was found in a tree, and where the list of corrections for its file system lies. */
export interface Survey extends Content {
  readonly folder: string
}

/** Counts what a tree takes and collects what mke2fs cannot be left to copy; `folder` must exist and be empty. */
export async function survey(sandbox: Sandbox, tree: string, epoch: number, folder: string): Promise<Survey> {
  const script = await readFile(new URL('survey.pl', import.meta.url), 'utf8')
  const { stdout } = await sandbox.run(['perl', '-e', script, tree, String(epoch), folder], {
    what: 'Counting the tree',
  })
  const [blocks, inodes] = stdout.split(' ').map(Number)
  return { folder, blocks: blocks!, inodes: inodes! }
}

/**
 * Writes a tree as an ext4 file system into part of a disk.
 *
 * mke2fs reads the folder itself: it goes through it in sorted order and limits times to the epoch, so neither the
 * order nor the kind of the file system that the tree lies on matters. All blocks that are not used are holes, and
 * there is no initialisation left for the guest to do.
 */
export async function writeExt4(
  sandbox: Sandbox,
  disk: string,
  where: Extent,
  options: {
    readonly tree: string
    readonly found: Survey
    readonly epoch: number
    readonly identity: Identity
    readonly without: readonly string[]
    readonly inodeRatio: number
  },
): Promise<void> {
  const { identity, found } = options
  const env = { SOURCE_DATE_EPOCH: String(options.epoch), MKE2FS_CONFIG: '/dev/null' }
  const features = [...FEATURES, ...options.without.map((name) => `^${name}`)]
  const extended = [
    `offset=${where.offset}`,
    `hash_seed=${identity.rootHash}`,
    'root_owner=0:0',
    'no_copy_xattrs',
    'discard',
    // Said, because their defaults depend on the kernel that mke2fs runs on. Discarding has zeroed everything already.
    'lazy_itable_init=0',
    'lazy_journal_init=0',
  ]
  await sandbox.run(
    [
      ...['mke2fs', '-q', '-F', '-t', 'ext4', '-L', 'root', '-U', identity.root],
      ...['-b', String(BLOCK), '-I', '256', '-i', String(options.inodeRatio), '-m', '0'],
      ...['-J', `size=${JOURNAL / MIB}`, '-O', features.join(','), '-E', extended.join(',')],
      ...['-d', options.tree, disk, String(Math.floor(where.bytes / BLOCK))],
    ],
    { env },
  )
  await correct(sandbox, `${disk}?offset=${where.offset}`, `${found.folder}/fixes`, env)
}

/** What every ext4 of the last ten years has. Said here, because mke2fs' own configuration differs between releases. */
const FEATURES = [
  'none',
  'has_journal',
  'ext_attr',
  'resize_inode',
  'dir_index',
  'filetype',
  'extent',
  '64bit',
  'flex_bg',
  'sparse_super',
  'large_file',
  'huge_file',
  'dir_nlink',
  'extra_isize',
  'metadata_csum',
]

/** Capabilities, and times from before the epoch: see survey.pl. */
export async function correct(
  sandbox: Sandbox,
  disk: string,
  fixes: string,
  env: Record<string, string>,
): Promise<void> {
  const { status } = await sandbox.run(['test', '-s', fixes], { accept: [0, 1] })
  if (status !== 0) return
  const { stderr } = await sandbox.run(['debugfs', '-w', '-f', fixes, disk], { env })
  // debugfs ends with 0 whatever its commands did.
  const problem = stderr.split('\n').find((line) => line.trim() && !/^debugfs \d/.test(line))
  if (problem)
    throw new KilnError(
      'KILN_DISK_FAILED',
      `Attributes of the guest's files could not be written: ${problem}`,
    )
}
