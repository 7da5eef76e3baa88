import { inputError } from '../../core/error.ts'
import type { Survey } from '../ext4.ts'
import { BLOCK, type Extent, MIB } from '../layout.ts'
import type { ExtFacts } from '../read/ext/superblock.ts'

/** Features that mke2fs makes a file system with, as it was asked for. */
const MADE: ReadonlySet<string> = new Set([
  ...['dir_prealloc', 'has_journal', 'ext_attr', 'resize_inode', 'dir_index', 'sparse_super2', 'fast_commit'],
  ...['orphan_file', 'filetype', 'meta_bg', 'extent', '64bit', 'flex_bg', 'ea_inode', 'metadata_csum_seed'],
  ...['large_dir', 'sparse_super', 'large_file', 'huge_file', 'uninit_bg', 'dir_nlink'],
  ...['extra_isize', 'metadata_csum'],
])
/**
 * Those that say in which state it is, not how it is made, and one that only saves room: mke2fs cannot fill a file system
 * that has it.
 */
const LEFT_OUT: ReadonlySet<string> = new Set(['needs_recovery', 'orphan_present', 'inline_data'])

/**
 * Arguments of mke2fs for a file system like the one that `facts` are of, with its identity, in another place perhaps.
 * @param where a part of the file `disk`; @param content what goes into it, from the folder `tree`
 * @throws KilnError `KILN_BASE_UNSUPPORTED` for a feature that is not made anew.
 */
export function makeArguments(
  facts: ExtFacts,
  where: Extent,
  content: { readonly tree: string; readonly disk: string; readonly inodes: number },
): string[] {
  const { blockSize, blocks, hash } = facts
  const features = [...facts.all].filter((name) => !LEFT_OUT.has(name))
  const odd = features.filter((name) => !MADE.has(name))
  if (odd.length > 0)
    throw inputError(
      'KILN_BASE_UNSUPPORTED',
      `The disk image has a file system with the feature ${odd.join(', ')}, which Kiln does not write.`,
      { hint: 'Make the image with ordinary ext4, or build from an operating system.' },
    )
  const grown = where.bytes > blocks * blockSize + 64 * MIB
  const count = grown ? Math.floor(where.bytes / blockSize) : blocks
  const extended = [
    `offset=${where.offset}`,
    `hash_seed=${hash.seed}`,
    'root_owner=0:0',
    'no_copy_xattrs',
    'discard',
    'lazy_itable_init=0',
    'lazy_journal_init=0',
    ...(facts.stride > 0 ? [`stride=${facts.stride}`] : []),
    ...(facts.stripeWidth > 0 ? [`stripe_width=${facts.stripeWidth}`] : []),
  ]
  return [
    ...['-q', '-F', '-t', facts.kind, '-U', facts.uuid, ...(facts.label ? ['-L', facts.label] : [])],
    ...['-b', String(blockSize), '-I', String(facts.inodeSize), '-e', facts.onError],
    ...(grown || content.inodes + 16 > facts.inodes
      ? ['-i', String(bytesPerInode(facts, count * blockSize, content.inodes))]
      : ['-N', String(facts.inodes)]),
    // It rounds down.
    ...['-m', (((facts.reservedBlocks + 0.5) / blocks) * 100).toFixed(9)],
    ...['-O', ['none', ...features].join(','), '-E', extended.join(',')],
    ...['-d', content.tree, content.disk, String(count)],
  ]
}

/** As before, unless so many files came that this would not do. */
function bytesPerInode(facts: ExtFacts, bytes: number, inodes: number): number {
  const before = Math.floor((facts.blocks * facts.blockSize) / facts.inodes)
  const wanted = Math.ceil(inodes * 1.1) + 1024
  return Math.max(1024, facts.blockSize, Math.min(before, Math.floor(bytes / wanted)))
}

/** Bytes that a file system of `bytes` lacks for content that was counted; 0 when it fits. */
export function lacking(facts: ExtFacts, found: Pick<Survey, 'blocks' | 'inodes'>, bytes: number): number {
  const inodes = Math.max(facts.inodes, Math.ceil(found.inodes * 1.1) + 1024)
  const own = inodes * facts.inodeSize + journal(facts)
  const needed = Math.ceil((found.blocks * BLOCK + own) * 1.02) + 4 * MIB
  return Math.max(0, needed - bytes)
}

/** What mke2fs gives the journal of a file system of this size, in blocks: [fewer blocks than this, journal]. */
const JOURNALS: readonly (readonly [number, number])[] = [
  [2048, 0],
  [32768, 1024],
  [262144, 4096],
  [524288, 8192],
  [4194304, 16384],
  [8388608, 32768],
  [16777216, 65536],
  [33554432, 131072],
]

function journal({ all, blocks, blockSize }: ExtFacts): number {
  if (!all.has('has_journal')) return 0
  return (JOURNALS.find(([limit]) => blocks < limit)?.[1] ?? 262144) * blockSize
}

/** Arguments of tune2fs for what mke2fs is not told; empty when there is nothing. */
export function tuneArguments({ mountOptions, extraMountOptions }: ExtFacts): string[] {
  return [
    ...(mountOptions.length > 0 ? ['-o', mountOptions.join(',')] : []),
    ...(extraMountOptions === undefined ? [] : ['-E', `mount_opts=${extraMountOptions}`]),
  ]
}
