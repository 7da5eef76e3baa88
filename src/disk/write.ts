import { inputError } from '../core/error.ts'
import { writeEsp } from './esp.ts'
import { survey, writeExt4 } from './ext4.ts'
import { gpt, PARTITION_TYPE } from './gpt.ts'
import { BOOT_CODE_BYTES, grubPatches } from './grub-pc.ts'
import { fatUuid, identity } from './identity.ts'
import { type Extent, layout } from './layout.ts'
import { BOOT_IMAGE, CORE_IMAGE, espFiles, guestFiles } from './loader.ts'
import { put } from './put.ts'
import type { DiskRequest, Partition, WrittenDisk } from './request.ts'

/** Numbers as Debian's and Ubuntu's own cloud images have them: the root is /dev/vda1 wherever it lies. */
const NUMBERS = { root: 1, bios: 14, esp: 15 } as const

/**
 * Writes a tree that {@link prepareBoot} has prepared as a sparse raw disk, `disk.raw` in the request's work folder.
 * The tree is only read. The same tree, epoch, seed and size give the same bytes on every machine.
 * @throws KilnError `KILN_DISK_SIZE` when the content does not fit into the given size.
 */
export async function writeDisk(request: DiskRequest): Promise<WrittenDisk> {
  const { sandbox, tree, work, epoch, firmware } = request
  if (firmware.length === 0)
    throw inputError('KILN_DISK_FIRMWARE', 'A disk needs at least one firmware that can start it.')
  const ids = identity(request.seed)
  const raw = `${work}/disk.raw`
  const scratch = `${work}/disk.scratch`
  await sandbox.run(['sh', '-euc', 'rm -rf "$1" "$2"; mkdir "$2"', 'sh', raw, scratch])
  const found = await survey(sandbox, tree, epoch, scratch)
  const plan = layout(found, firmware, request.size)
  await sandbox.run(['truncate', '-s', String(plan.bytes), raw])
  // The file system first: it discards the whole of its part of the file.
  await writeExt4(sandbox, raw, plan.root, {
    tree,
    found,
    epoch,
    identity: ids,
    without: request.ext4Without,
    inodeRatio: plan.inodeRatio,
  })
  if (plan.esp)
    await writeEsp(sandbox, raw, plan.esp, {
      id: ids.esp,
      epoch,
      files: await espFiles(request, scratch),
    })
  const partitions = (['root', 'bios', 'esp'] as const).flatMap((kind): Partition[] => {
    const extent: Extent | undefined = plan[kind]
    return extent ? [{ number: NUMBERS[kind], kind, uuid: ids.partitions[kind], ...extent }] : []
  })
  const table = gpt(
    plan.bytes,
    ids.disk,
    partitions.map((partition) => ({
      ...partition,
      type: PARTITION_TYPE[partition.kind],
      name: partition.kind,
    })),
  )
  const loader = plan.bios ? await biosLoader(request, plan.bios) : []
  await put(sandbox, raw, [...loader, ...table])
  await sandbox.run(['rm', '-rf', scratch])
  return {
    raw,
    bytes: plan.bytes,
    partitions,
    rootUuid: ids.root,
    espId: plan.esp ? fatUuid(ids.esp) : undefined,
  }
}

/** The guest's own GRUB for PC BIOS, as {@link prepareBoot} had it made, at its places on the disk. */
async function biosLoader({ sandbox, tree }: DiskRequest, { offset, bytes }: Extent) {
  const [boot, core] = await guestFiles(sandbox, tree, [BOOT_IMAGE, CORE_IMAGE])
  const { stdout } = await sandbox.run(['stat', '-c', '%s', core!])
  const size = Number(stdout)
  if (size > bytes)
    throw inputError(
      'KILN_DISK_LOADER',
      `The guest's boot loader is too large for its partition: ${size} bytes.`,
    )
  return [
    { offset: 0, limit: BOOT_CODE_BYTES, path: boot! },
    { offset, limit: size, path: core! },
    ...grubPatches(offset, size),
  ]
}
