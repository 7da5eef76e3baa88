import { guestScript, type StageContext } from './stage.ts'

/**
 * Package operations ask for a new initramfs and a new boot menu again and again, and some of that cannot work where there
 * is no disk. While they run, stand-ins only note that one is wanted, and each is made once, at the end. The programs are
 * diverted in the way of the guest's packages: one that brings them anew is unpacked beside the stand-in, and scripts that
 * set a PATH of their own find it, too.
 */
const PROGRAMS = ['/usr/sbin/update-initramfs', '/usr/sbin/update-grub', '/usr/sbin/grub-install'] as const
const WANTED = '/var/tmp/kiln-wanted'

/** Kernels of the guest, and where those that were there at {@link hold} are noted. */
const KERNELS = 'find /boot -maxdepth 1 -name "vmlinuz-*" | sort'
const BEFORE = '/var/tmp/kiln-kernels'

/** Puts the stand-ins in place. To be followed by {@link release}; a tree whose stage fails is thrown away. */
export async function hold(context: StageContext): Promise<void> {
  await guestScript(
    context,
    `${KERNELS} >${BEFORE}
for program; do
  dpkg-divert --quiet --local --rename --divert "$program.held" --add "$program"
  # Hooks ask which implementation it is before they call it.
  printf '#!/bin/sh\\n[ "$1" != --version ] || exec "$0.held" "$@"\\n: >${WANTED}-%s\\n' "\${program##*/}" >"$program"
  chmod 755 "$program"
done`,
    PROGRAMS,
    { what: 'holding boot programs' },
  )
}

/** Puts the programs back. */
export async function release(context: StageContext): Promise<void> {
  await guestScript(
    context,
    `for program; do
  rm "$program"
  dpkg-divert --quiet --local --rename --remove "$program"
done`,
    PROGRAMS,
    { what: 'releasing boot programs' },
  )
}

/** Whether a package operation asked for it since {@link hold}; asked once, it is forgotten. */
async function wasWanted(
  context: StageContext,
  program: 'update-initramfs' | 'update-grub',
): Promise<boolean> {
  const { stdout } = await guestScript(context, '[ ! -e "$1" ] || { rm "$1"; echo yes; }', [
    `${WANTED}-${program}`,
  ])
  return stdout !== ''
}

/**
 * Whether the boot menu is of before: it was asked for, or kernels have come or gone since {@link hold}. Their own hooks do
 * nothing in what they take for a container.
 */
export async function menuWanted(context: StageContext): Promise<boolean> {
  const asked = await wasWanted(context, 'update-grub')
  const { stdout } = await guestScript(
    context,
    `${KERNELS} | cmp -s - ${BEFORE} || echo other; rm -f ${BEFORE}`,
  )
  return asked || stdout !== ''
}

/** Makes the initramfs of every kernel, if a package operation asked for one since {@link hold}. */
export async function makeInitramfs(context: StageContext): Promise<void> {
  if (!(await wasWanted(context, 'update-initramfs'))) return
  await guestScript(
    context,
    `settings=/etc/initramfs-tools/conf.d
# What only this machine needs cannot be told where there is none.
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
