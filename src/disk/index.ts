export { prepareBoot } from './prepare.ts'
export { type Qcow2Options, writeQcow2 } from './qcow2/write.ts'
export { COMMAND_LINE, type DiskRequest, type Firmware, type Partition, type WrittenDisk } from './request.ts'
export { writeDisk } from './write.ts'
