import { z } from 'zod'
import { clock } from '../core/clock.ts'
import { registerSecret } from '../core/redact.ts'
import type { Login, Named, Scope } from './settings/settings.ts'

const endpoint = z.object({
  interface: z.string(),
  region: z.string().nullish(),
  region_id: z.string().nullish(),
  url: z.string(),
})
const service = z.object({
  type: z.string(),
  name: z.string().optional(),
  endpoints: z.array(endpoint).default([]),
})
const answer = z.object({
  token: z.object({
    issued_at: z.string(),
    expires_at: z.string(),
    catalog: z.array(service).default([]),
    project: z.object({ id: z.string(), name: z.string() }).optional(),
    user: z.object({ id: z.string(), name: z.string() }),
  }),
})
export type Catalog = z.infer<typeof service>[]

/** What a login gave. */
export interface Token {
  /** A secret, registered. */
  readonly value: string
  /** Monotonic milliseconds from which on a new one is asked for. */
  readonly renewAt: number
  readonly catalog: Catalog
  readonly project: { readonly id: string; readonly name: string } | undefined
  readonly user: { readonly id: string; readonly name: string }
}

/** A token is renewed this long before its end, or when a tenth of its life is left, whichever is later. */
const MARGIN = 5 * 60_000

/** The token in Keystone's answer. @throws Error when it is none. */
export function tokenOf(value: string | undefined, body: unknown): Token {
  const { token } = answer.parse(body)
  if (!value) throw new Error('it holds no token')
  registerSecret(value)
  // How long it lives is taken from Keystone's own times: this machine's clock may be wrong.
  const life = Date.parse(token.expires_at) - Date.parse(token.issued_at)
  if (!(life > 0)) throw new Error('its token has no time to live')
  return {
    value,
    renewAt: clock.monotonic() + life - Math.min(MARGIN, life / 10),
    catalog: token.catalog,
    project: token.project,
    user: token.user,
  }
}

/** The body of a request for a token. */
export function tokenRequest(login: Login): unknown {
  const scope = 'scope' in login && login.scope ? { scope: scopeBody(login.scope) } : {}
  switch (login.kind) {
    case 'password': {
      const password = { user: { ...login.user, password: login.password } }
      return { auth: { identity: { methods: ['password'], password }, ...scope } }
    }
    case 'token':
      return { auth: { identity: { methods: ['token'], token: { id: login.token } }, ...scope } }
    case 'application credential': {
      const { secret, credential } = login
      return {
        auth: {
          identity: {
            methods: ['application_credential'],
            application_credential: { ...credential, secret },
          },
        },
      }
    }
  }
}

function scopeBody(scope: Scope): unknown {
  if ('project' in scope) return { project: scope.project satisfies Named }
  return 'domain' in scope ? { domain: scope.domain } : { system: { all: true } }
}
