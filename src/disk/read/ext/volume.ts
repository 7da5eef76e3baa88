import type { KilnError } from '../../../core/error.ts'
import type { Bytes } from '../bytes.ts'
import { fileSystemDamaged } from '../errors.ts'
import { type Inode, readInode } from './inode.ts'
import type { ExtFacts } from './superblock.ts'

/** The inodes of a group from this one on were never used; what lies there is no inode. */
const INODES_UNUSED = 1

/** Blocks and inodes of an ext file system by their numbers, none of which is believed. */
export class Volume {
  readonly facts: ExtFacts
  readonly #bytes: Bytes
  readonly #where: string
  /** Block where the inodes of a group begin, and how many of them are in use at most. */
  readonly #groups = new Map<number, Promise<{ readonly table: number; readonly used: number }>>()

  /** @param where what errors begin with */
  constructor(bytes: Bytes, facts: ExtFacts, where: string) {
    this.#bytes = bytes
    this.facts = facts
    this.#where = where
  }

  damaged(what: string): KilnError {
    return fileSystemDamaged(this.#where, what)
  }

  /** Whether these blocks can hold something: they lie in the file system, and not before its first. */
  holds(first: number, count: number): boolean {
    return first > this.facts.layout.firstDataBlock && count > 0 && first + count <= this.facts.blocks
  }

  /** @param owner what the error names when they do not exist */
  async blocks(first: number, count: number, owner: string): Promise<Buffer> {
    if (!this.holds(first, count)) throw this.damaged(`${owner} leads to blocks that do not exist (${first})`)
    const { blockSize } = this.facts
    return this.#bytes.read(first * blockSize, count * blockSize)
  }

  async inode(number: number): Promise<Inode> {
    const { facts } = this
    if (!Number.isInteger(number) || number < 1 || number > facts.inodes)
      throw this.damaged(`inode ${number} does not exist`)
    const { inodesPerGroup } = facts.layout
    const index = (number - 1) % inodesPerGroup
    const { table, used } = await this.#group(Math.floor((number - 1) / inodesPerGroup))
    if (index >= used) throw this.damaged(`inode ${number} is in use, but not by what its group says`)
    const bytes = await this.#bytes.read(table * facts.blockSize + index * facts.inodeSize, facts.inodeSize)
    return readInode(bytes, number, facts, (what) => this.damaged(`inode ${number} ${what}`))
  }

  #group(group: number): Promise<{ readonly table: number; readonly used: number }> {
    let known = this.#groups.get(group)
    if (!known) {
      known = this.#readGroup(group)
      // Few are asked for at a time; all of them may be a million.
      if (this.#groups.size > 10_000) this.#groups.clear()
      this.#groups.set(group, known)
      known.catch(() => this.#groups.delete(group))
    }
    return known
  }

  async #readGroup(group: number): Promise<{ readonly table: number; readonly used: number }> {
    const { blockSize, inodeSize, layout, all } = this.facts
    const perBlock = blockSize / layout.descriptorSize
    const block = this.#descriptorBlock(Math.floor(group / perBlock), perBlock)
    if (block >= this.facts.blocks) throw this.damaged(`the descriptor of group ${group} does not exist`)
    const at = block * blockSize + (group % perBlock) * layout.descriptorSize
    const bytes = await this.#bytes.read(at, layout.descriptorSize)
    const high = layout.descriptorSize >= 64 ? bytes.readUInt32LE(0x28) * 2 ** 32 : 0
    const table = bytes.readUInt32LE(8) + high
    if (!this.holds(table, Math.ceil((layout.inodesPerGroup * inodeSize) / blockSize)))
      throw this.damaged(`the inodes of group ${group} do not lie in it`)
    if (!all.has('uninit_bg') && !all.has('metadata_csum')) return { table, used: layout.inodesPerGroup }
    if (bytes.readUInt16LE(0x12) & INODES_UNUSED) return { table, used: 0 }
    const unusedHigh = layout.descriptorSize >= 64 ? bytes.readUInt16LE(0x32) * 2 ** 16 : 0
    return { table, used: layout.inodesPerGroup - bytes.readUInt16LE(0x1c) - unusedHigh }
  }

  /** Block number `index` of those that hold the descriptors of groups. */
  #descriptorBlock(index: number, perBlock: number): number {
    const { blockSize, layout } = this.facts
    // The block of the superblock is the second where blocks are of 1 KiB.
    const superblock = blockSize === 1024 ? 1 : 0
    if (index < layout.firstMetaGroup) return superblock + 1 + index
    const group = index * perBlock
    const start = layout.firstDataBlock + group * layout.blocksPerGroup
    // With clusters the first data block is 0 though the superblock lies in block 1.
    const shifted = group === 0 && superblock > layout.firstDataBlock ? 1 : 0
    return start + shifted + (this.#hasSuperblock(group) ? 1 : 0)
  }

  #hasSuperblock(group: number): boolean {
    const { all, layout } = this.facts
    if (group === 0) return true
    if (all.has('sparse_super2')) return layout.backupGroups.includes(group)
    if (group === 1 || !all.has('sparse_super')) return true
    return [3, 5, 7].some((base) => {
      let power = base
      while (power < group) power *= base
      return power === group
    })
  }
}
