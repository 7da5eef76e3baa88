/** Files by path relative to a root, `/` between the parts. */
export type Files = ReadonlyMap<string, string | Uint8Array>

/**
 * How a guest's cloud-init gets its data: from a disk, or from OpenStack's metadata service over IPv4 or, in a network
 * that has nothing else, over IPv6.
 */
export type SeedKind = 'nocloud' | 'configdrive' | 'metadata' | 'metadata6'

export const SEED_KINDS: readonly SeedKind[] = ['nocloud', 'configdrive', 'metadata', 'metadata6']

/** What a cloud tells an instance. */
export interface SeedData {
  readonly instanceId: string
  readonly hostname: string
  /** The user's own, byte for byte as the cloud would hand it on. */
  readonly userData?: string | Uint8Array | undefined
  /** What the cloud's operator adds; the check's probe comes this way and leaves user data alone. */
  readonly vendorData?: string | undefined
  readonly publicKeys?: readonly string[]
}
