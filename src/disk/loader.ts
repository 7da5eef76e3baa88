import { inputError } from '../core/error.ts'
import type { Sandbox } from '../tools/sandbox/sandbox.ts'
import type { EspFile } from './esp.ts'
import { identity } from './identity.ts'
import type { DiskRequest } from './request.ts'

/** GRUB's images for PC BIOS in the guest, where its own grub-install puts them, too. */
export const BOOT_IMAGE = '/boot/grub/i386-pc/boot.img'
export const CORE_IMAGE = '/boot/grub/i386-pc/core.img'

/**
 * What GRUB runs first on either firmware: it looks for the root file system and goes on with the configuration there.
 * The hint is where it usually is; without it, it would try every disk and partition first.
 */
export function searchRoot(uuid: string): string {
  return `search.fs_uuid ${uuid} root hd0,gpt1\nset prefix=($root)'/boot/grub'\n`
}

const SHIM = '/usr/lib/shim'
const SIGNED_GRUB = '/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed'

/**
 * What lies on the EFI system partition: the chain shim → GRUB, both signed by the distribution, once where firmware
 * without boot entries looks (EFI/BOOT) and once in the distribution's own folder. GRUB reads its configuration from
 * the latter wherever it was started from. The fallback program fbx64.efi stays out of EFI/BOOT: there, shim would
 * start it first, and it would write boot entries and restart the machine.
 * @param scratch folder to write the configuration in
 */
export async function espFiles(request: DiskRequest, scratch: string): Promise<EspFile[]> {
  const { sandbox, tree, vendor, seed } = request
  if (!/^[a-z0-9]+$/.test(vendor))
    throw inputError('KILN_DISK_VENDOR', `'${vendor}' cannot name a folder of boot loaders.`)
  const config = `${scratch}/grub.cfg`
  await sandbox.run(['sh', '-euc', 'cat >"$1"', 'sh', config], {
    input: `${searchRoot(identity(seed).root)}configfile $prefix/grub.cfg\n`,
  })
  const wanted = [
    { path: 'EFI/BOOT/BOOTX64.EFI', from: `${SHIM}/shimx64.efi.signed` },
    { path: 'EFI/BOOT/grubx64.efi', from: SIGNED_GRUB },
    { path: 'EFI/BOOT/mmx64.efi', from: `${SHIM}/mmx64.efi.signed` },
    { path: `EFI/${vendor}/shimx64.efi`, from: `${SHIM}/shimx64.efi.signed` },
    { path: `EFI/${vendor}/grubx64.efi`, from: SIGNED_GRUB },
    { path: `EFI/${vendor}/mmx64.efi`, from: `${SHIM}/mmx64.efi.signed` },
    { path: `EFI/${vendor}/fbx64.efi`, from: `${SHIM}/fbx64.efi.signed` },
    { path: `EFI/${vendor}/BOOTX64.CSV`, from: `${SHIM}/BOOTX64.CSV` },
  ]
  const sources = await guestFiles(
    sandbox,
    tree,
    wanted.map(({ from }) => from),
  )
  return [
    ...wanted.map(({ path }, i) => ({ path, source: sources[i]! })),
    { path: `EFI/${vendor}/grub.cfg`, source: config },
  ]
}

/**
 * Sandbox paths of files of the guest. A symbolic link on the way is refused: a program of the tools tree would follow
 * it out of the guest.
 * @throws KilnError `KILN_DISK_LOADER` when one is missing or behind a link.
 */
export async function guestFiles(
  sandbox: Sandbox,
  tree: string,
  paths: readonly string[],
): Promise<string[]> {
  const asked = [...new Set(paths)]
  const { stdout } = await sandbox.run(['realpath', '-e', '-q', tree, ...asked.map((path) => tree + path)], {
    accept: [0, 1],
  })
  const [root, ...real] = stdout.split('\n')
  const missing = asked.find((path) => !real.includes(root + path))
  if (missing !== undefined)
    throw inputError('KILN_DISK_LOADER', `The guest has no file ${missing}, which it needs to start.`, {
      hint: "Its package of boot loaders is missing or incomplete (Debian: 'grub-cloud-amd64').",
    })
  return paths.map((path) => root + path)
}
