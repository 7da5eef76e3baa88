import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  STATUS_CODES,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Access, Way } from './access.ts'

/** How long a transfer may bring next to nothing, and how waiting is done: tests take their own. */
export const patience = {
  /** Milliseconds in which at least `least` bytes must come. */
  stall: 30_000,
  /** 1 KiB a second: slower than any line that is worth waiting for. */
  least: 30 << 10,
  /** Calls `look` again and again. @returns what ends that. */
  every: (milliseconds: number, look: () => void): (() => void) => {
    const timer = setInterval(look, milliseconds)
    return () => clearInterval(timer)
  },
  /** Waits; ends early, without an error, when `signal` aborts. */
  pause: (milliseconds: number, signal: AbortSignal | undefined): Promise<void> =>
    sleep(milliseconds, undefined, { signal }).catch(() => {}),
  /** From 0 to 1, so that many builds do not come back at the same instant. */
  jitter: (): number => Math.random(),
}

/**
 * What is sent: bytes, or as many bytes of a stream as are said before. The memory of a piece may be used again when the one
 * after the next is asked for.
 */
export type Body = Uint8Array | { readonly size: number; readonly open: () => AsyncIterable<Uint8Array> }

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined
  readonly access?: Access | undefined
  /** Default GET. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Body | undefined
  /** False: a redirect is an answer like another. Default: it is followed; nothing but a plain GET or HEAD should be. */
  readonly follow?: boolean
  /** Milliseconds in which nothing may come or go, else the transfer is ended. Default `patience.stall`. */
  readonly stall?: number
}

/** An answer whose body has not been read yet. Whoever gets one reads it to its end or calls `drop`. */
export interface Answer {
  readonly status: number
  readonly statusText: string
  /** Whether the server said how long the body is: without that, a cut connection looks like its end. */
  readonly delimited: boolean
  /** Seconds that it asks to wait before the next try. */
  readonly retryAfter: number | undefined
  /** Who answered in the end: redirects lead elsewhere. */
  readonly url: string
  /** Value of a header, by its name in lower case. */
  header(name: string): string | undefined
  readonly body: AsyncIterable<Uint8Array>
  drop(): void
}

/** Connections by the way they take, kept open between requests. */
const agents = new Map<string, HttpAgent>()
const REDIRECTS = 5

/**
 * One request, redirects followed; whatever the status, it is an answer. Each address gets only the credentials that are
 * meant for it, so a redirect elsewhere takes none along.
 * @throws Error of the system or of TLS; an Error that says so when a transfer stalls.
 */
export async function ask(url: string, options: RequestOptions = {}): Promise<Answer> {
  let here = new URL(url)
  for (let hops = 0; ; hops++) {
    const { response, watch } = await once(here, options)
    const to = response.headers.location
    const redirect = to !== undefined && [301, 302, 303, 307, 308].includes(response.statusCode!)
    if (!redirect || options.follow === false) return answerOf(here, response, watch)
    response.destroy()
    watch.end()
    if (hops === REDIRECTS) throw new Error('it redirects in a circle')
    const next = new URL(to, here)
    if (here.protocol === 'https:' && next.protocol !== 'https:')
      throw new Error(`it redirects to ${next.protocol.slice(0, -1)}, which is not secured`)
    here = next
  }
}

async function once(url: URL, options: RequestOptions) {
  if (!/^https?:$/.test(url.protocol)) throw new Error(`it leads to ${url.protocol}, which is not fetched`)
  const { signal, access, method = 'GET', body } = options
  const way = (await access?.way(url)) ?? {}
  const secure = url.protocol === 'https:'
  const watch = watchStall(options.stall ?? patience.stall)
  const request = (secure ? httpsRequest : httpRequest)(url, {
    method,
    // A connection that was kept may be closed by the other side just now: what must not happen twice takes a new one.
    agent: agentFor(secure, way, method === 'GET' || method === 'HEAD'),
    headers: {
      'user-agent': 'kiln',
      accept: '*/*',
      ...(way.authorization === undefined ? {} : { authorization: way.authorization }),
      ...options.headers,
      ...(body === undefined ? {} : { 'content-length': String(sizeOf(body)) }),
    },
    ...(signal ? { signal } : {}),
  })
  watch.stops((error) => request.destroy(error))
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', resolve)
      request.on('error', reject)
      send(request, body, watch).catch((error: Error) => {
        // Never an end that looks like one: the other side must see that the rest is missing.
        request.destroy(error)
        reject(error)
      })
    })
    return { response, watch }
  } catch (error) {
    watch.end()
    throw error
  }
}

function sizeOf(body: Body): number {
  return body instanceof Uint8Array ? body.length : body.size
}

/** Sends what there is to send, unless the answer is there before. @throws Error of the source, or that it is too short or long. */
async function send(
  request: ClientRequest,
  body: Body | undefined,
  watch: ReturnType<typeof watchStall>,
): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) {
    request.end(body)
    return
  }
  let sent = 0
  let over = false
  let wake = () => {}
  for (const event of ['response', 'close', 'error'] as const)
    request.once(event, () => {
      over = true
      wake()
    })
  // The last piece waits until the source has ended: with all that was promised in hand, the other side would be content.
  let held: Uint8Array | undefined
  for await (const chunk of body.open()) {
    if (over) return
    sent += chunk.length
    if (sent > body.size) break
    const ready = held
    held = chunk
    if (ready === undefined) continue
    watch.came(ready.length)
    await new Promise<void>((resolve) => {
      wake = resolve
      request.write(ready, () => resolve())
    })
  }
  if (over) return
  if (sent !== body.size)
    throw new Error(
      `there are ${sent > body.size ? 'more' : 'fewer'} bytes to send than the ${body.size} that were said`,
    )
  request.end(held)
}

function answerOf(url: URL, response: IncomingMessage, watch: ReturnType<typeof watchStall>): Answer {
  const { statusCode, statusMessage, headers } = response
  const wait = Number(headers['retry-after'])
  return {
    status: statusCode!,
    statusText: statusMessage || STATUS_CODES[statusCode!] || '',
    delimited: headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined,
    retryAfter: Number.isFinite(wait) && wait > 0 ? wait : undefined,
    url: url.href,
    header: (name) => {
      const value = headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    body: counted(response, watch),
    drop: () => {
      watch.end()
      response.destroy()
    },
  }
}

async function* counted(
  response: IncomingMessage,
  watch: ReturnType<typeof watchStall>,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      watch.came(chunk.length)
      yield chunk
    }
  } finally {
    watch.end()
    response.destroy()
  }
}

/** Ends a transfer that brings too little: one that stands still, and one that drips for hours. */
function watchStall(stall: number) {
  let bytes = 0
  let stop: (error: Error) => void = () => {}
  const end = patience.every(stall, () => {
    if (bytes < patience.least)
      stop(
        new Error(
          bytes === 0
            ? `no byte came for ${stall / 1000} s`
            : `only ${bytes} bytes came in ${stall / 1000} s`,
        ),
      )
    bytes = 0
  })
  return {
    came: (length: number) => {
      bytes += length
    },
    stops: (how: (error: Error) => void) => {
      stop = how
    },
    end,
  }
}

function agentFor(secure: boolean, { authorization: _, ...way }: Way, keepAlive: boolean): HttpAgent {
  const key = JSON.stringify([secure, way, keepAlive])
  const there = agents.get(key)
  if (there) return there
  const { proxies, insecure, ...rest } = way
  const tls = insecure === true ? { ...rest, rejectUnauthorized: false } : rest
  const settings = { keepAlive, maxSockets: 16, proxyEnv: proxies ?? {} }
  const agent = secure ? new HttpsAgent({ ...settings, ...tls }) : new HttpAgent(settings)
  agents.set(key, agent)
  return agent
}
