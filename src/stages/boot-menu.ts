import { grubStandIn, type Mount } from '../disk/index.ts'
import { menuWanted } from './held.ts'
import { guestScript, type StageContext, toolScript } from './stage.ts'

/** What a boot menu is written for: the disk that the tree came from and goes back to. */
export interface BootDisk {
  readonly mounts: readonly Mount[]
  readonly table: 'gpt' | 'msdos'
}

const STAND_IN = '/build/grub-stand-in'
const EMPTY = '/build/grub-device'

/**
 * Writes GRUB's menu anew, if a package operation asked for it since `hold` and there is one: a kernel that came is in
 * it then. The boot loader itself is left as it is on its disk; it reads the menu by its path.
 */
export async function makeBootMenu(context: StageContext, { mounts, table }: BootDisk): Promise<void> {
  if (!(await menuWanted(context))) return
  await toolScript(context, 'cat >"$1"; chmod 755 "$1"; mkdir -p "$2"', [STAND_IN, EMPTY], {
    input: grubStandIn(mounts, table),
  })
  const devices = mounts.flatMap(({ uuid, partitionUuid }) => [
    `/dev/disk/by-uuid/${uuid}`,
    ...(partitionUuid ? [`/dev/disk/by-partuuid/${partitionUuid}`] : []),
  ])
  await guestScript(context, '[ ! -e /boot/grub/grub.cfg ] || grub-mkconfig -o /boot/grub/grub.cfg', [], {
    what: 'grub-mkconfig',
    capture: false,
    onLine: context.step.log,
    binds: [
      { source: STAND_IN, target: '/usr/sbin/grub-probe' },
      { source: STAND_IN, target: '/usr/bin/grub-mkrelpath' },
      ...devices.map((target) => ({ source: EMPTY, target })),
    ],
  })
}
