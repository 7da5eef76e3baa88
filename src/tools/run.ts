import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { type ErrorCode, Interrupted, KilnError } from '../core/error.ts'
import { redact } from '../core/redact.ts'

export interface RunOptions {
  /** Complete environment of the program; default: only PATH, HOME and a plain locale. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /**
   * What it reads on its standard input; default: nothing. Of pieces that come one after another no more are taken than
   * it reads; when they end in an error the program is killed and the error thrown.
   */
  readonly input?: string | Uint8Array | AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which the program and its descendants are killed. */
  readonly timeout?: number
  /** Exit statuses that are answers, not failures. Default: only 0. */
  readonly accept?: readonly number[]
  /** Called for each line of standard error, and of standard output unless `capture` keeps it. */
  readonly onLine?: (line: string) => void
  /** Keep standard output (default). False: only its last lines are kept, for the error. */
  readonly capture?: boolean
  /** How errors call it; default: the program's name. */
  readonly what?: string
  readonly code?: ErrorCode
}

export interface RunResult {
  readonly status: number
  readonly stdout: string
  /** The last lines of standard error. */
  readonly stderr: string
}

/** What is kept of output that is only wanted when something fails. */
const TAIL_LINES = 40

/** PATH for programs of the host; Debian's ordinary users lack the sbin folders, where some of ours are. */
export const HOST_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const alive = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of alive) killGroup(child, 'SIGKILL')
})

/** The environment that programs see unless they are given one: nothing of the user's but PATH and HOME. */
export function plainEnvironment(): Record<string, string> {
  return { PATH: HOST_PATH, HOME: process.env.HOME ?? '/', LC_ALL: 'C.UTF-8', TZ: 'UTC' }
}

/** Sends `signal` to a program started by {@link start} and to all that it started. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // Gone already.
  }
}

/** What {@link start} gives: the process, and how it ended. */
export interface Started {
  readonly child: ChildProcess
  /** Resolves when the program has ended and its output is read; `status` is 128 + signal number for a killed one. */
  readonly ended: Promise<{ status: number }>
}

/**
 * Starts a program in a process group of its own with pipes at its standard streams. For long-lived ones
 * (a sandbox, a guest); everything else uses {@link run}.
 */
export function start(argv: readonly string[], options: Pick<RunOptions, 'env' | 'cwd'> = {}): Started {
  const [program, ...args] = argv
  const child = spawn(program!, args, {
    env: options.env ?? plainEnvironment(),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  alive.add(child)
  // A program that ends before it has read its input must not bring us down with EPIPE.
  child.stdin?.on('error', () => {})
  const ended = new Promise<{ status: number }>((resolve, reject) => {
    child.on('error', (error) => {
      alive.delete(child)
      reject(notStarted(program!, error))
    })
    child.on('close', (code, signal) => {
      alive.delete(child)
      resolve({ status: code ?? 128 + (signal === 'SIGKILL' ? 9 : signal === 'SIGTERM' ? 15 : 1) })
    })
  })
  ended.catch(() => {})
  return { child, ended }
}

/**
 * Runs a program to its end. No shell: `argv` is handed on as it is. It gets a process group of its own, which is
 * killed as a whole on abort and timeout.
 * @throws KilnError when it cannot be started, ends with a status that is not accepted, or takes too long;
 *   the message holds its last lines. Interrupted when `signal` aborts.
 */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  if (options.signal?.aborted) throw new Interrupted()
  const { child, ended } = start(argv, options)
  const what = options.what ?? argv[0]!.split('/').at(-1)!
  let timedOut = false
  const kill = () => killGroup(child, 'SIGKILL')
  const timer =
    options.timeout &&
    setTimeout(() => {
      timedOut = true
      kill()
    }, options.timeout)
  options.signal?.addEventListener('abort', kill, { once: true })
  const keep = options.capture ?? true
  const out: string[] = []
  const lastOut: string[] = []
  const lastErr: string[] = []
  try {
    const fed = feed(child.stdin!, options.input, kill)
    // Heard of below, unless the program could not even be started.
    fed.catch(() => {})
    if (keep) child.stdout!.setEncoding('utf8').on('data', (chunk: string) => out.push(chunk))
    else lines(child.stdout!, hear(lastOut, options.onLine))
    lines(child.stderr!, hear(lastErr, options.onLine))
    const { status } = await ended
    if (options.signal?.aborted) throw new Interrupted()
    await fed
    const stderr = redact(lastErr.join('\n'))
    if (!timedOut && (options.accept ?? [0]).includes(status)) return { status, stdout: out.join(''), stderr }
    const tail = stderr || redact(lastOut.join('\n')) || redact(out.join('').trimEnd())
    throw new KilnError(
      options.code ?? 'KILN_PROGRAM_FAILED',
      timedOut
        ? `${what} did not end within ${Math.round(options.timeout! / 1000)} s and was stopped.`
        : `${what} failed with status ${status}${tail ? `: ${summary(tail)}` : ''}`,
      { data: { status, tail }, hint: tail.includes('\n') ? `Its last lines:\n${tail}` : undefined },
    )
  } finally {
    clearTimeout(timer || undefined)
    options.signal?.removeEventListener('abort', kill)
  }
}

/** Writes all of `input`, as fast as it is read. Rejects only when `input` does, once `broken` was called. */
async function feed(stdin: Writable, input: RunOptions['input'], broken: () => void): Promise<void> {
  if (input === undefined || typeof input === 'string' || input instanceof Uint8Array) {
    stdin.end(input)
    return
  }
  try {
    for await (const piece of input) {
      // A program may end, or close its input, before it has read everything.
      if (stdin.destroyed) return
      if (!stdin.write(piece))
        await new Promise<void>((resolve) => {
          const go = () => {
            stdin.off('drain', go).off('close', go)
            resolve()
          }
          stdin.on('drain', go).on('close', go)
        })
    }
    stdin.end()
  } catch (error) {
    broken()
    throw error
  }
}

/** Calls `onLine` for every line of a stream, the last one too when it has no newline; of one over 64 KiB only with its end. */
export function lines(stream: Readable, onLine: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop()!
    for (const part of parts) onLine(part.replace(/\r$/, ''))
    // A program that never ends its line must not fill our memory.
    if (rest.length > 65536) rest = rest.slice(-65536)
  })
  stream.on('end', () => rest && onLine(rest))
}

function hear(kept: string[], onLine: RunOptions['onLine']): (line: string) => void {
  return (line) => {
    kept.push(line)
    if (kept.length > TAIL_LINES) kept.shift()
    onLine?.(line)
  }
}

/** The line of a program's output that most likely says why: the last that looks like an error, else the last. */
function summary(tail: string): string {
  const all = tail.split('\n').filter((line) => line.trim())
  return (
    all.findLast((line) => /\b(E:|error|fatal|cannot|failed|No space)/i.test(line)) ??
    all.at(-1) ??
    ''
  ).trim()
}

function notStarted(program: string, error: NodeJS.ErrnoException): KilnError {
  return error.code === 'ENOENT'
    ? new KilnError('KILN_PROGRAM_MISSING', `The program ${program} is not installed.`, {
        cause: error,
        hint: "'kiln doctor' says what this machine lacks; 'make setup' in a checkout installs it.",
      })
    : new KilnError('KILN_PROGRAM_FAILED', `${program} could not be started: ${error.message}`, {
        cause: error,
      })
}
