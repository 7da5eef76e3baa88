import { readFile } from 'node:fs/promises'
import { inputError } from '../core/error.ts'
import { fatUuid, identity } from './identity.ts'
import { searchRoot } from './loader.ts'
import { COMMAND_LINE, type DiskRequest } from './request.ts'
import { grubStandIn } from './stand-in.ts'

/**
 * Makes a finished tree bootable: /etc/fstab, GRUB's settings, modules and images, and grub.cfg, which the guest's own
 * `grub-mkconfig` writes. So a later `update-grub` in the running guest writes the same kind of file, and upgrades of
 * GRUB there install themselves for both firmwares.
 *
 * Everything is done by programs of the guest with its tree as their root.
 * @throws KilnError `KILN_DISK_COMMAND_LINE` when the kernel command line has characters that GRUB would interpret.
 */
export async function prepareBoot(request: DiskRequest): Promise<void> {
  const { sandbox, tree, work, firmware } = request
  const ids = identity(request.seed)
  const empty = `${work}/disk.empty`
  const answers = `${work}/disk.answers`
  await sandbox.run(['sh', '-euc', 'mkdir -p "$1"; cat >"$2"; chmod 755 "$2"', 'sh', empty, answers], {
    input: grubStandIn(
      [{ at: '/', partition: 1, uuid: ids.root, label: 'root', partitionUuid: ids.partitions.root }],
      'gpt',
    ),
  })
  const script = await readFile(new URL('prepare.sh', import.meta.url), 'utf8')
  await sandbox.guest(tree, ['/bin/sh', '-euc', script], {
    what: 'Preparing the boot loader',
    capture: false,
    env: {
      KILN_FSTAB: fstab(request),
      KILN_DEFAULTS: defaults(request),
      KILN_SEARCH: searchRoot(ids.root),
      KILN_BIOS: firmware.includes('bios') ? '1' : '',
      KILN_UEFI: firmware.includes('uefi') ? '1' : '',
    },
    binds: [
      // There is no device yet that GRUB could ask, and the tree may be any folder of a mount.
      { source: answers, target: '/usr/sbin/grub-probe' },
      { source: answers, target: '/usr/bin/grub-mkrelpath' },
      { source: empty, target: `/dev/disk/by-uuid/${ids.root}` },
    ],
  })
  await sandbox.run(['rm', '-rf', empty, answers])
}

function fstab({ firmware, seed }: DiskRequest): string {
  const ids = identity(seed)
  const esp = `UUID=${fatUuid(ids.esp)} /boot/efi vfat umask=0077,nofail 0 0\n`
  return `UUID=${ids.root} / ext4 defaults,discard,errors=remount-ro 0 1\n${firmware.includes('uefi') ? esp : ''}`
}

/** GRUB's settings; the file is read after the distribution's own /etc/default/grub. */
function defaults({ commandLine = COMMAND_LINE, timeout = 1 }: DiskRequest): string {
  // It goes through a shell and then through GRUB's own language.
  if (!/^[\w.,:=/+@% -]*$/.test(commandLine))
    throw inputError(
      'KILN_DISK_COMMAND_LINE',
      `The kernel command line '${commandLine}' has characters that the boot loader would not hand on.`,
      { hint: 'Letters, digits, spaces and . , : = / + @ % _ - are possible.' },
    )
  return `GRUB_TIMEOUT=${timeout}
GRUB_CMDLINE_LINUX_DEFAULT=""
GRUB_CMDLINE_LINUX="${commandLine}"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
`
}
