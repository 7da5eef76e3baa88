import { prepareBoot, rewriteDisk, writeDisk } from '../disk/index.ts'
import type { Plan } from '../plan/plan.ts'
import { type StageContext, TREE } from '../stages/stage.ts'

/** A raw disk in the sandbox of a build. */
export interface RawDisk {
  /** A sandbox path. */
  readonly raw: string
  /** Its virtual size. */
  readonly bytes: number
}

const WORK = '/build/disk'

/**
 * Writes the finished tree as a raw disk: one of its own, or the disk image that the tree came from with the tree as it
 * is now. `before` is called when nothing of the tree will change any more.
 */
export async function makeDisk(
  planned: Plan,
  { sandbox, object }: StageContext,
  before: () => Promise<void> | undefined,
): Promise<RawDisk> {
  await sandbox.run(['mkdir', '-p', WORK])
  const common = { sandbox, tree: TREE, work: WORK, epoch: planned.epoch, size: planned.disk.size }
  if (planned.image) {
    await before()
    return rewriteDisk({ ...common, image: object(planned.image.sha256) })
  }
  const request = {
    ...common,
    seed: planned.key,
    firmware: planned.disk.firmware,
    vendor: planned.os.family,
    ext4Without: planned.os.ext4Without,
  }
  await prepareBoot(request)
  await before()
  return writeDisk(request)
}
