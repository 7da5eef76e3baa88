export type { BaseImage, Mount } from './base/facts.ts'
export { type LookedInto, lookInto } from './base/look.ts'
export { type BaseMount, contentOf, openBase } from './base/open.ts'
export { rewriteDisk } from './base/rewrite.ts'
export { prepareBoot } from './prepare.ts'
export { type Qcow2Options, writeQcow2 } from './qcow2/write.ts'
export {
  type Disk,
  type DiskPartition,
  type ExtFacts,
  type FileSystem,
  type FileSystemKind,
  follow,
  openDisk,
  type PartitionKind,
  type PartitionTable,
  readSmall,
} from './read/index.ts'
export { COMMAND_LINE, type DiskRequest, type Firmware, type Partition, type WrittenDisk } from './request.ts'
export { grubStandIn } from './stand-in.ts'
export { type TarOptions, tarOf } from './tar.ts'
export type { TreeEntry, TreeReader } from './tree.ts'
export { writeDisk } from './write.ts'
