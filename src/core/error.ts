import { redact } from './redact.ts'

/** Stable name of an error; scripts may rely on it. */
export type ErrorCode = `KILN_${string}`

/** Whose fault: `input` → exit status 2, nothing was built or written; `work` → exit status 1. */
export type Fault = 'input' | 'work'

export interface KilnErrorOptions {
  readonly fault?: Fault
  /** What to do about it, one sentence or a few lines. */
  readonly hint?: string | undefined
  readonly cause?: unknown
  /** Facts for programs (`--json`); must not hold secrets. */
  readonly data?: Readonly<Record<string, unknown>>
}

/** The one error that users see: a code, one sentence that says what is wrong and where, a hint that says what to do. */
export class KilnError extends Error {
  readonly code: ErrorCode
  readonly fault: Fault
  readonly hint: string | undefined
  readonly data: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, options: KilnErrorOptions = {}) {
    super(redact(message), options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'KilnError'
    this.code = code
    this.fault = options.fault ?? 'work'
    this.hint = options.hint === undefined ? undefined : redact(options.hint)
    this.data = options.data ?? {}
  }
}

/** An error of the caller's input: exit status 2, nothing built, nothing written. */
export function inputError(
  code: ErrorCode,
  message: string,
  options: Omit<KilnErrorOptions, 'fault'> = {},
): KilnError {
  return new KilnError(code, message, { ...options, fault: 'input' })
}

/** The same error, saying which of several things it is about; anything else as it is. */
export function about(subject: string, thrown: unknown): unknown {
  if (!(thrown instanceof KilnError)) return thrown
  const { code, message, fault, hint, data } = thrown
  return new KilnError(code, `${subject}: ${message}`, { fault, hint, data, cause: thrown })
}

/** The user (or a caller's signal) stopped the work; everything acquired has been given back. Exit status 130. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted')
    this.name = 'Interrupted'
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** True for a Node system error with that `code` (`ENOENT`, `ENOSPC` …). */
export function isErrno(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && (thrown as NodeJS.ErrnoException).code === code
}
