/** Debian release of the tools tree. */
export const TOOLS_SUITE = 'trixie'

/** Goes up when what is done with the packages changes: older trees are then made anew. */
export const TOOLS_VERSION = 2

/** What stages, locking and the boot check run. Everything that they need comes along by its dependencies. */
export const toolPackages: readonly string[] = [
  // a shell and its usual company
  'base-files',
  'base-passwd',
  'libc-bin',
  'bash',
  'coreutils',
  'dash',
  'diffutils',
  'findutils',
  'grep',
  'mawk',
  'perl-base',
  'sed',
  'tar',
  'util-linux',
  'mount',
  // packages
  'apt',
  'dpkg',
  'debian-archive-keyring',
  'gzip',
  'xz-utils',
  'zstd',
  'cpio',
  // disks: libarchive lets mke2fs read a tar archive
  'e2fsprogs',
  'libarchive13t64',
  'dosfstools',
  'mtools',
  'fdisk',
  'qemu-utils',
  // guests
  'qemu-system-x86',
  'ovmf',
  'seabios',
]
