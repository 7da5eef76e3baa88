import { describe, expect, test } from 'vitest'
import { firmwareFiles, PLACE, qemuArguments } from './arguments.ts'
import type { Machine } from './types.ts'

const machine: Machine = {
  firmware: 'bios',
  accelerator: 'emulated',
  bus: 'virtio-blk',
  memory: 1024,
  cpus: 1,
  uuid: '00000000-0000-4000-8000-000000000000',
  disk: PLACE.overlay,
  drives: [],
  network: { kind: 'restricted' },
}
const line = (part: Partial<Machine> = {}) => qemuArguments({ ...machine, ...part }).join(' ')

describe('arguments of a guest', () => {
  test('the image itself is never opened: the disk is the overlay', () => {
    expect(line()).toContain(PLACE.overlay)
    expect(line()).not.toContain(PLACE.image)
  })
  test('nothing of the host comes along by default', () => {
    expect(line()).toMatch(/-nodefaults -no-user-config -display none/)
  })
  test('the console is standard output, the report the second serial port', () => {
    expect(line()).toContain('stdio,id=console,signal=off -device isa-serial,chardev=console,index=0')
    expect(line()).toContain(`path=${PLACE.report} -device isa-serial,chardev=report,index=1`)
  })
  test('emulated with all features of its processor, KVM with the host’s', () => {
    expect(line()).toContain('-accel tcg,thread=multi -cpu max')
    expect(line({ accelerator: 'kvm' })).toContain('-accel kvm -cpu host')
  })
  test('BIOS has no flash, UEFI its code read-only and variables of its own', () => {
    expect(line()).not.toContain('pflash')
    const uefi = line({ firmware: 'uefi' })
    expect(uefi).toMatch(/unit=0,format=raw,readonly=on,file=\S+OVMF_CODE_4M\.fd/)
    expect(uefi).toContain(`unit=1,format=raw,file=${PLACE.variables}`)
    expect(uefi).toContain('smm=off')
  })
  test('Secure Boot has the Microsoft keys and guards its variables', () => {
    expect(firmwareFiles('secureboot')).toMatchObject({ variables: expect.stringContaining('VARS_4M.ms.fd') })
    expect(line({ firmware: 'secureboot' })).toMatch(/smm=on.*property=secure,value=on.*secboot\.fd/)
  })
  test('the first disk is the one to start from, on either bus', () => {
    const drives = [{ path: '/build/seed.img', format: 'raw' as const, readOnly: true }]
    expect(line({ drives })).toMatch(/virtio-blk-pci,drive=disk0,bootindex=1 .*virtio-blk-pci,drive=disk1 /)
    expect(line({ drives, bus: 'virtio-scsi' })).toMatch(
      /virtio-scsi-pci,id=scsi.*scsi-hd,bus=scsi\.0,drive=disk0,bootindex=1 .*scsi-hd,bus=scsi\.0,drive=disk1 /,
    )
    expect(line({ drives })).toMatch(/node-name=disk1,read-only=on,/)
  })
  test('a restricted network reaches nothing, none is no card', () => {
    expect(line()).toContain('user,id=net,restrict=on')
    expect(line({ network: { kind: 'open' } })).toContain('restrict=off')
    expect(line({ network: { kind: 'none' } })).not.toContain('-netdev')
  })
  test('a command behind an address keeps its commas, and its address is in the network', () => {
    const forwards = [{ address: '169.254.169.254', port: 80, command: 'serve a,b' }]
    const text = line({ network: { kind: 'restricted', wide: true, forwards } })
    expect(text).toContain('guestfwd=tcp:169.254.169.254:80-cmd:serve a,,b')
    // 160.0.0.0/4 is 160 to 175.
    expect(text).toContain('net=160.0.0.0/4')
    expect(169 >> 4).toBe(160 >> 4)
  })
  test('a device of the sandbox is taken as it is: no script of the host runs', () => {
    const text = line({ network: { kind: 'tap', device: 'kiln0' } })
    expect(text).toContain('-netdev tap,id=net,ifname=kiln0,script=no,downscript=no -device virtio-net-pci')
    expect(text).not.toContain('user,')
  })
  test('the product name is there when a cloud is played', () => {
    expect(line()).not.toContain('smbios')
    expect(line({ product: 'OpenStack Nova' })).toContain('product=OpenStack Nova')
  })
})
