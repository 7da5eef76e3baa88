import { z } from 'zod'

/** An entry of clouds.yaml: keys are few and known, but others' tools keep theirs there, too. */
export type Tree = { readonly [key: string]: unknown }

/** Text where people also write numbers: `password: 12345`. */
const word = z.union([z.string(), z.number().transform(String)])
const yesOrNo = z.union([
  z.boolean(),
  z
    .string()
    .regex(/^(true|yes|on|1|false|no|off|0)$/i)
    .transform((text) => /^(true|yes|on|1)$/i.test(text)),
])

const auth = z.looseObject({
  auth_url: word.optional(),
  username: word.optional(),
  user_name: word.optional(),
  user_id: word.optional(),
  password: word.optional(),
  token: word.optional(),
  project_name: word.optional(),
  project_id: word.optional(),
  tenant_name: word.optional(),
  tenant_id: word.optional(),
  user_domain_name: word.optional(),
  user_domain_id: word.optional(),
  project_domain_name: word.optional(),
  project_domain_id: word.optional(),
  domain_name: word.optional(),
  domain_id: word.optional(),
  default_domain: word.optional(),
  default_domain_id: word.optional(),
  default_domain_name: word.optional(),
  system_scope: word.optional(),
  application_credential_id: word.optional(),
  application_credential_name: word.optional(),
  application_credential_secret: word.optional(),
})

const region = z.union([word, z.looseObject({ name: word }).transform(({ name }) => name)])

/** What Kiln reads of an entry. */
export const entry = z.looseObject({
  profile: word.optional(),
  cloud: word.optional(),
  auth_type: word.optional(),
  auth: auth.default({}),
  region_name: word.optional(),
  regions: z.array(region).optional(),
  interface: word.optional(),
  endpoint_type: word.optional(),
  verify: yesOrNo.optional(),
  insecure: yesOrNo.optional(),
  cacert: word.nullish(),
  cert: word.nullish(),
  key: word.nullish(),
  identity_api_version: word.optional(),
})
export type Entry = z.infer<typeof entry>

/** `over` laid upon `under`, map by map. */
export function merged(under: Tree, over: Tree): Tree {
  const result: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(under, key) ? under[key] : undefined
    const both = isTree(below) && isTree(value)
    Object.defineProperty(result, key, {
      value: both ? merged(below, value) : value,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return result
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
