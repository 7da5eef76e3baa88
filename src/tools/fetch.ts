import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Interrupted, KilnError, messageOf } from '../core/error.ts'

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined
  /** Attempts in all; only failures that can pass (network, 408, 429, 5xx) are repeated. Default 4. */
  readonly attempts?: number
  readonly onBytes?: (bytes: number) => void
}

export interface Expected {
  /** Bytes. A longer answer is cut off and refused as soon as it is too long. */
  readonly size?: number
  readonly sha256?: string
}

/** Without an answer or a further byte for this long (ms) a transfer counts as broken. */
const STALL = 30_000
/** Indexes are read into memory; nothing that is one is larger. */
const TEXT_LIMIT = 256 << 20

/**
 * GET into the file `path`, which must not exist, streamed. The bytes are hashed on the way.
 * @returns digest (SHA-256, hexadecimal) and size.
 * @throws KilnError `KILN_FETCH_FAILED` (no answer, `data.status` where there was one) or `KILN_FETCH_MISMATCH`
 *   (size or digest is not what was expected; not repeated into acceptance).
 */
export async function fetchFile(
  url: string,
  path: string,
  expected: Expected = {},
  options: FetchOptions = {},
): Promise<{ digest: string; size: number }> {
  return withRetries(url, options, async (signal) => {
    const file = await open(path, 'w', 0o644)
    try {
      const hash = createHash('sha256')
      let size = 0
      for await (const chunk of body(url, signal)) {
        size += chunk.length
        if (expected.size !== undefined && size > expected.size) break
        hash.update(chunk)
        await file.write(chunk)
        options.onBytes?.(chunk.length)
      }
      const digest = hash.digest('hex')
      const wrong =
        expected.size !== undefined && size !== expected.size
          ? `has ${size > expected.size ? `more than ${expected.size}` : size} bytes instead of ${expected.size}`
          : expected.sha256 !== undefined && digest !== expected.sha256
            ? `has the SHA-256 ${digest} instead of ${expected.sha256}`
            : undefined
      if (wrong)
        throw new KilnError('KILN_FETCH_MISMATCH', `What ${url} answered ${wrong}.`, {
          hint: 'The mirror may be in the middle of an update, or something on the way changes files: try another mirror.',
        })
      return { digest, size }
    } finally {
      await file.close()
    }
  })
}

/** GET of a small text. @returns undefined when the server says that there is none (404, 410). */
export async function fetchText(url: string, options: FetchOptions = {}): Promise<string | undefined> {
  try {
    return await withRetries(url, options, async (signal) => {
      const chunks: Uint8Array[] = []
      let size = 0
      for await (const chunk of body(url, signal)) {
        size += chunk.length
        if (size > TEXT_LIMIT) throw new KilnError('KILN_FETCH_FAILED', `${url} is larger than 256 MiB.`)
        chunks.push(chunk)
      }
      return Buffer.concat(chunks).toString('utf8')
    })
  } catch (error) {
    if (error instanceof KilnError && (error.data.status === 404 || error.data.status === 410))
      return undefined
    throw error
  }
}

/** True when `url` answers a HEAD request with a 2xx status. One attempt, 5 s at most. */
export async function reachable(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(5000) })).ok
  } catch {
    return false
  }
}

async function* body(url: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  // The clock of a stalled transfer starts again with each chunk.
  const stalled = new AbortController()
  let timer = setTimeout(() => stalled.abort(), STALL)
  try {
    const response = await fetch(url, {
      signal: signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal,
      redirect: 'follow',
    })
    if (!response.ok || !response.body) {
      await response.body?.cancel()
      throw new KilnError(
        'KILN_FETCH_FAILED',
        `${`${url} answered ${response.status} ${response.statusText}`.trimEnd()}.`,
        {
          data: { status: response.status, url },
          hint:
            response.status === 404
              ? 'The mirror does not have it (any more); with --update the lock takes what it offers now.'
              : undefined,
        },
      )
    }
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      clearTimeout(timer)
      timer = setTimeout(() => stalled.abort(), STALL)
      yield chunk
    }
  } catch (error) {
    if (stalled.signal.aborted) throw new Error(`no byte came for ${STALL / 1000} s`)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

async function withRetries<T>(
  url: string,
  options: FetchOptions,
  attempt: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  const attempts = options.attempts ?? 4
  for (let tried = 1; ; tried++) {
    try {
      return await attempt(options.signal)
    } catch (error) {
      if (options.signal?.aborted) throw new Interrupted()
      // A system error of our own disk (full, read-only) is not the network's.
      if (error instanceof Error && 'syscall' in error && 'path' in error) throw error
      if (isErrnoOf(error, ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'])) throw error
      if (error instanceof KilnError && !canPass(error)) throw error
      if (tried < attempts) {
        // Jitter, so that many builds do not come back at the same instant.
        await sleep(2 ** tried * 200 * (0.5 + Math.random()), undefined, { signal: options.signal }).catch(
          () => {},
        )
        continue
      }
      if (error instanceof KilnError) throw error
      throw new KilnError('KILN_FETCH_FAILED', `${url} cannot be reached: ${reason(error)}.`, {
        cause: error,
        data: { url },
        hint: 'Check the network or name another mirror (KILN_MIRROR_DEBIAN=URL). What is locked and in the store still builds without network.',
      })
    }
  }
}

function canPass(error: KilnError): boolean {
  const status = error.data.status
  return typeof status === 'number' && (status === 408 || status === 429 || status >= 500)
}

function isErrnoOf(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '')
}

/** Node hides the cause of a failed fetch one level down. */
function reason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return messageOf(cause instanceof Error && cause.message ? cause : error)
}
