import type { Sandbox } from '../tools/sandbox/sandbox.ts'
import { SECTOR } from './gpt.ts'
import type { Extent } from './layout.ts'

/** A file of the EFI system partition. */
export interface EspFile {
  /** `EFI/BOOT/BOOTX64.EFI` */
  readonly path: string
  /** Where it comes from: a sandbox path. */
  readonly source: string
}

/**
 * Writes a FAT32 file system with these files into part of a disk. Files are written in the order of their paths.
 * @param id volume id, 8 hexadecimal digits
 */
export async function writeEsp(
  sandbox: Sandbox,
  disk: string,
  where: Extent,
  options: { readonly id: string; readonly epoch: number; readonly files: readonly EspFile[] },
): Promise<void> {
  const files = [...options.files].sort((a, b) => (a.path < b.path ? -1 : 1))
  const folders = [...new Set(files.flatMap((file) => parents(file.path)))].sort()
  await sandbox.run(
    [
      'sh',
      '-euc',
      SCRIPT,
      'esp',
      disk,
      String(where.offset),
      String(where.offset / SECTOR),
      String(where.bytes / 1024),
      options.id,
      ...folders.map((folder) => `::/${folder}`),
      '--',
      ...files.flatMap((file) => [file.source, `::/${file.path}`]),
    ],
    {
      what: 'Writing the EFI system partition',
      // mtools looks for reasons to refuse a partition; this one is ours.
      env: { SOURCE_DATE_EPOCH: String(options.epoch), MTOOLS_SKIP_CHECK: '1', MTOOLSRC: '/dev/null' },
    },
  )
}

const SCRIPT = `
disk=$1 offset=$2 sector=$3 blocks=$4 id=$5
shift 5
mkfs.vfat -F 32 -s 1 --invariant -n EFI -i "$id" -h "$sector" --offset="$sector" "$disk" "$blocks" >/dev/null
while [ "$1" != -- ]; do mmd -i "$disk@@$offset" "$1"; shift; done
shift
while [ $# -gt 0 ]; do mcopy -i "$disk@@$offset" "$1" "$2"; shift 2; done
`

/** `a/b/c` → `a`, `a/b` */
function parents(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}
