import { crc32, deflateRawSync } from 'node:zlib'

/** A file of an archive. */
export interface Entry {
  readonly path: string
  readonly bytes: Buffer
}

/** A zip archive. */
export function zipOf(entries: readonly Entry[]): Buffer {
  const files: Buffer[] = []
  const index: Buffer[] = []
  let at = 0
  for (const { path, bytes } of entries) {
    const name = Buffer.from(path)
    const packed = deflateRawSync(bytes)
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt16LE(8, 4)
    // 1980-01-01, the first day that there is.
    facts.writeUInt16LE(0x21, 8)
    facts.writeUInt32LE(crc32(bytes), 10)
    facts.writeUInt32LE(packed.length, 14)
    facts.writeUInt32LE(bytes.length, 18)
    facts.writeUInt16LE(name.length, 22)
    const file = Buffer.concat([Buffer.from('PK\x03\x04'), facts, name, packed])
    const more = Buffer.alloc(14)
    more.writeUInt32LE(0o100644 * 0x10000, 6)
    more.writeUInt32LE(at, 10)
    index.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), facts, more, name]))
    files.push(file)
    at += file.length
  }
  const end = Buffer.alloc(18)
  const size = index.reduce((sum, each) => sum + each.length, 0)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(size, 8)
  end.writeUInt32LE(at, 12)
  return Buffer.concat([...files, ...index, Buffer.from('PK\x05\x06'), end])
}

/** A tar archive. */
export function tarOf(entries: readonly Entry[]): Buffer {
  const blocks: Buffer[] = []
  for (const { path, bytes } of entries) {
    const head = Buffer.alloc(512)
    head.write(path, 0)
    head.write('0000644\0', 100)
    // Somebody whom a sandbox does not know.
    head.write('7777777\0', 108)
    head.write('7777777\0', 116)
    head.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124)
    head.write('00000000000\0', 136)
    head.write('        ', 148)
    head.write('0', 156)
    head.write('ustar\x0000', 257)
    const sum = head.reduce((total, byte) => total + byte, 0)
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    blocks.push(head, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512))
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}
