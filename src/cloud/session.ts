import { clock } from '../core/clock.ts'
import { Interrupted, inputError, KilnError, messageOf } from '../core/error.ts'
import type { Access } from '../tools/access.ts'
import { type Answer, ask, type Body, patience } from '../tools/http.ts'
import { endpointOf, SERVICES, type ServiceType } from './catalog.ts'
import { refused, serviceMessage } from './failure.ts'
import type { CloudSettings } from './settings/settings.ts'
import { type Token, tokenOf, tokenRequest } from './token.ts'
import { unreachable } from './unreachable.ts'

export interface Request {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; `body` is sent as it is. */
  readonly json?: unknown
  readonly body?: Body
  /** Statuses that are answers. Default: 200 to 299. */
  readonly accept?: readonly number[]
  /** It may be said twice; default: GET, HEAD, DELETE. A body that is a stream is opened anew. */
  readonly repeatable?: boolean
  readonly signal?: AbortSignal | undefined
}

/** Longest that is read of an answer that is not a file. */
const LONGEST_ANSWER = 64 << 20
const ATTEMPTS = 4
/** Milliseconds in which a service must say something: Heat thinks about a template for up to a minute. */
const STALL = 120_000
const LONGEST_WAIT = 60_000

/** A login to a cloud: a token while it is good, the catalog, and requests to services with both. */
export class Session {
  readonly settings: CloudSettings
  readonly #access: Access
  #token: Promise<Token> | undefined

  constructor(settings: CloudSettings, access: Access) {
    this.settings = settings
    this.#access = access
  }

  /** The token in use, a new one when its time is nearly over. However many want one, one request asks for it. */
  async token(signal?: AbortSignal): Promise<Token> {
    const held = this.#token
    const known = await held?.catch(() => undefined)
    if (known && clock.monotonic() < known.renewAt) return known
    if (this.#token !== held) return this.token(signal)
    // Others wait for it, too: nobody's signal ends it.
    const fresh = this.#logIn()
    this.#token = fresh
    fresh.catch(() => {
      if (this.#token === fresh) this.#token = undefined
    })
    return unlessAborted(fresh, signal)
  }

  /**
   * One request to a service; its answer's body is not read yet. Repeated after a pause where that is safe and may help,
   * and once with a new token when the old one is refused.
   * @param path behind the service's address: `/images`.
   * @throws KilnError `KILN_CLOUD_REFUSED`, `KILN_CLOUD_FAILED`, `KILN_CLOUD_UNREACHABLE`, `KILN_CLOUD_LOGIN`, `KILN_CLOUD_SERVICE_ABSENT`.
   */
  async send(service: ServiceType, path: string, request: Request = {}): Promise<Answer> {
    const { method = 'GET', signal } = request
    let renewed = false
    for (let tried = 1; ; tried++) {
      const token = await this.token(signal)
      const url = endpointOf(service, this.settings, token.catalog) + path
      let answer: Answer
      try {
        answer = await this.#ask(url, request, { 'x-auth-token': token.value })
      } catch (error) {
        if (signal?.aborted) throw new Interrupted()
        const failed = unreachable(this.settings, url, error)
        if (tried >= ATTEMPTS || !mayRepeat(request, error) || failed.fault === 'input') throw failed
        await patience.pause(waitFor(tried, undefined), signal)
        continue
      }
      if (accepted(answer.status, request.accept)) return answer
      if (answer.status === 401 && !renewed) {
        renewed = true
        answer.drop()
        await this.#forget(token)
        continue
      }
      const again = answer.status === 429 || (passes(answer.status) && isRepeatable(request))
      if (again && tried < ATTEMPTS) {
        answer.drop()
        await patience.pause(waitFor(tried, answer.retryAfter), signal)
        continue
      }
      const text = await readText(answer).catch(() => '')
      const question = {
        cloud: this.settings.name,
        service: SERVICES[service].what,
        method,
        path: path.replace(/\?.*/s, ''),
        byCredential: this.settings.login.kind === 'application credential',
      }
      throw refused(question, answer.status, answer.statusText, text)
    }
  }

  /** Like {@link send}, and the JSON of the answer, undefined where it is empty. @throws KilnError also `KILN_CLOUD_ANSWER`. */
  async json(service: ServiceType, path: string, request: Request = {}): Promise<unknown> {
    for (let tried = 1; ; tried++) {
      const answer = await this.send(service, path, request)
      let text: string
      try {
        text = await readText(answer)
      } catch (error) {
        if (request.signal?.aborted) throw new Interrupted()
        if (!isRepeatable(request) || tried >= ATTEMPTS) throw unreachable(this.settings, service, error)
        continue
      }
      try {
        return text === '' ? undefined : JSON.parse(text)
      } catch {
        throw oddAnswer(this.settings.name, service, path, 'it is no JSON')
      }
    }
  }

  /** A token that was refused is not used again. */
  async #forget(token: Token): Promise<void> {
    if ((await this.#token?.catch(() => undefined)) === token) this.#token = undefined
  }

  async #logIn(): Promise<Token> {
    const { name, authUrl, login } = this.settings
    const url = `${authUrl}/auth/tokens`
    const request: Request = { method: 'POST', json: tokenRequest(login), repeatable: true }
    for (let tried = 1; ; tried++) {
      let text: string
      let answer: Answer
      try {
        answer = await this.#ask(url, request, {})
        text = await readText(answer)
      } catch (error) {
        const failed = unreachable(this.settings, url, error)
        if (tried >= ATTEMPTS || failed.fault === 'input') throw failed
        await patience.pause(waitFor(tried, undefined), undefined)
        continue
      }
      if (answer.status === 201) {
        try {
          return tokenOf(answer.header('x-subject-token'), JSON.parse(text))
        } catch (error) {
          const why = error instanceof SyntaxError ? 'it is no JSON' : messageOf(error)
          throw oddAnswer(name, 'identity', '/auth/tokens', why)
        }
      }
      if (passes(answer.status) && tried < ATTEMPTS) {
        await patience.pause(waitFor(tried, answer.retryAfter), undefined)
        continue
      }
      throw loginRefused(this.settings, answer, text)
    }
  }

  #ask(url: string, request: Request, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const json = request.json === undefined ? undefined : Buffer.from(JSON.stringify(request.json))
    return ask(url, {
      method: request.method ?? 'GET',
      access: this.#access,
      follow: false,
      stall: STALL,
      signal: request.signal,
      body: json ?? request.body,
      headers: {
        accept: 'application/json',
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
        ...request.headers,
      },
    })
  }
}

/** What `promise` gives, or an interruption as soon as `signal` aborts. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = () => reject(new Interrupted())
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** All of an answer's text. @throws Error when it is too long, or cut off. */
export async function readText(answer: Answer): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body) {
    size += chunk.length
    if (size > LONGEST_ANSWER) throw new Error(`the answer has more than ${LONGEST_ANSWER >> 20} MiB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** An answer that is not what the API promises. */
export function oddAnswer(cloud: string, service: string, path: string, why: string): KilnError {
  return new KilnError(
    'KILN_CLOUD_ANSWER',
    `What the cloud ${cloud} answers (${service}, ${path.replace(/\?.*/s, '')}) is not what the API says: ${why.split('\n')[0]}.`,
    {
      hint: 'Check that auth_url and the catalog lead to the services themselves, not to a page before them.',
    },
  )
}

function accepted(status: number, accept: readonly number[] | undefined): boolean {
  return accept ? accept.includes(status) : status >= 200 && status < 300
}

function isRepeatable({ method = 'GET', repeatable }: Request): boolean {
  return repeatable ?? (method === 'GET' || method === 'HEAD' || method === 'DELETE')
}

/** What never reached the service may be said again whatever it was. */
function mayRepeat(request: Request, error: unknown): boolean {
  return isRepeatable(request) || (error as NodeJS.ErrnoException)?.code === 'ECONNREFUSED'
}

function passes(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501)
}

function waitFor(tried: number, retryAfter: number | undefined): number {
  const backoff = 2 ** tried * 250 * (0.5 + patience.jitter())
  return retryAfter === undefined ? backoff : Math.min(retryAfter * 1000 + backoff / 2, LONGEST_WAIT)
}

function loginRefused({ name, origin, login }: CloudSettings, answer: Answer, text: string): KilnError {
  const said = serviceMessage(text)
  const { status, statusText } = answer
  if (status === 401 || status === 404)
    return inputError(
      'KILN_CLOUD_LOGIN',
      `The cloud ${name} does not take the ${login.kind} in ${origin}: ${said || `${status} ${statusText}`}`,
      {
        hint:
          login.kind === 'token'
            ? 'The token has ended, or is of another cloud: get a new one.'
            : 'Check name, password or secret, project and domains: Keystone does not say which of them is wrong.',
        data: { cloud: name, status },
      },
    )
  const code = status >= 500 ? 'KILN_CLOUD_FAILED' : 'KILN_CLOUD_LOGIN'
  return new KilnError(
    code,
    `The cloud ${name} answered ${`${status} ${statusText}`.trim()} to the login${said ? `: ${said}` : ''}`,
    {
      fault: status >= 500 ? 'work' : 'input',
      hint: 'Check that auth_url is the address of Keystone, version 3.',
      data: { cloud: name, status },
    },
  )
}
