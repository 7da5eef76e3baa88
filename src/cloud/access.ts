import { readFile } from 'node:fs/promises'
import { inputError, messageOf } from '../core/error.ts'
import type { Access, Way } from '../tools/access.ts'
import type { CloudSettings } from './settings/settings.ts'

/**
 * How the services of a cloud are reached: its authority, certificates of ours, proxies. Read once.
 * @throws KilnError `KILN_CLOUD_INVALID` when a file that is named cannot be read.
 */
export async function accessOf(
  { name, tls }: CloudSettings,
  proxies: Readonly<Record<string, string>>,
): Promise<Access> {
  const [ca, cert, key] = await Promise.all(
    [tls.ca, tls.certificate, tls.key].map((path) => path && pem(name, path)),
  )
  const way: Way = {
    ...(ca ? { ca } : {}),
    ...(cert ? { cert, key: key || cert } : {}),
    ...(Object.keys(proxies).length > 0 ? { proxies } : {}),
    ...(tls.verify ? {} : { insecure: true }),
  }
  return { way: async () => way }
}

async function pem(cloud: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw inputError(
      'KILN_CLOUD_INVALID',
      `The certificate ${path} of the cloud ${cloud} cannot be read: ${messageOf(error)}.`,
      { hint: 'Check cacert, cert and key of the cloud; relative paths start in the current folder.' },
    )
  }
}
