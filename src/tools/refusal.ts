import { KilnError, messageOf } from '../core/error.ts'
import type { Answer } from './http.ts'

/** Longest that a server's wish to wait is granted, in milliseconds. */
const LONGEST_WAIT = 60_000

/** An answer that is not what was asked for. */
export function refusal(url: string, { status, statusText, retryAfter }: Answer): KilnError {
  return new KilnError('KILN_FETCH_FAILED', `${`${url} answered ${status} ${statusText}`.trimEnd()}.`, {
    data: { status, url, ...(retryAfter === undefined ? {} : { retryAfter }) },
    hint: hintFor(status),
  })
}

function hintFor(status: number): string | undefined {
  if (status === 404 || status === 410)
    return 'The mirror does not have it (any more): with --update the lock takes what it offers now. Another mirror (KILN_MIRROR_DEBIAN) or an archive of the inputs (--vendor) may still have it.'
  if (status === 401 || status === 403)
    return 'A login for it is given in the file that KILN_AUTH_FILE names: machine HOST login NAME password WORD.'
  if (status === 407) return 'The proxy wants a login: put it into its address, http://NAME:WORD@PROXY/.'
  return undefined
}

/** Whether the same question may be answered another time. */
export function canPass(error: unknown): boolean {
  if (!(error instanceof KilnError)) return !isTls(error)
  const status = error.data.status
  return typeof status === 'number' && (status === 408 || status === 429 || status >= 500)
}

/** Milliseconds that the server asked to wait. */
export function waitOf(error: unknown): number {
  const seconds = error instanceof KilnError ? error.data.retryAfter : undefined
  return typeof seconds === 'number' ? Math.min(seconds * 1000, LONGEST_WAIT) : 0
}

/** A failure of our own disk, or an input that is at fault: no other mirror helps. */
export function ours(error: unknown): boolean {
  if (error instanceof KilnError) return error.fault === 'input'
  if (!(error instanceof Error)) return false
  if ('syscall' in error && 'path' in error) return true
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'].includes(codeOf(error))
}

/** What went wrong in the end, mirror by mirror. */
export function told(failures: ReadonlyMap<string, unknown>): KilnError {
  const all = [...failures].map(([url, error]) =>
    error instanceof KilnError ? error : unreached(url, error),
  )
  if (all.length === 1) return all[0]!
  const statuses = new Set(all.map((error) => error.data.status))
  const [status] = statuses
  const mismatch = all.every((error) => error.code === 'KILN_FETCH_MISMATCH')
  return new KilnError(
    mismatch ? 'KILN_FETCH_MISMATCH' : 'KILN_FETCH_FAILED',
    `None of ${all.length} mirrors has it: ${all.map((error) => error.message.replace(/\.$/, '')).join('; ')}.`,
    {
      data: {
        ...(statuses.size === 1 && status !== undefined ? { status } : {}),
        failures: all.map(({ code, message, data }) => ({ code, message, ...data })),
      },
      // What helps with any of them helps.
      hint: [...new Set(all.flatMap((error) => error.hint ?? []))].join('\n') || undefined,
    },
  )
}

function unreached(url: string, error: unknown): KilnError {
  return new KilnError('KILN_FETCH_FAILED', `${url} cannot be reached: ${reason(error)}.`, {
    cause: error,
    data: { url },
    hint: isTls(error)
      ? 'If the server has a certificate of your own authority, or wants one of you, name them in the file of KILN_AUTH_FILE: machine HOST ca FILE certificate FILE key FILE.'
      : 'Check the network or name another mirror (KILN_MIRROR_DEBIAN=URL). What is locked and in the store still builds without network.',
  })
}

/** A certificate does not become right by waiting. */
function isTls(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^(ERR_(SSL|TLS|OSSL)_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/.test(codeOf(error))
  )
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}

/** Node hides several causes (one an address) one level down. */
function reason(error: unknown): string {
  const causes = error instanceof AggregateError ? error.errors : [error]
  return [...new Set(causes.map(messageOf))].filter(Boolean).join(', ') || codeOf(error as Error)
}
