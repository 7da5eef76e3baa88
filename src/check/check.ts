import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { type EventSink, silent, step } from '../core/events.ts'
import { makeFolder } from '../core/folder.ts'
import { inTurn } from '../core/in-turn.ts'
import { type Assertion, assertApart, assertBoot } from './assertions.ts'
import { type Boot, bootGuest, type CheckSeed } from './boot.ts'
import type { Answer, GuestCommand } from './probe/types.ts'
import { allPromises, type Promises } from './promises.ts'
import { accelerator } from './qemu/kvm.ts'
import type { Accelerator, DiskBus, DiskFormat, Firmware } from './qemu/types.ts'

export interface CheckOptions {
  /** Folder of the unpacked tools tree. */
  readonly tools: string
  /** The disk image. It is never written. */
  readonly image: string
  readonly format: DiskFormat
  /** How messages call it; default: its file name. */
  readonly name?: string
  /** One boot each. */
  readonly firmware: readonly Firmware[]
  readonly promises?: Promises
  readonly seed?: CheckSeed
  readonly bus?: DiskBus
  /** MiB of each guest. */
  readonly memory?: number
  /** Bytes by which the guest's disk is larger than the image, to see the root file system grow; default 1 GiB. */
  readonly growBy?: number
  /** What must answer inside the guest before it is up; the report has the times. */
  readonly answers?: readonly Answer[]
  /** What runs in the guest once it is up, and must end with status 0. */
  readonly commands?: readonly GuestCommand[]
  /** Seconds in all for one boot, and seconds of silence after which it is given up. */
  readonly limit?: number
  readonly stall?: number
  /** Folder for the whole consoles, `console-FIRMWARE.log`. */
  readonly logs?: string
  readonly events?: EventSink
  readonly signal?: AbortSignal | undefined
}

/** What a check saw. A failed check is a report, not an error. */
export interface CheckReport {
  readonly ok: boolean
  readonly image: string
  readonly accelerator: Accelerator
  readonly assertions: readonly Assertion[]
  readonly boots: readonly CheckedBoot[]
}

export interface CheckedBoot extends Boot {
  readonly firmware: Firmware
  readonly ok: boolean
}

/**
 * Boots a finished image on each firmware, side by side where there are two cores, and looks at what it promised.
 * @throws KilnError when no guest can be started (no sandbox, no image of that format); Interrupted on abort.
 */
export async function checkImage(options: CheckOptions): Promise<CheckReport> {
  const name = options.name ?? basename(options.image)
  const events = options.events ?? silent
  const promises = allPromises(options.promises ?? {})
  const accel = await accelerator(options.tools)
  if (options.logs) await makeFolder(options.logs)

  const one = async (firmware: Firmware, signal: AbortSignal) => {
    const label = `boot check ${name} (${firmware}, ${accel})`
    return step(events, `check:${name}:${firmware}`, label, async ({ log }, report) => {
      const boot = await bootGuest({
        tools: options.tools,
        image: options.image,
        format: options.format,
        firmware,
        growBy: options.growBy ?? 2 ** 30,
        ...defined({
          bus: options.bus,
          memory: options.memory,
          seed: options.seed,
          limit: options.limit,
          stall: options.stall,
        }),
        ask: {
          services: (promises.services ?? []).map((service) => service.name),
          files: (promises.files ?? []).map((file) => file.path),
          users: promises.users ?? [],
          groups: promises.groups ?? [],
          answers: options.answers ?? [],
          commands: options.commands ?? [],
        },
        log: options.logs && join(options.logs, `console-${firmware}.log`),
        onConsole: log,
        signal,
      })
      const assertions = assertBoot(boot, firmware, promises, options)
      const bad = assertions.filter(({ ok }) => !ok)
      if (bad.length > 0) report('failed', `${bad[0]!.name}: ${bad[0]!.saw}`)
      else report('done', `${assertions.length} assertions, up after ${Math.round(boot.seconds.up ?? 0)} s`)
      return { firmware, boot, assertions }
    })
  }
  const results = await inTurn(options.firmware, availableParallelism() >= 2 ? 2 : 1, options.signal, one)
  const assertions = [...results.flatMap((result) => result.assertions), ...assertApart(results)]
  return {
    ok: assertions.every(({ ok }) => ok),
    image: options.image,
    accelerator: accel,
    assertions,
    boots: results.map(({ firmware, boot, assertions }) => ({
      ...boot,
      firmware,
      ok: assertions.every(({ ok }) => ok),
    })),
  }
}

/** Members that have a value: an absent option and an undefined one are not the same to the callee. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
