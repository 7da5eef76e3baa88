/** Features of ext2, ext3 and ext4 by the names that e2fsprogs gives them: bit by bit, lowest first. */
const COMPATIBLE = [
  'dir_prealloc',
  'imagic_inodes',
  'has_journal',
  'ext_attr',
  'resize_inode',
  'dir_index',
  'lazy_bg',
  undefined,
  'snapshot_bitmap',
  'sparse_super2',
  'fast_commit',
  'stable_inodes',
  'orphan_file',
]
const INCOMPATIBLE = [
  'compression',
  'filetype',
  'needs_recovery',
  'journal_dev',
  'meta_bg',
  undefined,
  'extent',
  '64bit',
  'mmp',
  'flex_bg',
  'ea_inode',
  undefined,
  'dirdata',
  'metadata_csum_seed',
  'large_dir',
  'inline_data',
  'encrypt',
  'casefold',
]
const FOR_WRITING = [
  'sparse_super',
  'large_file',
  undefined,
  'huge_file',
  'uninit_bg',
  'dir_nlink',
  'extra_isize',
  undefined,
  'quota',
  'bigalloc',
  'metadata_csum',
  'replica',
  'read-only',
  'project',
  'shared_blocks',
  'verity',
  'orphan_present',
]

/** What a reader must understand and this one does; `casefold` is about looking up names alone. */
const READ: ReadonlySet<string> = new Set([
  'filetype',
  'needs_recovery',
  'meta_bg',
  'extent',
  '64bit',
  'mmp',
  'flex_bg',
  'ea_inode',
  'metadata_csum_seed',
  'large_dir',
  'inline_data',
  'casefold',
])

/** Those that ext3 knows, beside its journal; any other makes it ext4. */
const EXT3: ReadonlySet<string> = new Set([
  'filetype',
  'needs_recovery',
  'meta_bg',
  'sparse_super',
  'large_file',
])

export interface Features {
  /** By name; a bit without a name as e2fsprogs shows it: `FEATURE_I20`. */
  readonly all: ReadonlySet<string>
  /** Those of {@link all} without which nothing is read, and which are not understood here. */
  readonly unread: readonly string[]
  readonly kind: 'ext2' | 'ext3' | 'ext4'
}

/** The three words of a superblock. */
export function featuresOf(compatible: number, incompatible: number, forWriting: number): Features {
  const first = names(compatible, COMPATIBLE, 'C')
  const second = names(incompatible, INCOMPATIBLE, 'I')
  const third = names(forWriting, FOR_WRITING, 'R')
  const newer = [...second, ...third].some((name) => !EXT3.has(name))
  return {
    all: new Set([...first, ...second, ...third]),
    unread: second.filter((name) => !READ.has(name)),
    kind: newer ? 'ext4' : first.includes('has_journal') ? 'ext3' : 'ext2',
  }
}

function names(word: number, known: readonly (string | undefined)[], letter: string): string[] {
  const found: string[] = []
  for (let bit = 0; bit < 32; bit++)
    if ((word >>> bit) & 1) found.push(known[bit] ?? `FEATURE_${letter}${bit}`)
  return found
}
