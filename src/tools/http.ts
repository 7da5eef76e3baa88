import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, STATUS_CODES } from 'node:http'
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

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined
  readonly access?: Access | undefined
  readonly method?: 'GET' | 'HEAD'
}

/** An answer whose body has not been read yet. Whoever gets one reads it to its end or calls `drop`. */
export interface Answer {
  readonly status: number
  readonly statusText: string
  /** Whether the server said how long the body is: without that, a cut connection looks like its end. */
  readonly delimited: boolean
  /** Seconds that it asks to wait before the next try. */
  readonly retryAfter: number | undefined
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
    if (to === undefined || ![301, 302, 303, 307, 308].includes(response.statusCode!))
      return answerOf(response, watch)
    response.destroy()
    watch.end()
    if (hops === REDIRECTS) throw new Error('it redirects in a circle')
    const next = new URL(to, here)
    if (here.protocol === 'https:' && next.protocol !== 'https:')
      throw new Error(`it redirects to ${next.protocol.slice(0, -1)}, which is not secured`)
    here = next
  }
}

async function once(url: URL, { signal, access, method = 'GET' }: RequestOptions) {
  if (!/^https?:$/.test(url.protocol)) throw new Error(`it leads to ${url.protocol}, which is not fetched`)
  const way = (await access?.way(url)) ?? {}
  const secure = url.protocol === 'https:'
  const watch = watchStall()
  const request = (secure ? httpsRequest : httpRequest)(url, {
    method,
    agent: agentFor(secure, way),
    headers: {
      'user-agent': 'kiln',
      accept: '*/*',
      ...(way.authorization === undefined ? {} : { authorization: way.authorization }),
    },
    ...(signal ? { signal } : {}),
  })
  watch.stops((error) => request.destroy(error))
  request.end()
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', resolve)
      request.on('error', reject)
    })
    return { response, watch }
  } catch (error) {
    watch.end()
    throw error
  }
}

function answerOf(response: IncomingMessage, watch: ReturnType<typeof watchStall>): Answer {
  const { statusCode, statusMessage, headers } = response
  const wait = Number(headers['retry-after'])
  return {
    status: statusCode!,
    statusText: statusMessage || STATUS_CODES[statusCode!] || '',
    delimited: headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined,
    retryAfter: Number.isFinite(wait) && wait > 0 ? wait : undefined,
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
function watchStall() {
  let bytes = 0
  let stop: (error: Error) => void = () => {}
  const end = patience.every(patience.stall, () => {
    if (bytes < patience.least)
      stop(
        new Error(
          bytes === 0
            ? `no byte came for ${patience.stall / 1000} s`
            : `only ${bytes} bytes came in ${patience.stall / 1000} s`,
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

function agentFor(secure: boolean, { authorization: _, ...way }: Way): HttpAgent {
  const key = JSON.stringify([secure, way])
  const there = agents.get(key)
  if (there) return there
  const { proxies, ...tls } = way
  const settings = { keepAlive: true, maxSockets: 16, proxyEnv: proxies ?? {} }
  const agent = secure ? new HttpsAgent({ ...settings, ...tls }) : new HttpAgent(settings)
  agents.set(key, agent)
  return agent
}
