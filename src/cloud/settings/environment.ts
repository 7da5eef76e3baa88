import type { Tree } from './tree.ts'

/** What `OS_*` variables say of which member of an entry; those of `auth` have a dot. */
const MEMBERS: Readonly<Record<string, string>> = {
  OS_AUTH_TYPE: 'auth_type',
  OS_REGION_NAME: 'region_name',
  OS_INTERFACE: 'interface',
  OS_ENDPOINT_TYPE: 'endpoint_type',
  OS_CACERT: 'cacert',
  OS_CERT: 'cert',
  OS_KEY: 'key',
  OS_INSECURE: 'insecure',
  OS_IDENTITY_API_VERSION: 'identity_api_version',
}
const AUTH = [
  'AUTH_URL',
  'USERNAME',
  'USER_ID',
  'PASSWORD',
  'TOKEN',
  'PROJECT_NAME',
  'PROJECT_ID',
  'TENANT_NAME',
  'TENANT_ID',
  'USER_DOMAIN_NAME',
  'USER_DOMAIN_ID',
  'PROJECT_DOMAIN_NAME',
  'PROJECT_DOMAIN_ID',
  'DOMAIN_NAME',
  'DOMAIN_ID',
  'DEFAULT_DOMAIN',
  'DEFAULT_DOMAIN_ID',
  'DEFAULT_DOMAIN_NAME',
  'SYSTEM_SCOPE',
  'APPLICATION_CREDENTIAL_ID',
  'APPLICATION_CREDENTIAL_NAME',
  'APPLICATION_CREDENTIAL_SECRET',
]

/** The cloud that the environment describes, as an entry of clouds.yaml; undefined where it describes none. */
export function environmentEntry(env: Readonly<Record<string, string | undefined>>): Tree | undefined {
  if (!env.OS_AUTH_URL) return undefined
  const entry: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(MEMBERS)) if (env[name]) entry[member] = env[name]
  for (const [name, value] of Object.entries(env)) {
    const service = /^OS_([A-Z_]+)_ENDPOINT_OVERRIDE$/.exec(name)?.[1]
    if (service && value) entry[`${service.toLowerCase()}_endpoint_override`] = value
  }
  const auth = AUTH.flatMap((name) => {
    const value = env[`OS_${name}`]
    return value ? [[name.toLowerCase(), value] as const] : []
  })
  return { ...entry, auth: Object.fromEntries(auth) }
}
