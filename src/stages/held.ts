import { SANDBOX_ENV, type SandboxRunOptions } from '../tools/sandbox/sandbox.ts'
import { guestScript, type StageContext, toolScript } from './stage.ts'

/**
 * Package operations ask for a new initramfs and a new boot menu again and again. While they run, stand-ins that PATH
 * finds first only note that one is wanted, and each is made once, at the end. They are not mounted over the programs:
 * a package that brings these could not be unpacked.
 */
const STAND_INS = '/build/held'
const PROGRAMS = ['update-initramfs', 'update-grub', 'grub-install'] as const
const GUEST_STAND_INS = '/run/kiln/held'
const wanted = (program: (typeof PROGRAMS)[number]) => `/var/tmp/kiln-wanted-${program}`

/** What package operations are run with while programs are held. */
export type Held = Required<Pick<Parameters<StageContext['sandbox']['guest']>[2] & object, 'binds'>> &
  Required<Pick<SandboxRunOptions, 'env'>>

/** Prepares the stand-ins. */
export async function hold(context: StageContext): Promise<Held> {
  for (const program of PROGRAMS)
    await toolScript(context, 'mkdir -p "$1"; cat >"$1/$2"; chmod 755 "$1/$2"', [STAND_INS, program], {
      input: `#!/bin/sh\n: >${wanted(program)}\n`,
    })
  return {
    binds: [{ source: STAND_INS, target: GUEST_STAND_INS }],
    env: { PATH: `${GUEST_STAND_INS}:${SANDBOX_ENV.PATH}` },
  }
}

/** Whether a package operation asked for it since {@link hold}; asked once, it is forgotten. */
export async function wasWanted(context: StageContext, program: (typeof PROGRAMS)[number]): Promise<boolean> {
  const { stdout } = await guestScript(context, '[ ! -e "$1" ] || { rm "$1"; echo yes; }', [wanted(program)])
  return stdout !== ''
}

/** Makes the initramfs of every kernel, if a package operation asked for one since {@link hold}. */
export async function makeInitramfs(context: StageContext): Promise<void> {
  if (!(await wasWanted(context, 'update-initramfs'))) return
  await guestScript(
    context,
    // What only this machine needs cannot be told where there is none.
    `settings=/etc/initramfs-tools/conf.d
if grep -qs '^ *MODULES=dep' /etc/initramfs-tools/initramfs.conf "$settings"/*; then
  mkdir -p "$settings"
  echo MODULES=most >"$settings/zz-kiln"
fi
# -u leaves a kernel alone that has none yet, -c one that has: the file is there or not, both are right.
for kernel in /lib/modules/*; do
  release=\${kernel##*/}
  [ -e "/boot/vmlinuz-$release" ] || continue
  rm -f "/boot/initrd.img-$release"
  COMPRESSLEVEL=1 SOURCE_DATE_EPOCH="$1" update-initramfs -c -k "$release"
done
rm -f "$settings/zz-kiln"`,
    [String(context.epoch)],
    { what: 'update-initramfs', onLine: context.step.log, capture: false },
  )
}
