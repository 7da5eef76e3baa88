import type { Config } from '../core/config.ts'
import { KilnError } from '../core/error.ts'
import { openAccess } from './access.ts'
import { debianMirrors, everyMirror, type Mirrors } from './apt/mirrors.ts'
import type { FetchOptions } from './fetch.ts'
import { pipIndexes, withLogins } from './python/indexes.ts'

/**
 * How everything is fetched with this configuration: from which mirrors, with which logins, or from an archive alone.
 * @param locked mirrors that a lock names: they have what those that are configured have.
 * @throws KilnError `KILN_AUTH_INVALID`, `KILN_PIP_INDEX_INVALID`.
 */
export async function fetching(
  config: Config,
  locked: readonly Pick<Mirrors, 'archive' | 'security'>[] = [],
): Promise<FetchOptions> {
  if (config.vendor !== undefined) return { vendor: config.vendor }
  // What is locked can be fetched from where the lock says, also on a machine that knows no mirror.
  const known = await debianMirrors(config.mirrors.debian).catch((error: unknown) => {
    if (error instanceof KilnError && locked.length > 0) return undefined
    throw error
  })
  const access = await openAccess(config.access ?? {})
  return {
    mirrors: everyMirror(known, locked),
    access: config.pip ? withLogins(access, await pipIndexes(config.pip)) : access,
  }
}
