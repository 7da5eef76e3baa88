import type { Step } from '../core/events.ts'
import type { Distribution } from '../distro/index.ts'
import type { RunResult } from '../tools/run.ts'
import type { Bind, Sandbox, SandboxRunOptions } from '../tools/sandbox/sandbox.ts'

/** Where the guest's tree lies in the sandbox of a build. */
export const TREE = '/build/tree'
/** Where the package files lie in the sandbox, named as {@link debName} says. */
export const DEBS = '/in/debs'
/** Where package files are seen inside the guest. */
export const GUEST_DEBS = '/run/kiln/debs'

/** What a stage works with. */
export interface StageContext {
  readonly sandbox: Sandbox
  readonly os: Distribution
  /** Seconds since 1970 that all times are clamped to. */
  readonly epoch: number
  /** Where this process finds the object of the store with this SHA-256. */
  readonly object: (sha256: string) => string
  readonly step: Step
}

/** One operation on the tree. Options hold everything that its result depends on; they are part of its key. */
export interface Stage<Options> {
  readonly name: string
  /** Goes up when the same options would give another tree. */
  readonly version: number
  run(options: Options, context: StageContext): Promise<void>
}

/** What programs of the guest find in their environment while it is made. */
export const GUEST_ENV = {
  DEBIAN_FRONTEND: 'noninteractive',
  DEBCONF_NONINTERACTIVE_SEEN: 'true',
  // Services are started by the guest when it boots, never while it is built.
  RUNLEVEL: '1',
  SYSTEMD_OFFLINE: '1',
} as const

/** Runs a program of the guest in its tree, with what maintainer scripts expect to find. */
export function inGuest(
  context: StageContext,
  argv: readonly string[],
  options: SandboxRunOptions & { readonly binds?: readonly Bind[] } = {},
): Promise<RunResult> {
  return context.sandbox.guest(TREE, argv, {
    ...options,
    env: { ...GUEST_ENV, ...options.env },
  })
}

/** A shell script of ours in the guest, with arguments. Values never become part of the text. */
export function guestScript(
  context: StageContext,
  script: string,
  argv: readonly string[] = [],
  options: SandboxRunOptions & { readonly binds?: readonly Bind[] } = {},
): Promise<RunResult> {
  return inGuest(context, ['/bin/sh', '-euc', script, 'kiln', ...argv], {
    what: 'a step in the guest',
    ...options,
  })
}

/** A shell script of ours in the sandbox, with the tools tree's programs. */
export function toolScript(
  context: StageContext,
  script: string,
  argv: readonly string[] = [],
  options: SandboxRunOptions = {},
): Promise<RunResult> {
  return context.sandbox.run(['/bin/sh', '-euc', script, 'kiln', ...argv], {
    what: 'a step of the build',
    ...options,
  })
}

/** File name of a package in {@link DEBS}. */
export function debName(file: {
  readonly name: string
  readonly version: string
  readonly arch: string
}): string {
  return `${file.name}_${encodeURIComponent(file.version)}_${file.arch}.deb`
}

/** dpkg and apt settings of every package operation: keep what is there, and do not wait for the disk. */
export const DPKG_OPTIONS = ['--force-confdef', '--force-confold', '--force-unsafe-io'] as const
