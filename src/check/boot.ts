import { clock } from '../core/clock.ts'
import { Interrupted } from '../core/error.ts'
import { type ProbeLine, parseLine, parseReport } from './probe/report.ts'
import { probeHook } from './probe/request.ts'
import type { GuestReport, ProbeRequest } from './probe/types.ts'
import { type Guest, type GuestOptions, startGuest } from './qemu/guest.ts'
import type { Accelerator, GuestNetwork } from './qemu/types.ts'
import { makeSeed } from './seed/seed.ts'
import type { SeedKind } from './seed/types.ts'

/** A seed of a check: the way in which the guest gets its data, and the user's part of it. */
export interface CheckSeed {
  readonly kind?: SeedKind
  readonly userData?: string | Uint8Array | undefined
  readonly hostname?: string
}

export interface BootOptions extends Omit<GuestOptions, 'prepare' | 'onReport' | 'onLogin' | 'tap'> {
  readonly seed?: CheckSeed
  readonly ask?: Omit<ProbeRequest, 'limit'>
  /** Default: restricted. A metadata service has a network of its own. */
  readonly network?: GuestNetwork
  /** Seconds in all; default 900 emulated, 300 with KVM. */
  readonly limit?: number
  /** Seconds in which neither console nor probe says anything; default 300 emulated, 120 with KVM. */
  readonly stall?: number
}

/** One boot of an image and what came of it. */
export interface Boot {
  readonly accelerator: Accelerator
  readonly seed: SeedKind
  /** Why the guest never reported; undefined when it did. */
  readonly failure: string | undefined
  /** Seconds from power-on as the host saw them. */
  readonly seconds: {
    readonly login: number | undefined
    /** The probe started: cloud-init has read its data. */
    readonly probe: number | undefined
    /** The probe found it up. */
    readonly up: number | undefined
    readonly report: number | undefined
    /** For each answer asked for. */
    readonly answers: readonly (number | undefined)[]
  }
  readonly report: GuestReport | undefined
  /** The console's last lines. */
  readonly console: readonly string[]
  /** Bytes of the image's and the guest's disk. */
  readonly disk: Guest['disk']
}

const SLOW = { limit: 900, stall: 300 }
const FAST = { limit: 300, stall: 120 }

/**
 * Seconds that the login prompt may come after the report, which waits until nothing else is started; a guest on a busy machine
 * gets as long again as it needed so far.
 */
const LOGIN_GRACE = 120

/** Seconds of silence after a login prompt when the probe has not started. */
const NO_PROBE = 90

/**
 * Boots an image once, with a probe in its seed, until the probe has reported or it is clear that it will not. A guest
 * that does not come up is a result, not an error.
 * @throws KilnError when the guest cannot be started at all; Interrupted on abort.
 */
export async function bootGuest(options: BootOptions): Promise<Boot> {
  const kind = options.seed?.kind ?? 'nocloud'
  const start = { at: 0 }
  const since = () => (clock.monotonic() - start.at) / 1000
  const { promise: reported, resolve: endOfReport } = Promise.withResolvers<void>()
  const seen: ProbeLine[] = []
  let heard = clock.monotonic()
  let login: number | undefined
  let probe: number | undefined
  let up: number | undefined
  let report: number | undefined
  const answers: (number | undefined)[] = (options.ask?.answers ?? []).map(() => undefined)
  const guessed = options.limit ?? SLOW.limit

  await using guest = await startGuest({
    ...options,
    tap: kind === 'metadata6',
    onConsole: (line) => {
      heard = clock.monotonic()
      options.onConsole?.(line)
    },
    onLogin: () => (login ??= since()),
    onReport: (text) => {
      heard = clock.monotonic()
      const line = parseLine(text)
      if (!line) return
      if (seen.length < 50_000 && line.word !== 'beat') seen.push(line)
      if (line.word === 'hello') probe ??= since()
      if (line.word === 'begin') up ??= since()
      if (line.word === 'answer') {
        const index = Number(line.values[0])
        if (index in answers) answers[index] ??= since()
      }
      if (line.word === 'end') {
        report ??= since()
        endOfReport()
      }
    },
    prepare: async (sandbox) => ({
      ...(options.network === undefined ? {} : { network: options.network }),
      ...(await makeSeed(sandbox, kind, {
        instanceId: 'i-kiln-check',
        hostname: options.seed?.hostname ?? 'kiln-check',
        userData: options.seed?.userData,
        // The guest gives up before we do, so that it can still say what it waits for.
        vendorData: await probeHook({ ...options.ask, limit: Math.max(30, guessed - 60) }),
      })),
    }),
  })
  start.at = clock.monotonic()
  heard = start.at
  const bounds = guest.accelerator === 'kvm' ? FAST : SLOW
  const limit = options.limit ?? bounds.limit
  const stall = options.stall ?? bounds.stall

  const failure = await outcome(guest, reported, () => {
    if (guest.console.fatal) return guest.console.fatal
    if (since() > limit) return `it was not up after ${limit} s`
    const silent = (clock.monotonic() - heard) / 1000
    // With a login prompt all of cloud-init's early stages are over: the probe does not come any more.
    if (silent > (login !== undefined && probe === undefined ? Math.min(stall, NO_PROBE) : stall))
      return `it has been silent for ${Math.round(silent)} s`
    return undefined
  })
  if (options.signal?.aborted) throw new Interrupted()
  if (failure === undefined) {
    if (options.ask?.powerOff) await Promise.race([guest.off, pause(180)]).catch(() => {})
    else {
      const grace = Math.max(LOGIN_GRACE, since())
      for (let waited = 0; !guest.console.login && waited < grace; waited++) await pause(1)
    }
  }
  const console = guest.console.tail()
  return {
    accelerator: guest.accelerator,
    seed: kind,
    failure: failure && explain(failure, guest, probe),
    seconds: { login, probe, up, report, answers },
    report: failure === undefined ? parseReport(seen) : undefined,
    console,
    disk: guest.disk,
  }
}

/** Waits for the report; else the reason why there is none. What goes wrong with QEMU itself is thrown. */
async function outcome(
  guest: Guest,
  reported: Promise<void>,
  hopeless: () => string | undefined,
): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>()
  reported.then(() => resolve(undefined))
  guest.off.then(() => resolve('it turned itself off or restarted'), reject)
  let bad = 0
  const watch = setInterval(() => {
    const reason = hopeless()
    // A few more seconds for what the console still has to say about it.
    if (reason !== undefined && ++bad > 3) resolve(reason)
  }, 1000)
  try {
    return await promise
  } finally {
    clearInterval(watch)
  }
}

/** A reason, and how far the guest came. */
function explain(reason: string, guest: Guest, probe: number | undefined): string {
  if (guest.console.fatal === reason) return reason
  if (probe !== undefined) return `${reason}, though its cloud-init had started the probe`
  if (guest.console.login)
    return `${reason}; it reached its login prompt, but its cloud-init did not take the seed`
  if (guest.console.bytes === 0) return `${reason}, and its serial console never said anything`
  return reason
}

/** Waits without keeping the program alive: a guest does that as long as it runs. */
const pause = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000).unref())
