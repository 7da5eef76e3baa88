import type { Drive, Machine } from './types.ts'

/** Where the tools tree has the firmware of UEFI guests. */
const OVMF = '/usr/share/OVMF'

/** Files of a UEFI firmware: its code, and the template of its variables (the `ms` one holds the Microsoft keys). */
export function firmwareFiles(
  firmware: Machine['firmware'],
): { readonly code: string; readonly variables: string } | undefined {
  switch (firmware) {
    case 'bios':
      return undefined
    case 'uefi':
      return { code: `${OVMF}/OVMF_CODE_4M.fd`, variables: `${OVMF}/OVMF_VARS_4M.fd` }
    case 'secureboot':
      return { code: `${OVMF}/OVMF_CODE_4M.secboot.fd`, variables: `${OVMF}/OVMF_VARS_4M.ms.fd` }
  }
}

/** Where a guest's own files lie in its sandbox. */
export const PLACE = {
  image: '/in/image',
  /** Throw-away disks lie in the sandbox's memory, those that are kept in a folder of the host. */
  overlay: '/build/disk.qcow2',
  kept: '/in/disk',
  variables: '/build/variables.fd',
  report: '/build/report',
} as const

/**
 * Arguments of `qemu-system-x86_64` for one guest. The console is standard output, the report channel (the guest's
 * ttyS1) the named pipe {@link PLACE.report}. Nothing of the user's configuration is read, no window, no default device.
 */
export function qemuArguments(machine: Machine): string[] {
  const uefi = firmwareFiles(machine.firmware)
  const secure = machine.firmware === 'secureboot'
  return [
    'qemu-system-x86_64',
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    // Secure Boot needs the variables out of the guest kernel's reach, which is what system management mode is for.
    // Without graphics the BIOS, too, speaks on the serial console.
    ...['-machine', `q35,smm=${secure ? 'on' : 'off'},vmport=off,graphics=off`],
    ...(secure ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
    ...(machine.accelerator === 'kvm'
      ? ['-accel', 'kvm', '-cpu', 'host']
      : ['-accel', 'tcg,thread=multi', '-cpu', 'max']),
    ...['-m', `${machine.memory}M`, '-smp', String(machine.cpus), '-rtc', 'base=utc'],
    ...['-uuid', machine.uuid],
    ...smbios(machine),
    ...(uefi
      ? [
          ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${uefi.code}`],
          ...['-drive', `if=pflash,unit=1,format=raw,file=${PLACE.variables}`],
        ]
      : []),
    ...['-chardev', 'stdio,id=console,signal=off', '-device', 'isa-serial,chardev=console,index=0'],
    ...['-chardev', `file,id=report,path=${PLACE.report}`, '-device', 'isa-serial,chardev=report,index=1'],
    ...['-object', 'rng-random,id=random,filename=/dev/urandom', '-device', 'virtio-rng-pci,rng=random'],
    ...drives(machine),
    ...network(machine),
  ]
}

function smbios(machine: Machine): string[] {
  if (!machine.product) return []
  return ['-smbios', `type=1,manufacturer=OpenStack Foundation,product=${escapeValue(machine.product)}`]
}

function drives(machine: Machine): string[] {
  const all: readonly Drive[] = [{ path: machine.disk, format: 'qcow2' }, ...machine.drives]
  const scsi = machine.bus === 'virtio-scsi'
  return [
    ...(scsi ? ['-device', 'virtio-scsi-pci,id=scsi'] : []),
    ...all.flatMap((drive, n) => [
      '-blockdev',
      // A throw-away disk needs no sync; losing it costs another boot.
      `driver=${drive.format},node-name=disk${n},${drive.readOnly ? 'read-only=on,' : ''}cache.no-flush=on,discard=unmap,` +
        `file.driver=file,file.filename=${escapeValue(drive.path)}${drive.readOnly ? ',file.read-only=on' : ''}`,
      '-device',
      `${scsi ? 'scsi-hd,bus=scsi.0' : 'virtio-blk-pci'},drive=disk${n}${n === 0 ? ',bootindex=1' : ''}`,
    ]),
  ]
}

/**
 * The guest's network. `metadata` puts the address of clouds' metadata service into the guest's own network, because
 * QEMU forwards only addresses of that: a /4 that holds both 169.254.169.254 and the private 172.16.0.0/12.
 */
function network(machine: Machine): string[] {
  const net = machine.network
  if (net.kind === 'none') return []
  // No boot from the network: its ROM would only cost time.
  const card = ['-device', 'virtio-net-pci,netdev=net,romfile=']
  if (net.kind === 'tap')
    return ['-netdev', `tap,id=net,ifname=${net.device},script=no,downscript=no`, ...card]
  const forwards = net.forwards ?? []
  const user = [
    'user,id=net',
    `restrict=${net.kind === 'restricted' ? 'on' : 'off'}`,
    ...(net.wide ? ['net=160.0.0.0/4', 'host=172.16.77.1', 'dns=172.16.77.3', 'dhcpstart=172.16.77.15'] : []),
    'ipv4=on',
    'ipv6=on',
    // QEMU's own prefix is site-local, which no system counts as an address of the world any more.
    'ipv6-net=fd4b:696c:6e00::/64',
    ...forwards.map(
      ({ address, port, command }) => `guestfwd=tcp:${address}:${port}-cmd:${escapeValue(command)}`,
    ),
  ]
  return ['-netdev', user.join(','), ...card]
}

/** A value inside a comma-separated QEMU option. */
function escapeValue(value: string): string {
  return value.replaceAll(',', ',,')
}
