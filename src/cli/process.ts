import { setTimeout as sleep } from 'node:timers/promises'
import { isErrno, KilnError, messageOf } from '../core/error.ts'
import type { UserStreams } from '../tools/sandbox/terminal.ts'
import { type Process, program, reportCrash } from './program.ts'
import { loadVerb } from './registry.ts'
import type { Output } from './render/renderer.ts'
import type { ExitStatus } from './verb.ts'

/** Lines that are not for a terminal are wrapped as for one of this width. */
const PIPE = { columns: 100, rows: 24 }
/** How long work may clean up after a bug was met outside of it, ms. */
const PATIENCE = 10_000

/** Runs the program on this process's arguments, streams and signals, and ends the process with its status. */
export async function runProcess(load: typeof loadVerb = loadVerb): Promise<never> {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      // The second one: no more patience. Children die with us, the next run cleans what is left.
      if (stop.signal.aborted) process.exit(130)
      stop.abort()
    })
  }
  let lost: Error | undefined
  const self: Process = {
    env: process.env,
    cwd: process.cwd(),
    stdout: output(process.stdout, (error) => {
      lost = error
    }),
    stderr: output(process.stderr, () => {}),
    user,
    signal: stop.signal,
  }
  const finish = program(process.argv.slice(2), self, load)
  let crash: Promise<ExitStatus> | undefined
  process.on('uncaughtException', (thrown) => {
    stop.abort()
    const cleanUp = Promise.race([finish, sleep(PATIENCE)])
    crash ??= cleanUp.then(() => reportCrash(thrown, process.argv[2] ?? '', self))
    crash.then((status) => process.exit(status))
  })
  const finished = await finish
  const status = (await crash) ?? finished
  await written(process.stdout)
  // Streams tell of a write that failed only after it.
  await sleep(0)
  if (status !== 0 || lost === undefined) return process.exit(status)
  const failed = new KilnError(
    'KILN_OUTPUT_LOST',
    `What was to be said could not be written to standard output: ${messageOf(lost)}.`,
    { hint: 'The work itself was done; the same command says it again.' },
  )
  return process.exit(await reportCrash(failed, '', self))
}

/** Waits for a reader that is slower than we are: what it has not taken would end with us. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return Promise.resolve()
  return new Promise((resolve) => stream.write('', () => resolve()))
}

/** The streams as they are. Standard input is touched only now: who does not read it must not keep a job from stopping. */
function user(): UserStreams {
  const { stdin, stdout, stderr } = process
  const streams = { input: stdin, output: stdout, errors: stderr }
  if (!stdin.isTTY || !stdout.isTTY) return streams
  return {
    ...streams,
    terminal: {
      size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
      raw: (on) => void stdin.setRawMode(on),
      onResize: (listener) => {
        stdout.on('resize', listener)
        return () => stdout.off('resize', listener)
      },
    },
  }
}

/**
 * A reader that has gone away (`kiln images | head`, a terminal that was closed) is no reason to stop working or to
 * complain; a full disk is: `lost` is called.
 */
function output(stream: NodeJS.WriteStream, lost: (error: Error) => void): Output {
  let open = true
  stream.on('error', (error) => {
    open = false
    if (!isErrno(error, 'EPIPE') && !(stream.isTTY && isErrno(error, 'EIO'))) lost(error)
  })
  return {
    isTTY: stream.isTTY === true,
    size: () => (stream.isTTY ? { columns: stream.columns || 80, rows: stream.rows || 24 } : PIPE),
    write: (text) => {
      if (open) stream.write(text)
    },
  }
}
