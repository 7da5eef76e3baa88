import { fileURLToPath } from 'node:url'
import type { Config } from '../../core/config.ts'
import { inputError } from '../../core/error.ts'
import { openAccess } from '../access.ts'
import { sharedFolder } from './folder.ts'
import type { Shared, SharedOptions } from './shared.ts'
import { sharedWeb } from './web.ts'

export type { Shared } from './shared.ts'

/**
 * The shared cache that `KILN_CACHE_URL` names: a folder (a path, or `file:`), or a web server (`http:`, `https:`).
 * @throws KilnError `KILN_CACHE_INVALID`, `KILN_AUTH_INVALID`.
 */
export async function openShared(address: string, config: Config, options: SharedOptions): Promise<Shared> {
  if (/^\.{0,2}\//.test(address)) return sharedFolder(address)
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol === 'file:') return sharedFolder(fileURLToPath(url))
  if ((url?.protocol === 'http:' || url?.protocol === 'https:') && url.username === '' && url.password === '')
    return sharedWeb(address, await openAccess(config.access ?? {}), options)
  throw inputError(
    'KILN_CACHE_INVALID',
    `KILN_CACHE_URL is not the address of a shared cache${url?.username || url?.password ? ': it holds a login' : ''}.`,
    {
      hint: 'Give a folder (/srv/kiln, file:///srv/kiln) or a web server (https://…); a login for it belongs into auth.conf, as for a repository.',
    },
  )
}
