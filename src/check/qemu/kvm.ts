import { openSandbox } from '../../tools/sandbox/sandbox.ts'
import type { Accelerator } from './types.ts'

/**
 * A boot sector that writes 0x10 to I/O port 0xf4 and halts: `mov dx, 0xf4; mov al, 0x10; out dx, al; cli; hlt`.
 * QEMU's debug exit device on that port then ends QEMU with status 2 × 0x10 + 1.
 */
const CODE = [0xba, 0xf4, 0x00, 0xb0, 0x10, 0xee, 0xfa, 0xf4]
const RAN = 33

/** The first sector of a disk that the BIOS accepts. */
export function bootSector(): Uint8Array {
  const sector = new Uint8Array(512)
  sector.set(CODE)
  sector.set([0x55, 0xaa], 510)
  return sector
}

const answers = new Map<string, Promise<Accelerator>>()

/**
 * `kvm` when a trivial guest really ran with it, else `emulated`: that /dev/kvm exists proves nothing. Asked once a
 * process and tools tree; the answer also holds for what starts later.
 * @param tools folder of the unpacked tools tree
 */
export function accelerator(tools: string): Promise<Accelerator> {
  let answer = answers.get(tools)
  if (!answer) {
    answer = probe(tools)
    answers.set(tools, answer)
    // An error (no sandbox to be had) is not an answer.
    answer.catch(() => answers.delete(tools))
  }
  return answer
}

async function probe(tools: string): Promise<Accelerator> {
  await using sandbox = await openSandbox({ tools, kvm: true, work: { bytes: 4 << 20 } })
  // A disk of one sector has no cylinders, and the BIOS does not read it.
  await sandbox.run(['sh', '-c', 'cat >/build/boot && truncate -s 1M /build/boot'], { input: bootSector() })
  const { status } = await sandbox
    .run(
      [
        'qemu-system-x86_64',
        ...[
          '-nodefaults',
          '-no-user-config',
          '-display',
          'none',
          '-no-reboot',
          '-machine',
          'q35',
          '-m',
          '16M',
        ],
        ...['-accel', 'kvm', '-cpu', 'host', '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04'],
        ...['-drive', 'if=virtio,format=raw,readonly=on,file=/build/boot'],
      ],
      { accept: Array.from({ length: 256 }, (_, n) => n), timeout: 20_000, capture: false },
    )
    // A guest that hangs is no guest.
    .catch(() => ({ status: -1 }))
  return status === RAN ? 'kvm' : 'emulated'
}
