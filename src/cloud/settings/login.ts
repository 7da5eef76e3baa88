import { registerSecret } from '../../core/redact.ts'
import type { Login, Named, Scope } from './settings.ts'
import type { Entry } from './tree.ts'

/** Why an entry is no login; for a sentence that begins with the cloud's name. */
export class Lacks extends Error {}

const KINDS: Readonly<Record<string, Login['kind']>> = {
  password: 'password',
  v3password: 'password',
  token: 'token',
  v3token: 'token',
  v3applicationcredential: 'application credential',
}

/** The login that an entry describes; its secrets are registered. @throws Lacks. */
export function loginOf({ auth_type: type, auth }: Entry): Login {
  const kind = type === undefined ? guess(auth) : KINDS[type]
  if (kind === undefined)
    throw new Lacks(
      `the way to log in "${type}" is not one that Kiln knows (${Object.keys(KINDS).join(', ')})`,
    )
  if (kind === 'application credential') return applicationCredential(auth)
  const scope = scopeOf(auth)
  const scoped = scope === undefined ? {} : { scope }
  if (kind === 'token') return { kind, token: secret(auth.token, 'token'), ...scoped }
  return { kind, user: userOf(auth), password: secret(auth.password, 'password'), ...scoped }
}

function guess(auth: Entry['auth']): Login['kind'] {
  if (auth.application_credential_id !== undefined || auth.application_credential_secret !== undefined)
    return 'application credential'
  return auth.token !== undefined && auth.password === undefined ? 'token' : 'password'
}

function applicationCredential(auth: Entry['auth']): Login {
  const kind = 'application credential'
  const word = secret(auth.application_credential_secret, 'application_credential_secret')
  if (auth.application_credential_id !== undefined)
    return { kind, secret: word, credential: { id: auth.application_credential_id } }
  if (auth.application_credential_name === undefined) throw new Lacks('application_credential_id is missing')
  return { kind, secret: word, credential: { name: auth.application_credential_name, user: userOf(auth) } }
}

function secret(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new Lacks(`${name} is missing`)
  registerSecret(value)
  return value
}

function userOf(auth: Entry['auth']): Named {
  if (auth.user_id !== undefined) return { id: auth.user_id }
  const name = auth.username ?? auth.user_name
  if (name === undefined) throw new Lacks('username is missing')
  return { name, domain: domainOf(auth, auth.user_domain_id, auth.user_domain_name) }
}

/** A domain that nobody named is the one that every cloud has. */
function domainOf(auth: Entry['auth'], id: string | undefined, name: string | undefined) {
  if (id !== undefined) return { id }
  if (name !== undefined) return { name }
  if (auth.default_domain_name !== undefined) return { name: auth.default_domain_name }
  return { id: auth.default_domain_id ?? auth.default_domain ?? 'default' }
}

function scopeOf(auth: Entry['auth']): Scope | undefined {
  const id = auth.project_id ?? auth.tenant_id
  if (id !== undefined) return { project: { id } }
  const name = auth.project_name ?? auth.tenant_name
  if (name !== undefined)
    return { project: { name, domain: domainOf(auth, auth.project_domain_id, auth.project_domain_name) } }
  if (auth.system_scope !== undefined) return { system: true }
  if (auth.domain_id !== undefined) return { domain: { id: auth.domain_id } }
  return auth.domain_name === undefined ? undefined : { domain: { name: auth.domain_name } }
}
