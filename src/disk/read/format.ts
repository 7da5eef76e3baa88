export type ReadFormat = 'raw' | 'qcow2'

/** How much of the start and of the end of a file {@link formatOf} looks at. */
export const HEAD_BYTES = 36 << 10
export const TAIL_BYTES = 512

/** What other things begin with, at which byte. Latin-1. */
const OTHERS: readonly (readonly [offset: number, magic: string, name: string])[] = [
  [0, 'KDMV', 'a disk of VMware (vmdk)'],
  [0, 'COWD', 'a disk of VMware (vmdk)'],
  [0, '# Disk DescriptorFile', 'the description of a disk of VMware (vmdk)'],
  [0, 'conectix', 'a disk of Virtual PC (vhd)'],
  [0, 'vhdxfile', 'a disk of Hyper-V (vhdx)'],
  [0x40, '\x7f\x10\xda\xbe', 'a disk of VirtualBox (vdi)'],
  [0, 'QED\0', 'a QED disk'],
  [0, 'WithoutFreeSpace', 'a disk of Parallels'],
  [0, 'WithouFreSpacExt', 'a disk of Parallels'],
  [0, 'LUKS\xba\xbe', 'encrypted (LUKS)'],
  [0x8001, 'CD001', 'a CD or DVD (iso)'],
  [0, '\x1f\x8b', 'compressed (gzip)'],
  [0, '\xfd7zXZ\0', 'compressed (xz)'],
  [0, '\x28\xb5\x2f\xfd', 'compressed (zstd)'],
  [0, 'BZh', 'compressed (bzip2)'],
  [0, '\x04\x22\x4d\x18', 'compressed (lz4)'],
  [0, 'PK\x03\x04', 'a zip archive'],
  [0, "7z\xbc\xaf'\x1c", 'a 7z archive'],
  [257, 'ustar', 'a tar archive'],
  [0, '\x7fELF', 'a program'],
]
const AT_END: readonly (readonly [magic: string, name: string])[] = [
  ['conectix', 'a disk of Virtual PC (vhd)'],
  ['koly', 'a disk image of macOS (dmg)'],
]

/**
 * What a file is, by its bytes: `format`, or `other`, what it is instead. What says nothing is raw.
 * @param head its first {@link HEAD_BYTES}, @param tail its last {@link TAIL_BYTES}; less where it is shorter
 */
export function formatOf(
  head: Buffer,
  tail: Buffer,
): { readonly format: ReadFormat } | { readonly other: string } {
  const has = (bytes: Buffer, offset: number, magic: string) =>
    bytes.toString('latin1', offset, offset + magic.length) === magic
  if (has(head, 0, 'QFI\xfb'))
    return head.length >= 8 && head.readUInt32BE(4) === 1
      ? { other: 'a disk in the first version of qcow' }
      : { format: 'qcow2' }
  const other = OTHERS.find(([offset, magic]) => has(head, offset, magic))
  if (other) return { other: other[2] }
  const ending = AT_END.find(([magic]) => tail.length === TAIL_BYTES && has(tail, 0, magic))
  if (ending) return { other: ending[1] }
  return { format: 'raw' }
}
