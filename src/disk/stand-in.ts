import type { Mount } from './base/facts.ts'

/**
 * A script in place of grub-probe and grub-mkrelpath, for `grub-mkconfig` in a tree that is no disk yet: it says what
 * these programs will find when the guest runs. The tree may be any folder of a mount, and there are no devices.
 * @param mounts file systems of the disk, the root first.
 * @param table kind of its partition table, as GRUB calls it.
 */
export function grubStandIn(mounts: readonly Mount[], table: 'gpt' | 'msdos'): string {
  const deepest = [...mounts].sort((a, b) => b.at.length - a.at.length)
  const below = ({ at }: Mount) => (at === '/' ? '*' : `${at}|${at}/*`)
  const cases = deepest.map((mount) => {
    const place = mount.partition === 0 ? 'hd0' : `hd0,${table}${mount.partition}`
    return `    ${below(mount)}) at=${mount.at} uuid=${mount.uuid} partition=${mount.partitionUuid} label=${mount.label} place=${place} ;;`
  })
  const devices = mounts.map(({ uuid, at }) => `    *by-uuid/${uuid}) what=${at} ;;`)
  return `#!/bin/sh
look() {
  what=$1
  case $what in
${devices.join('\n')}
    *) what=$(readlink -f -- "$what") ;;
  esac
  case $what in
${cases.join('\n')}
  esac
}
case $0 in
  */grub-mkrelpath)
    for path; do :; done
    look "$path"
    path=$(readlink -f -- "$path")
    [ "$at" = / ] || path=\${path#"$at"}
    echo "\${path:-/}"
    exit
    ;;
esac
target=device
asked=/
while [ $# -gt 0 ]; do
  case $1 in
    --target=*) target=\${1#--target=} ;;
    --target | -t) target=$2; shift ;;
    --device | -d) ;;
    -*) ;;
    *) asked=$1 ;;
  esac
  shift
done
look "$asked"
case $target in
  device) echo "/dev/disk/by-uuid/$uuid" ;;
  fs_uuid) echo "$uuid" ;;
  partuuid) echo "$partition" ;;
  fs_label) echo "$label" ;;
  fs) echo ext2 ;;
  partmap) ${mounts[0]?.partition === 0 ? ':' : `echo ${table}`} ;;
  drive) echo "($place)" ;;
  compatibility_hint) echo "$place" ;;
  hints_string) echo "--hint=$place" ;;
esac
`
}
