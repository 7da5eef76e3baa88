import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build, lockRecipe, toolsOf } from '../../src/build/index.ts'
import { firmwareFiles, PLACE, qemuArguments } from '../../src/check/qemu/arguments.ts'
import { accelerator } from '../../src/check/qemu/kvm.ts'
import type { Accelerator, DiskBus, Firmware } from '../../src/check/qemu/types.ts'
import { makeFatDisk } from '../../src/check/seed/disk.ts'
import { readConfig } from '../../src/core/config.ts'
import { silent } from '../../src/core/events.ts'
import { parseRecipe } from '../../src/recipe/recipe.ts'
import { killGroup } from '../../src/tools/run.ts'
import { openSandbox, type Sandbox } from '../../src/tools/sandbox/sandbox.ts'

/**
 * A guest gets a kernel that is newer than all, under the name of a file, and GRUB is upgraded, as far as packages
 * tell each other about it: the hooks and triggers that a real upgrade runs. No second kernel is needed for that,
 * which a mirror has only some of the time.
 */
const UPGRADE = `#cloud-config
runcmd:
  - - sh
    - -c
    - |
      exec >/dev/ttyS1 2>&1
      set -eux
      now=$(uname -r)
      cp /boot/vmlinuz-$now /boot/vmlinuz-99.0-kiln
      cp /boot/initrd.img-$now /boot/initrd.img-99.0-kiln
      sh -e /etc/kernel/postinst.d/zz-update-grub 99.0-kiln /boot/vmlinuz-99.0-kiln
      rm -r /boot/efi/EFI/BOOT /boot/grub/i386-pc
      dpkg-trigger --by-package=grub-pc-bin --no-await /usr/lib/grub/i386-pc
      dpkg --triggers-only -a
      ls /boot/efi/EFI/BOOT /boot/grub/i386-pc/core.img
      sync
      echo kiln: upgraded
power_state: {mode: poweroff}
`
const STARTED = /Command line: BOOT_IMAGE=\/boot\/vmlinuz-(\S+) root=UUID=/

const context = { config: readConfig(process.env), events: silent }

describe.each(['debian-13', 'debian-12'])('%s, a newer kernel and GRUB installed in the guest', (os) => {
  let sandbox: Sandbox
  let accel: Accelerator

  /** Starts the guest on its disk, which stays from start to start, until its console shows something. */
  async function console(firmware: Firmware, bus: DiskBus, until: RegExp): Promise<string> {
    const uefi = firmwareFiles(firmware)
    if (uefi) await sandbox.run(['cp', uefi.variables, PLACE.variables])
    const qemu = sandbox.start(
      qemuArguments({
        firmware,
        bus,
        disk: PLACE.overlay,
        accelerator: accel,
        memory: 1024,
        cpus: 1,
        uuid: '00000000-0000-4000-8000-000000000001',
        drives: [{ path: '/build/seed', format: 'raw', readOnly: true }],
        network: { kind: 'restricted' },
      }),
    )
    let seen = ''
    await new Promise<void>((resolve) => {
      qemu.child.stdout!.setEncoding('latin1').on('data', (chunk: string) => {
        seen += chunk
        if (until.test(seen)) resolve()
      })
      qemu.ended.finally(resolve)
    })
    killGroup(qemu.child, 'SIGKILL')
    await qemu.ended
    return seen
  }

  beforeAll(async () => {
    const tools = (await toolsOf(context)).path
    accel = await accelerator(tools)
    const recipe = parseRecipe({ name: 'upgrade', from: { os } }, 'of this test')
    const version = await build(recipe, await lockRecipe(recipe, context), context)
    sandbox = await openSandbox({
      tools,
      binds: [{ source: version.artifacts[0]!.path, target: PLACE.image }],
      work: { bytes: 4e9 },
      kvm: accel === 'kvm',
    })
    const overlay = ['-b', PLACE.image, '-F', 'qcow2', PLACE.overlay, '4G']
    await sandbox.run(['qemu-img', 'create', '-q', '-f', 'qcow2', ...overlay])
    await makeFatDisk(
      sandbox,
      '/build/seed',
      'CIDATA',
      new Map([
        ['meta-data', 'instance-id: upgrade\n'],
        ['user-data', UPGRADE],
      ]),
    )
  })
  afterAll(() => sandbox?.[Symbol.asyncDispose]())

  test('is what BIOS, UEFI and Secure Boot start from then on', async () => {
    const first = await console('uefi', 'virtio-blk', /Power down/)
    expect(STARTED.exec(first)?.[1]).toMatch(/^\d+\.\d+.*-cloud-amd64$/)
    // The guest's second serial port: a login prompt would hang up the console while this is written.
    expect((await sandbox.run(['cat', PLACE.report])).stdout).toContain('kiln: upgraded')
    for (const [firmware, bus] of [
      ['bios', 'virtio-scsi'],
      ['uefi', 'virtio-scsi'],
      ['secureboot', 'virtio-blk'],
    ] as const)
      expect([firmware, STARTED.exec(await console(firmware, bus, STARTED))?.[1]]).toEqual([
        firmware,
        '99.0-kiln',
      ])
  })
})
