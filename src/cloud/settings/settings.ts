/** A user or project, by id or by name in a domain. */
export type Named =
  | { readonly id: string }
  | { readonly name: string; readonly domain: { readonly id: string } | { readonly name: string } }

/** What a token is for. */
export type Scope =
  | { readonly project: Named }
  | { readonly domain: { readonly id: string } | { readonly name: string } }
  | { readonly system: true }

/** Who logs in, and how. */
export type Login =
  | { readonly kind: 'password'; readonly user: Named; readonly password: string; readonly scope?: Scope }
  | { readonly kind: 'token'; readonly token: string; readonly scope?: Scope }
  | {
      readonly kind: 'application credential'
      readonly secret: string
      readonly credential: { readonly id: string } | { readonly name: string; readonly user: Named }
    }

export const INTERFACES = ['public', 'internal', 'admin'] as const
export type Interface = (typeof INTERFACES)[number]

/** All that is known of a cloud before it was asked anything. Secrets in here are registered. */
export interface CloudSettings {
  /** As the user calls it: a name of clouds.yaml, or `envvars`. */
  readonly name: string
  /** For people: where that stands. */
  readonly origin: string
  /** With its version: ends in `/v3`. */
  readonly authUrl: string
  readonly login: Login
  readonly region: string | undefined
  readonly interface: Interface
  readonly tls: {
    readonly verify: boolean
    /** Files of PEM. */
    readonly ca?: string | undefined
    readonly certificate?: string | undefined
    readonly key?: string | undefined
  }
  /** Addresses that replace the catalog's, by type of service with `_` for `-`: `image`, `orchestration`. */
  readonly endpoints: Readonly<Record<string, string>>
}
