import { imageDamaged, imageUnsupported } from '../errors.ts'

/** What a reader must know of a qcow2 file (QEMU's docs/interop/qcow2.rst). */
export interface Header {
  readonly version: 2 | 3
  /** Bytes of the disk that a guest sees. */
  readonly size: number
  readonly clusterBits: number
  readonly l1Offset: number
  readonly l1Entries: number
  readonly compression: 'zlib' | 'zstd'
  /** Clusters are kept by 32nds. */
  readonly subclusters: boolean
}

/** As much of the file as {@link readHeader} looks at. */
export const HEADER_BYTES = 112

const EXTERNAL_DATA = 1 << 2
const COMPRESSION = 1 << 3
const SUBCLUSTERS = 1 << 4
/** Dirty and corrupt are about the counts of references alone, which nobody needs for reading. */
const KNOWN = 0b11 | EXTERNAL_DATA | COMPRESSION | SUBCLUSTERS

/** QEMU opens no file with a larger one. */
const L1_LARGEST = 32 << 20

/**
 * @param bytes the first {@link HEADER_BYTES} of the file, or all of it where it is shorter
 * @param length bytes of the file
 * @throws KilnError (input) `KILN_IMAGE_DAMAGED`, `KILN_IMAGE_UNSUPPORTED`.
 */
export function readHeader(bytes: Buffer, length: number, where: string): Header {
  const damaged = (what: string) => imageDamaged(where, what)
  if (bytes.length < 72) throw damaged('the qcow2 file ends in its header')
  const version = bytes.readUInt32BE(4)
  if (version !== 2 && version !== 3)
    throw imageUnsupported(
      where,
      `version ${version} of qcow2 is not read`,
      'Write it anew with qemu-img convert -O qcow2.',
    )
  if (version === 3 && bytes.length < 104) throw damaged('the qcow2 file ends in its header')
  const features = version === 3 ? wanted(bytes, where) : 0
  refuse(bytes, features, where)
  const clusterBits = bytes.readUInt32BE(20)
  if (clusterBits < 9 || clusterBits > 21)
    throw damaged(`the qcow2 header names clusters of 2 to the ${clusterBits} bytes`)
  const subclusters = (features & SUBCLUSTERS) !== 0
  if (subclusters && clusterBits < 14) throw damaged('the qcow2 header names subclusters in small clusters')
  const size = Number(bytes.readBigUInt64BE(24))
  const l1Entries = bytes.readUInt32BE(36)
  const l1Offset = Number(bytes.readBigUInt64BE(40))
  if (!Number.isSafeInteger(size)) throw damaged('the qcow2 header names an impossible size of the disk')
  const needed = Math.ceil(size / 2 ** clusterBits / l2Entries(clusterBits, subclusters))
  if (needed * 8 > L1_LARGEST) throw damaged('the disk is larger than a qcow2 file can hold')
  if (l1Entries < needed || l1Offset % 512 !== 0 || l1Offset + needed * 8 > length)
    throw damaged('the first table of the qcow2 file does not lie in the file')
  return {
    version,
    size,
    clusterBits,
    l1Offset,
    l1Entries: needed,
    compression: compression(bytes, features, where),
    subclusters,
  }
}

/** Clusters of the disk that one table of the second level is about. */
export function l2Entries(clusterBits: number, subclusters: boolean): number {
  return 2 ** clusterBits / (subclusters ? 16 : 8)
}

function wanted(bytes: Buffer, where: string): number {
  const high = bytes.readUInt32BE(72)
  const low = bytes.readUInt32BE(76)
  if (high !== 0 || (low & ~KNOWN) !== 0) {
    const bit = high !== 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(low & ~KNOWN)
    throw imageUnsupported(
      where,
      `the qcow2 file needs feature ${bit}, which is not known`,
      'Write it anew with qemu-img convert -O qcow2.',
    )
  }
  return low
}

function refuse(bytes: Buffer, features: number, where: string): void {
  if (bytes.readUInt32BE(32) !== 0)
    throw imageUnsupported(
      where,
      'the qcow2 file is encrypted',
      'Write it without encryption, where its key is, with qemu-img convert.',
    )
  if (bytes.readBigUInt64BE(8) !== 0n)
    throw imageUnsupported(
      where,
      'the qcow2 file holds only what differs from another, its backing file',
      'Write both into one, where both are, with qemu-img convert -O qcow2.',
    )
  if (features & EXTERNAL_DATA)
    throw imageUnsupported(
      where,
      'the qcow2 file keeps its data in another file',
      'Give that file, if it is a raw disk, or write both into one with qemu-img convert -O qcow2.',
    )
}

function compression(bytes: Buffer, features: number, where: string): 'zlib' | 'zstd' {
  if (!(features & COMPRESSION)) return 'zlib'
  const length = bytes.readUInt32BE(100)
  const kind = length > 104 && bytes.length > 104 ? bytes[104]! : 0
  if (kind > 1)
    throw imageUnsupported(
      where,
      `the qcow2 file is compressed in a way (${kind}) that is not known`,
      'Write it anew with qemu-img convert -O qcow2.',
    )
  return kind === 1 ? 'zstd' : 'zlib'
}
