import { createWriteStream } from 'node:fs'
import { chown } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { Interrupted, inputError, KilnError } from '../../core/error.ts'
import { randomName } from '../../core/random.ts'
import { lines } from '../../tools/run.ts'
import { memoryForWork, openSandbox, type Sandbox } from '../../tools/sandbox/sandbox.ts'
import { firmwareFiles, PLACE, qemuArguments } from './arguments.ts'
import { type Console, openConsole } from './console.ts'
import { accelerator } from './kvm.ts'
import type { Accelerator, DiskBus, DiskFormat, Drive, Firmware, GuestNetwork } from './types.ts'

/** What someone who starts a guest adds to it: a seed's disk, its product name, what answers on its network. */
export interface GuestParts {
  readonly drives?: readonly Drive[]
  readonly product?: string
  readonly network?: GuestNetwork
}

export interface GuestOptions {
  /** Folder of the unpacked tools tree. */
  readonly tools: string
  /** The disk image, on the host. It is never written. */
  readonly image: string
  readonly format: DiskFormat
  readonly firmware: Firmware
  readonly bus?: DiskBus
  /** MiB; default 1024. */
  readonly memory?: number
  /** Default: 1 emulated, 2 with KVM. */
  readonly cpus?: number
  /** Bytes by which the guest's disk is larger than the image; default none. */
  readonly growBy?: number
  /**
   * An existing folder of the host for what the guest writes, so that the next guest with the same image and folder
   * goes on from there. Default: memory, gone with the guest.
   */
  readonly keep?: string
  /** Makes the guest's other parts in its sandbox, before it starts. */
  readonly prepare?: (sandbox: Sandbox) => Promise<GuestParts>
  /** The guest may reach what the host reaches, if its network is `open`. Never for a check. */
  readonly hostNetwork?: boolean
  /** `prepare` makes the guest's network itself, in that of the sandbox. */
  readonly tap?: boolean
  /** File for the whole console. */
  readonly log?: string | undefined
  /** Each line of the guest's console. */
  readonly onConsole?: (line: string) => void
  /** Its first login prompt. */
  readonly onLogin?: () => void
  /** Each line that the guest writes to its second serial port, /dev/ttyS1. */
  readonly onReport?: (line: string) => void
  readonly signal?: AbortSignal | undefined
}

/** A running guest. Disposing of it stops it at once and removes all of it but the log. */
export interface Guest extends AsyncDisposable {
  readonly console: Console
  readonly accelerator: Accelerator
  readonly uuid: string
  /** Sizes of the image's and of the guest's disk, bytes. */
  readonly disk: { readonly image: number; readonly guest: number }
  /**
   * Resolves when the guest is off.
   * @throws KilnError `KILN_QEMU_FAILED` when QEMU could not run it. Interrupted on abort.
   */
  readonly off: Promise<void>
}

/**
 * Starts a guest on a throw-away overlay of an image, in a sandbox of its own: it dies with Kiln, sees no file but the
 * image, and no network but what it is given.
 * @throws KilnError when the image is no image of that format (`KILN_IMAGE_UNREADABLE`) or no such sandbox is to be had.
 */
export async function startGuest(options: GuestOptions): Promise<Guest> {
  const accel = await accelerator(options.tools)
  await using undo = new AsyncDisposableStack()
  const sandbox = undo.use(
    await openSandbox({
      tools: options.tools,
      binds: [
        { source: options.image, target: PLACE.image },
        ...(options.keep === undefined ? [] : [{ source: options.keep, target: PLACE.kept, writable: true }]),
      ],
      work: { bytes: memoryForWork() },
      kvm: accel === 'kvm',
      network: options.hostNetwork ?? false,
      tap: options.tap ?? false,
      signal: options.signal,
    }),
  )
  if (options.keep !== undefined && process.getuid!() === 0)
    await chown(options.keep, sandbox.owner.uid, sandbox.owner.gid)
  const overlay = options.keep === undefined ? PLACE.overlay : `${PLACE.kept}/disk.qcow2`
  const disk = await makeOverlay(sandbox, overlay, options)
  const firmware = firmwareFiles(options.firmware)
  if (firmware) await sandbox.run(['cp', firmware.variables, PLACE.variables])
  const parts = (await options.prepare?.(sandbox)) ?? {}
  await sandbox.run(['mkfifo', PLACE.report])
  const hex = randomName(16)
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`

  // QEMU opens the pipe for writing and would wait until someone reads it.
  const reader = sandbox.start(['cat', PLACE.report])
  lines(reader.child.stdout!, (line) => options.onReport?.(line))
  const console = openLog(undo, options)
  const qemu = sandbox.start(
    qemuArguments({
      firmware: options.firmware,
      accelerator: accel,
      bus: options.bus ?? 'virtio-blk',
      memory: options.memory ?? 1024,
      cpus: options.cpus ?? (accel === 'kvm' ? Math.min(2, availableParallelism()) : 1),
      uuid,
      disk: overlay,
      product: parts.product,
      drives: parts.drives ?? [],
      network: parts.network ?? { kind: 'restricted' },
    }),
  )
  const problems: string[] = []
  qemu.child.stdout!.on('data', (chunk: Uint8Array) => console.add(chunk))
  lines(qemu.child.stderr!, (line) => problems.push(line.slice(0, 400)) > 20 && problems.shift())
  const off = Promise.all([qemu.ended, reader.ended]).then(([{ status }]) => {
    if (options.signal?.aborted) throw new Interrupted()
    if (status !== 0)
      throw new KilnError(
        'KILN_QEMU_FAILED',
        `QEMU ended with status ${status}: ${problems.join(' ') || 'no reason given'}`,
      )
  })
  off.catch(() => {})
  const opened = undo.move()
  const abort = () => void opened.disposeAsync()
  options.signal?.addEventListener('abort', abort, { once: true })
  return {
    console,
    accelerator: accel,
    uuid,
    disk,
    off,
    async [Symbol.asyncDispose]() {
      options.signal?.removeEventListener('abort', abort)
      await opened.disposeAsync()
    },
  }
}

async function makeOverlay(sandbox: Sandbox, overlay: string, options: GuestOptions): Promise<Guest['disk']> {
  const unreadable = (cause: unknown) => {
    const { tail } = cause instanceof KilnError ? cause.data : {}
    const why = String(tail ?? '')
      .split(': ')
      .at(-1)
    return inputError(
      'KILN_IMAGE_UNREADABLE',
      `${options.image} cannot be read as a ${options.format} image.`,
      {
        cause,
        hint: why?.includes('Permission denied')
          ? 'A guest runs under an id of its own: the file must be readable for everyone (chmod a+r).'
          : `The program that read it says: ${why || 'no size'}.`,
      },
    )
  }
  const { stdout } = await sandbox
    .run(['qemu-img', 'info', '--output=json', '-f', options.format, PLACE.image])
    .catch((error: unknown) => {
      throw error instanceof KilnError ? unreadable(error) : error
    })
  const image = Number((JSON.parse(stdout) as { 'virtual-size'?: unknown })['virtual-size'])
  if (!Number.isSafeInteger(image) || image <= 0) throw unreadable(undefined)
  const guest = image + (options.growBy ?? 0)
  const { status } = await sandbox.run(['test', '-e', overlay], { accept: [0, 1] })
  if (status === 1)
    await sandbox.run([
      ...['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', options.format, '-b', PLACE.image],
      ...[overlay, String(guest)],
    ])
  return { image, guest }
}

/** The console, with its log file where one is asked for. A log that cannot be written does not stop a guest. */
function openLog(undo: AsyncDisposableStack, options: GuestOptions): Console {
  if (options.log === undefined) return openConsole({ onLine: options.onConsole, onLogin: options.onLogin })
  const file = createWriteStream(options.log)
  let failed: Error | undefined
  file.on('error', (error) => (failed = error))
  undo.defer(() => new Promise<void>((done) => (failed ? done() : file.end(() => done()))))
  return openConsole({
    onLine: options.onConsole,
    onLogin: options.onLogin,
    onBytes: (chunk) => {
      if (!failed) file.write(chunk)
    },
  })
}
