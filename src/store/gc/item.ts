/** What things of a store are to people. */
export type Kind =
  | 'version'
  | 'layer'
  | 'object'
  | 'base'
  | 'check'
  | 'inventory'
  | 'index'
  | 'lists'
  | 'lock'
  | 'report'
  | 'tools'
  | 'temporary'

/** One thing that can be removed from a store. */
export interface Item {
  readonly kind: Kind
  /** `objects/<digest>`, `layers/<key>`, `versions/<key>`, `trees/<name>`; for the others their path in the store. */
  readonly id: string
  readonly path: string
  /** Bytes that its removal frees: none while a file has another name elsewhere. */
  readonly bytes: number
  /** When it was last used, else made; milliseconds since 1970. */
  readonly used: number
  /** How people call it. */
  readonly name: string
  /** Ids of the objects that are its result: neither is of use without the other. */
  readonly holds: readonly string[]
  /** Ids of what making it anew would take: kept as long as it is kept. */
  readonly wants: readonly string[]
  /** Of a version: digest of its recipe. */
  readonly recipe?: string
  /** It is in use by its kind: what tools.lock names. */
  readonly current?: boolean
  /** It can be no use to anybody: it cannot be read, or what it holds is gone. */
  readonly broken?: boolean
}
