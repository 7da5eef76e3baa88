import { nameOfBytes } from '../../../core/names.ts'
import { aclOfDisk } from './acl.ts'
import { wholeData } from './data.ts'
import type { Inode } from './inode.ts'
import type { Volume } from './volume.ts'

const MAGIC = 0xea020000
/** Linux lets no value be larger. */
const LARGEST = 65536
/** All of one inode together: entries may share a value, and a small image must not become much memory. */
const LARGEST_TOGETHER = 4 << 20

/** What names begin with, by number. */
const PREFIXES: Readonly<Record<number, string>> = {
  0: '',
  1: 'user.',
  2: 'system.posix_acl_access',
  3: 'system.posix_acl_default',
  4: 'trusted.',
  6: 'security.',
  7: 'system.',
  8: 'system.richacl',
}
/** The rest of the content of a file that lies in its inode. */
const INLINE = 'system.data'

interface Attribute {
  readonly name: string
  readonly value: Buffer
  /** Inode that holds the value instead, 0 without. */
  readonly elsewhere: number
  readonly size: number
}

const NONE: ReadonlyMap<string, Buffer> = new Map()

/** Extended attributes of an inode by full name, as `getfattr` of a machine that mounts it gives them. */
export async function attributesOf(volume: Volume, inode: Inode): Promise<ReadonlyMap<string, Buffer>> {
  const found = inInode(volume, inode)
  if (inode.attributes !== 0) found.push(...(await inBlock(volume, inode)))
  if (found.length === 0) return NONE
  if (found.reduce((sum, { size }) => sum + size, 0) > LARGEST_TOGETHER)
    throw wrong(volume, inode, `have more than ${LARGEST_TOGETHER} bytes`)
  const attributes = new Map<string, Buffer>()
  for (const attribute of found) {
    const { name } = attribute
    if (name === INLINE) continue
    const value = attribute.elsewhere === 0 ? attribute.value : await valueElsewhere(volume, inode, attribute)
    const acl = name.startsWith('system.posix_acl_')
    attributes.set(name, acl ? aclOfDisk(value) : Buffer.from(value))
  }
  return attributes
}

/** Content behind the first 60 bytes of a file whose content lies in its inode. */
export function inlineRest(volume: Volume, inode: Inode): Buffer {
  return inInode(volume, inode).find(({ name }) => name === INLINE)?.value ?? Buffer.alloc(0)
}

function inInode(volume: Volume, inode: Inode): Attribute[] {
  const { rest } = inode
  if (rest.length < 8 || rest.readUInt32LE(0) !== MAGIC) return []
  // Values are counted from the first entry on.
  return entries(volume, inode, rest.subarray(4), 0)
}

async function inBlock(volume: Volume, inode: Inode): Promise<Attribute[]> {
  const block = await volume.blocks(inode.attributes, 1, `the attributes of inode ${inode.number}`)
  if (block.readUInt32LE(0) !== MAGIC) throw wrong(volume, inode, 'lie in a block without their mark')
  return entries(volume, inode, block, 32)
}

/** @param from where in `bytes` the entries begin; values are counted from its start on */
function entries(volume: Volume, inode: Inode, bytes: Buffer, from: number): Attribute[] {
  const found: Attribute[] = []
  let at = from
  while (at + 4 <= bytes.length && bytes.readUInt32LE(at) !== 0) {
    if (at + 16 > bytes.length) throw wrong(volume, inode, 'do not end')
    const length = bytes[at]!
    const start = bytes.readUInt16LE(at + 2)
    const elsewhere = bytes.readUInt32LE(at + 4)
    const size = bytes.readUInt32LE(at + 8)
    const prefix = PREFIXES[bytes[at + 1]!] ?? `unknown${bytes[at + 1]}.`
    if (at + 16 + length > bytes.length) throw wrong(volume, inode, 'do not end')
    if (size > LARGEST || (elsewhere === 0 && start + size > bytes.length))
      throw wrong(volume, inode, 'have a value that does not lie there')
    found.push({
      name: prefix + nameOfBytes(bytes.subarray(at + 16, at + 16 + length)),
      value: elsewhere === 0 ? bytes.subarray(start, start + size) : bytes.subarray(0, 0),
      elsewhere,
      size,
    })
    at += 16 + Math.ceil(length / 4) * 4
  }
  return found
}

async function valueElsewhere(volume: Volume, inode: Inode, { elsewhere, size }: Attribute): Promise<Buffer> {
  if (!volume.facts.all.has('ea_inode'))
    throw wrong(volume, inode, 'have a value in an inode, which they may not')
  const holder = await volume.inode(elsewhere)
  if (!holder.attributeValue || holder.size !== size || holder.shape === 'inline')
    throw wrong(volume, inode, `have a value in inode ${elsewhere}, which holds none`)
  return wholeData(volume, holder)
}

function wrong(volume: Volume, inode: Inode, what: string): Error {
  return volume.damaged(`the attributes of inode ${inode.number} ${what}`)
}
