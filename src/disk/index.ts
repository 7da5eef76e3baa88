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
export { writeDisk } from './write.ts'
