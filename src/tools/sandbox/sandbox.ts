import { readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Interrupted, inputError, KilnError } from '../../core/error.ts'
import {
  killGroup,
  lines,
  plainEnvironment,
  type RunOptions,
  type RunResult,
  run,
  type Started,
  start,
} from '../run.ts'
import { isRoot, openUserNamespace, type UserNamespace } from './ids.ts'
import { needTap } from './tap.ts'
import { watchRoom } from './watch.ts'

/** Part of the host that the sandbox may see. `target` is /build or below /in; without `writable` it is read-only. */
export interface Bind {
  readonly source: string
  readonly target: string
  readonly writable?: boolean
}

export interface SandboxOptions {
  /** Folder of the unpacked tools tree; it becomes the root. */
  readonly tools: string
  readonly binds?: readonly Bind[]
  /** What lies at /build: memory (`bytes`: the most it may take), or a folder of the host given as a bind. */
  readonly work?: { readonly bytes: number } | 'bind'
  /** The most that a folder of the host at /build may take: who writes more ends the sandbox. */
  readonly room?: number
  /** Share the host's network. Only what fetches or serves may have it; builds never do. */
  readonly network?: boolean
  readonly kvm?: boolean
  /** Network devices can be made in the sandbox's own network (TAP); not together with `network`. */
  readonly tap?: boolean
  readonly signal?: AbortSignal | undefined
}

export type SandboxRunOptions = Omit<RunOptions, 'cwd' | 'signal'>

/** A set of namespaces in which programs of the tools tree run, until it is disposed of or Kiln ends. */
export interface Sandbox extends AsyncDisposable {
  /** Host's ids of the sandbox's root. */
  readonly owner: UserNamespace['owner']
  /** Runs a program of the tools tree. Paths are the sandbox's. */
  run(argv: readonly string[], options?: SandboxRunOptions): Promise<RunResult>
  /**
   * Path under which this process sees a file of the sandbox while the sandbox lives. Only for what programs of the tools
   * tree made below folders that no program of a guest can write to: a link would lead elsewhere.
   */
  hostPath(path: string): string
  /** Starts one that lives on. */
  start(argv: readonly string[]): Started
  /**
   * Runs a program of the guest whose tree is the sandbox's folder `root`, with that tree as its root, no network,
   * own /proc, /dev, /run and /tmp. `binds` are read-only views of sandbox paths inside the guest.
   */
  guest(
    root: string,
    argv: readonly string[],
    options?: SandboxRunOptions & { readonly binds?: readonly Bind[] },
  ): Promise<RunResult>
  /**
   * Starts a program of the guest that a user speaks with, held as those of {@link guest} are. With `terminal` it has a
   * terminal of that size and reads the messages of `terminal.ts`; else three plain streams.
   */
  startGuest(
    root: string,
    argv: readonly string[],
    options: {
      readonly env: Readonly<Record<string, string>>
      readonly binds: readonly Bind[]
      readonly terminal: { readonly rows: number; readonly columns: number } | undefined
    },
  ): Started
}

/** Environment of programs in a sandbox. */
export const SANDBOX_ENV = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  TMPDIR: '/tmp',
} as const

const text = (name: string) => readFile(new URL(name, import.meta.url), 'utf8')

/**
 * Opens a sandbox. Everything in it dies with this process, whatever ends it.
 * @throws KilnError when namespaces cannot be had (`KILN_NO_NAMESPACES`, `KILN_NO_SUBIDS`, `KILN_SANDBOX_FAILED`), or
 *   `KILN_NO_TAP` when `tap` is asked for and this host has none.
 */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  if (options.signal?.aborted) throw new Interrupted()
  if (options.tap) await needTap()
  const odd = [options.tools, ...(options.binds ?? []).map((bind) => bind.source)].find((path) =>
    /[\t\n]/.test(path),
  )
  if (odd !== undefined)
    throw inputError(
      'KILN_SANDBOX_FAILED',
      `The path ${JSON.stringify(odd)} has a tab or a line break in it.`,
      {
        hint: 'Set KILN_HOME to a folder without; spaces are fine.',
      },
    )
  const names = ['stage.sh', 'init.pl', 'filter.pl', 'terminal.pl', 'guest.pl']
  const [stage, init, ...guestParts] = (await Promise.all(names.map(text))) as [string, string, ...string[]]
  const guestScript = guestParts.join('\n')
  await using undo = new AsyncDisposableStack()
  const namespace = undo.use(await openUserNamespace())
  const enter = ['nsenter', `--user=/proc/${namespace.pid}/ns/user`, '-S', '0', '-G', '0']
  const own = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', stage, 'stage.sh', 'outer']
  const session = start(isRoot() ? own : [...enter, ...own], {
    env: {
      ...plainEnvironment(),
      KILN_STAGE: stage,
      KILN_INIT: init,
      KILN_TOOLS: options.tools,
      KILN_BINDS: (options.binds ?? [])
        .map((bind) => [bind.writable ? 'rw' : 'ro', bind.source, bind.target].join('\t'))
        .join('\n'),
      KILN_WORK: typeof options.work === 'object' ? `memory ${options.work.bytes}` : 'disk',
      KILN_ENTER: isRoot() ? enter.join(' ') : '',
      KILN_NET: options.network ? '' : '--net',
      KILN_KVM: options.kvm ? '1' : '',
      KILN_TAP: options.tap ? '1' : '',
    },
  })
  undo.defer(async () => {
    session.child.stdin!.end()
    killGroup(session.child, 'SIGKILL')
    await session.ended.catch(() => {})
  })
  const pid = await hostPid(session)
  const life = lifeOf(session)
  const inside = [
    'nsenter',
    '-t',
    String(pid),
    '-U',
    '-m',
    '-p',
    '-n',
    '-i',
    '-u',
    '-S',
    '0',
    '-G',
    '0',
    '--',
  ]
  const env = (given: RunOptions['env']) => ({ ...SANDBOX_ENV, ...given })
  const inTree = (argv: readonly string[]) => start([...inside, ...argv], { env: env(undefined) })
  if (options.room !== undefined)
    undo.use(
      await watchRoom(inTree, options.room, (error) => {
        life.condemn(error)
        killGroup(session.child, 'SIGKILL')
      }),
    )
  const opened = undo.move()
  const { signal } = options
  const guestOf = (root: string, argv: readonly string[], binds: readonly Bind[]) => {
    const views = binds.flatMap((bind) => [bind.source, bind.target])
    return [...inside, '/usr/bin/perl', '-e', guestScript, root, ...views, '--', ...argv]
  }
  const sandbox: Sandbox = {
    owner: namespace.owner,
    run: (argv, o = {}) =>
      life.during(() =>
        run([...inside, ...argv], { what: argv[0]!.split('/').at(-1)!, ...o, env: env(o.env), signal }),
      ),
    hostPath: (path) => {
      life.demand()
      return `/proc/${pid}/root${path}`
    },
    start: (argv) => {
      life.demand()
      return inTree(argv)
    },
    guest: (root, argv, o = {}) => {
      const { binds = [], ...rest } = o
      return life.during(() =>
        run(guestOf(root, argv, binds), {
          what: argv[0]!.split('/').at(-1)!,
          ...rest,
          env: env(o.env),
          signal,
        }),
      )
    },
    startGuest: (root, argv, { env: given, binds, terminal }) => {
      life.demand()
      const size = terminal ? `${terminal.rows} ${terminal.columns}` : 'plain'
      return start(guestOf(root, argv, binds), { env: { ...env(given), KILN_SHELL: size } })
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
  return sandbox
}

/**
 * Watches over the first process of a sandbox. When it ends the kernel ends all others there, and its number may be
 * given to another process, which nothing of ours may enter.
 */
function lifeOf(session: Started) {
  let over = false
  let verdict: KilnError | undefined
  const end = session.ended.then(
    () => {
      over = true
    },
    () => {
      over = true
    },
  )
  const lost = (cause?: unknown) =>
    verdict ??
    new KilnError(
      'KILN_SANDBOX_FAILED',
      'The sandbox was ended from outside while something was done in it.',
      {
        cause,
        hint: 'Somebody or a lack of memory killed its first process (dmesg tells); run the same command again.',
      },
    )
  return {
    /** It is ended by us, for this reason. */
    condemn: (error: KilnError) => {
      verdict = error
      over = true
    },
    demand: () => {
      if (over) throw lost()
    },
    during: async <T>(work: () => Promise<T>): Promise<T> => {
      if (over) throw lost()
      try {
        return await work()
      } catch (error) {
        if (error instanceof Interrupted) throw error
        // What was killed with the sandbox may be heard of first.
        await Promise.race([end, sleep(50)])
        throw over ? lost(error) : error
      }
    },
  }
}

/** What a sandbox in memory may take at most: half of the machine's memory (tmpfs takes only what is used). */
export function memoryForWork(): number {
  return Math.floor(totalmem() / 2)
}

async function hostPid(session: Started): Promise<number> {
  const problem: string[] = []
  lines(session.child.stderr!, (line) => problem.push(line))
  const pid = await new Promise<number | undefined>((resolve) => {
    lines(session.child.stdout!, (line) => {
      const match = /^ready (\d+)$/.exec(line)
      if (match) resolve(Number(match[1]))
    })
    session.ended.then(() => resolve(undefined)).catch(() => resolve(undefined))
  })
  if (pid !== undefined) return pid
  throw new KilnError(
    'KILN_SANDBOX_FAILED',
    `The sandbox could not be set up: ${problem.join(' ') || 'no reason given'}`,
    {
      hint: "'kiln doctor' checks what a sandbox needs.",
    },
  )
}
