import type { Bind } from '../tools/sandbox/sandbox.ts'
import { guestScript, type StageContext, toolScript } from './stage.ts'

/**
 * Package operations ask for a new initramfs again and again. While they run, a stand-in only notes that one is
 * wanted; {@link makeInitramfs} makes it once, at the end.
 */
const STAND_IN = '/build/update-initramfs'
const WANTED = '/var/tmp/kiln-initramfs-wanted'

/** Prepares the stand-in. @returns the bind to give to package operations. */
export async function holdInitramfs(context: StageContext): Promise<Bind> {
  await toolScript(context, 'cat >"$1"; chmod 755 "$1"', [STAND_IN], {
    input: `#!/bin/sh\n: >${WANTED}\n`,
  })
  return { source: STAND_IN, target: '/usr/sbin/update-initramfs' }
}

/** Makes the initramfs of every kernel, if a package operation asked for one since {@link holdInitramfs}. */
export async function makeInitramfs(context: StageContext): Promise<void> {
  await guestScript(
    context,
    `[ -e ${WANTED} ] || exit 0
rm ${WANTED}
# -u leaves a kernel alone that has none yet, -c one that has: the file is there or not, both are right.
for kernel in /lib/modules/*; do
  release=\${kernel##*/}
  [ -e "/boot/vmlinuz-$release" ] || continue
  rm -f "/boot/initrd.img-$release"
  COMPRESSLEVEL=1 SOURCE_DATE_EPOCH="$1" update-initramfs -c -k "$release"
done`,
    [String(context.epoch)],
    { what: 'update-initramfs', onLine: context.step.log, capture: false },
  )
}
