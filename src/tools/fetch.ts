import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { Interrupted, KilnError } from '../core/error.ts'
import type { Access } from './access.ts'
import { copyVendored } from './archive.ts'
import { type Answer, ask, patience } from './http.ts'
import { canPass, ours, refusal, told, waitOf } from './refusal.ts'

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined
  /** Rounds in all; only failures that can pass (network, 408, 429, 5xx) are repeated. Default 4. */
  readonly attempts?: number
  readonly onBytes?: (bytes: number) => void
  /** All addresses where the same lies, the first to be tried first. Without it, the one. */
  readonly mirrors?: ((url: string) => readonly string[]) | undefined
  /** Logins, certificates and proxies. */
  readonly access?: Access | undefined
  /** Folder of an archive of inputs (`kiln lock --vendor`): then nothing is fetched at all. */
  readonly vendor?: string | undefined
}

export interface Expected {
  /** Bytes. A longer answer is cut off and refused as soon as it is too long. */
  readonly size?: number
  readonly sha256?: string
}

/** Indexes are read into memory; nothing that is one is larger. */
const TEXT_LIMIT = 256 << 20

/**
 * GET into the file `path`, streamed, from the first mirror that has it. The bytes are hashed on the way. A mirror whose
 * answer has another digest is not asked again.
 * @returns digest (SHA-256, hexadecimal) and size.
 * @throws KilnError `KILN_FETCH_FAILED` (no answer, `data.status` where there was one), `KILN_FETCH_MISMATCH`
 *   (size or digest is not what was expected), `KILN_VENDOR_LACKS`.
 */
export async function fetchFile(
  url: string,
  path: string,
  expected: Expected = {},
  options: FetchOptions = {},
): Promise<{ digest: string; size: number }> {
  if (options.vendor !== undefined) return copyVendored(options.vendor, url, path, expected)
  return withMirrors(url, options, async (place) => {
    const file = await open(path, 'w', 0o644)
    try {
      const answer = await answered(place, options)
      const hash = createHash('sha256')
      let size = 0
      for await (const chunk of answer.body) {
        size += chunk.length
        if (expected.size !== undefined && size > expected.size) break
        hash.update(chunk)
        await file.write(chunk)
        options.onBytes?.(chunk.length)
      }
      // A server that does not say how much comes looks like one that is done when the connection is cut.
      if (!answer.delimited && expected.size !== undefined && size < expected.size)
        throw new Error(`the connection ended after ${size} of ${expected.size} bytes`)
      const digest = hash.digest('hex')
      mustBe(place, { digest, size }, expected)
      return { digest, size }
    } finally {
      await file.close()
    }
  })
}

/** @throws KilnError `KILN_FETCH_MISMATCH` when what came from `place` is not what was expected. */
function mustBe(place: string, { digest, size }: { digest: string; size: number }, expected: Expected): void {
  const wrong =
    expected.size !== undefined && size !== expected.size
      ? `has ${size > expected.size ? `more than ${expected.size}` : size} bytes instead of ${expected.size}`
      : expected.sha256 !== undefined && digest !== expected.sha256
        ? `has the SHA-256 ${digest} instead of ${expected.sha256}`
        : undefined
  if (wrong)
    throw new KilnError('KILN_FETCH_MISMATCH', `What ${place} answered ${wrong}.`, {
      data: { url: place },
      hint: 'The mirror may be in the middle of an update, or something on the way changes files: try another mirror.',
    })
}

/** A text with what its server says of it. */
export interface Page {
  readonly text: string
  /** Where it was in the end: its links start there. */
  readonly url: string
  /** Media type; empty where nobody says it. */
  readonly type: string
}

/** GET of a small text. @returns undefined when every mirror says that there is none (404, 410). */
export async function fetchText(url: string, options: FetchOptions = {}): Promise<string | undefined> {
  return (await fetchPage(url, options))?.text
}

/** GET of a small text, in the form that `accept` asks for. @returns undefined as {@link fetchText}. */
export async function fetchPage(
  url: string,
  options: FetchOptions & { readonly accept?: string } = {},
): Promise<Page | undefined> {
  if (options.vendor !== undefined)
    throw new KilnError(
      'KILN_VENDOR_LACKS',
      `An archive of inputs holds no ${url}: what is locked can be built from it.`,
      {
        fault: 'input',
        hint: 'Lock with a network first, and write the archive from that lock: kiln lock --vendor DIR.',
      },
    )
  try {
    return await withMirrors(url, options, async (place) => {
      const chunks: Uint8Array[] = []
      let size = 0
      const answer = await answered(place, options)
      for await (const chunk of answer.body) {
        size += chunk.length
        if (size > TEXT_LIMIT) throw new KilnError('KILN_FETCH_FAILED', `${place} is larger than 256 MiB.`)
        chunks.push(chunk)
      }
      return {
        text: Buffer.concat(chunks).toString('utf8'),
        url: answer.url,
        type: answer.header('content-type') ?? '',
      }
    })
  } catch (error) {
    if (error instanceof KilnError && (error.data.status === 404 || error.data.status === 410))
      return undefined
    throw error
  }
}

/** True when `url` answers a HEAD request with a 2xx status. One attempt, 5 s at most. */
export async function reachable(url: string, options: Pick<FetchOptions, 'access'> = {}): Promise<boolean> {
  try {
    const answer = await ask(url, { ...options, method: 'HEAD', signal: AbortSignal.timeout(5000) })
    answer.drop()
    return answer.status >= 200 && answer.status < 300
  } catch {
    return false
  }
}

async function answered(
  url: string,
  { signal, access, accept }: FetchOptions & { readonly accept?: string },
): Promise<Answer> {
  const answer = await ask(url, { signal, access, ...(accept === undefined ? {} : { headers: { accept } }) })
  if (answer.status >= 200 && answer.status < 300) return answer
  answer.drop()
  throw refusal(url, answer)
}

/** Servers that did not do what servers do when they were asked last: others are asked before them. */
const weary = new Set<string>()

/** Each mirror in turn, round after round, until one has it, none is left that might, or it was tried often enough. */
async function withMirrors<T>(
  url: string,
  options: FetchOptions,
  attempt: (place: string) => Promise<T>,
): Promise<T> {
  const attempts = options.attempts ?? 4
  const failures = new Map<string, unknown>()
  let left = [...new Set(options.mirrors?.(url) ?? [url])]
  for (let tried = 1; ; tried++) {
    let wait = 0
    for (const place of [...left].sort((a, b) => Number(isWeary(a)) - Number(isWeary(b)))) {
      try {
        const result = await attempt(place)
        weary.delete(originOf(place))
        return result
      } catch (error) {
        if (options.signal?.aborted) throw new Interrupted()
        if (ours(error)) throw error
        failures.set(place, error)
        if (canPass(error)) weary.add(originOf(place))
        if (!canPass(error)) left = left.filter((other) => other !== place)
        wait = Math.max(wait, waitOf(error))
      }
    }
    if (left.length === 0 || tried >= attempts) throw told(failures)
    await patience.pause(Math.max(wait, 2 ** tried * 200 * (0.5 + patience.jitter())), options.signal)
  }
}

function isWeary(url: string): boolean {
  return weary.has(originOf(url))
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url
}
