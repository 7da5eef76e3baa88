import { expect, test } from 'vitest'
import { named, readFstab } from './fstab.ts'

test('lines of file systems with a place in the tree', () => {
  expect(
    readFstab(`# comment
PARTUUID=ab-12 / ext4 rw,discard,errors=remount-ro,x-systemd.growfs 0 1
LABEL=BOOT\t/boot/ ext4 defaults 0 2
UUID="AB12-CD34" /boot/efi vfat defaults,nofail 0 0
UUID=1 none swap sw 0 0

/dev/vdb /mnt/a\\040b auto noauto`),
  ).toEqual([
    { device: 'PARTUUID=ab-12', at: '/', kind: 'ext4', optional: false },
    { device: 'LABEL=BOOT', at: '/boot', kind: 'ext4', optional: false },
    { device: 'UUID=AB12-CD34', at: '/boot/efi', kind: 'vfat', optional: true },
    { device: '/dev/vdb', at: '/mnt/a b', kind: 'auto', optional: true },
  ])
})

const names = {
  uuid: 'ab12-cd34',
  label: 'BOOT',
  partition: { number: 16, uuid: 'dead-beef', name: 'boot part' },
}
test.each([
  ['UUID=AB12-CD34', true],
  ['UUID=AB12', false],
  ['LABEL=BOOT', true],
  ['LABEL=boot', false],
  ['PARTUUID=DEAD-BEEF', true],
  ['PARTLABEL=boot part', true],
  ['/dev/disk/by-uuid/ab12-cd34', true],
  ['/dev/disk/by-partuuid/ab12-cd34', false],
  ['/dev/vda16', true],
  ['/dev/sda1', false],
  ['/dev/nvme0n1p16', true],
  ['/dev/vda', false],
  ['/dev/mapper/vg-root', false],
])('%s: %s', (device, is) => expect(named(device, names)).toBe(is))

test('without a partition table the disk is its device', () => {
  const whole = {
    uuid: undefined,
    label: undefined,
    partition: { number: 0, uuid: undefined, name: undefined },
  }
  expect(named('/dev/vda', whole)).toBe(true)
  expect(named('/dev/vda1', whole)).toBe(false)
})
