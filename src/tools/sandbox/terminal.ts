import type { Readable, Writable } from 'node:stream'
import { Interrupted } from '../../core/error.ts'
import { killGroup, run, type Started } from '../run.ts'

export interface Size {
  readonly rows: number
  readonly columns: number
}

/** The user's side of a program that he speaks with. */
export interface UserStreams {
  readonly input: Readable
  readonly output: Writable
  readonly errors: Writable
  /** Set when input and output are a terminal. */
  readonly terminal?: {
    size(): Size
    /** Every key as it is (true), or lines and signals as the terminal makes them (false). */
    raw(on: boolean): void
    /** @returns what ends the listening. */
    onResize(listener: () => void): () => void
  }
}

/** Most bytes of one message. */
const MOST = 0xffff

/** What is typed, as messages for `terminal.pl`. */
export function typed(bytes: Uint8Array): Buffer {
  const messages: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += MOST) {
    const part = bytes.subarray(at, at + MOST)
    const head = Buffer.from('d\0\0')
    head.writeUInt16BE(part.length, 1)
    messages.push(head, part)
  }
  return Buffer.concat(messages)
}

/** A new size of the terminal, as a message for `terminal.pl`. */
export function resized({ rows, columns }: Size): Buffer {
  const message = Buffer.from('w\0\0\0\0')
  message.writeUInt16BE(rows, 1)
  message.writeUInt16BE(columns, 3)
  return message
}

/**
 * Lets the user speak with a program of `Sandbox.startGuest` until it ends; his terminal is then as it was.
 * @returns its exit status. @throws Interrupted when `signal` aborts.
 */
export async function converse(
  { child, ended }: Started,
  user: UserStreams,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { input, output, errors, terminal } = user
  const [stdin, stdout, stderr] = [child.stdin!, child.stdout!, child.stderr!]
  using undo = new DisposableStack()
  const kill = () => killGroup(child, 'SIGKILL')
  signal?.addEventListener('abort', kill, { once: true })
  undo.defer(() => signal?.removeEventListener('abort', kill))
  if (signal?.aborted) kill()
  // A reader that has gone away: the program learns it as from any pipe.
  const lost = () => stdout.destroy()
  output.once('error', lost)
  undo.defer(() => output.off('error', lost))
  stdout.pipe(output, { end: false })
  stderr.pipe(errors, { end: false })
  undo.defer(() => input.pause())
  if (terminal) {
    const type = (chunk: Uint8Array) => stdin.write(typed(Buffer.from(chunk)))
    const hangUp = () => stdin.end()
    terminal.raw(true)
    undo.defer(() => terminal.raw(false))
    // Node's raw mode still makes a line feed two characters, which full-screen programs do not expect.
    await run(['stty', '-F', `/proc/${process.pid}/fd/0`, '-opost']).catch(() => {})
    undo.defer(terminal.onResize(() => stdin.write(resized(terminal.size()))))
    input.on('data', type)
    input.once('end', hangUp)
    undo.defer(() => input.off('data', type).off('end', hangUp))
  } else {
    input.pipe(stdin)
    undo.defer(() => input.unpipe(stdin))
  }
  const { status } = await ended
  if (signal?.aborted) throw new Interrupted()
  return status
}
