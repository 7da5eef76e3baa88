import { readFile } from 'node:fs/promises'
import type { Config } from '../../core/config.ts'
import { inputError } from '../../core/error.ts'
import { registerSecret } from '../../core/redact.ts'
import type { Access } from '../access.ts'

/** Where {@link pipIndexes} looks. */
export type PipSources = NonNullable<Config['pip']>

export interface PipIndexes {
  /** Each with a slash at its end and without a login. */
  readonly addresses: readonly string[]
  /** pip's own default is asked, before these: nobody put another one into its place. */
  readonly byDefault: boolean
  /** For people: which configuration said so. */
  readonly origin: string
  /** Values of the header for those that were given with a login, by origin. */
  readonly logins: ReadonlyMap<string, string>
}

/**
 * The package indexes that are asked: those of the environment, else those of this machine's pip. Of pip's, only what
 * lies behind an address counts: a folder of this machine is on no other.
 * @throws KilnError `KILN_PIP_INDEX_INVALID`.
 */
export async function pipIndexes(sources: PipSources): Promise<PipIndexes> {
  const words = (text: string | undefined) => (text ?? '').split(/\s+/).filter(Boolean)
  if (words(sources.configured).length > 0) return made(words(sources.configured), 'KILN_PIP_INDEX', false)
  const { PIP_CONFIG_FILE, PIP_INDEX_URL, PIP_EXTRA_INDEX_URL } = sources.environment
  const settings = new Map<string, string>()
  const files =
    PIP_CONFIG_FILE === '/dev/null' ? [] : [...sources.files, ...(PIP_CONFIG_FILE ? [PIP_CONFIG_FILE] : [])]
  for (const file of files) for (const [key, value] of pairs(await text(file))) settings.set(key, value)
  if (PIP_INDEX_URL) settings.set('index-url', PIP_INDEX_URL)
  if (PIP_EXTRA_INDEX_URL) settings.set('extra-index-url', PIP_EXTRA_INDEX_URL)
  const found = [...words(settings.get('index-url')).slice(0, 1), ...words(settings.get('extra-index-url'))]
  const fetched = found.filter((address) => /^https?:/i.test(address))
  return made(fetched, "this machine's pip", settings.get('index-url') === undefined)
}

/** An access that also knows the logins which indexes were given with. */
export function withLogins(access: Access, { logins }: Pick<PipIndexes, 'logins'>): Access {
  if (logins.size === 0) return access
  return {
    way: async (url) => {
      const way = await access.way(url)
      const login = way.authorization ?? logins.get(url.origin)
      return login === undefined ? way : { ...way, authorization: login }
    },
  }
}

function made(addresses: readonly string[], origin: string, byDefault: boolean): PipIndexes {
  const logins = new Map<string, string>()
  const plain = addresses.map((address, n) => {
    const url = URL.parse(address)
    if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash)
      throw inputError('KILN_PIP_INDEX_INVALID', `${origin}: index ${n + 1} is no address of one.`, {
        hint: 'It is the address of a simple index, as https://HOST/simple/, without a query; several with spaces between them.',
      })
    if (url.username || url.password) {
      const [name, password] = [url.username, url.password].map(decoded)
      const encoded = Buffer.from(`${name}:${password}`).toString('base64')
      for (const secret of [password!, url.password, encoded]) registerSecret(secret)
      // As with other logins: in the open only where somebody wrote the address that way.
      logins.set(url.origin, `Basic ${encoded}`)
      url.username = ''
      url.password = ''
    }
    return url.href.replace(/\/*$/, '/')
  })
  return { addresses: [...new Set(plain)], byDefault, origin, logins }
}

/** `key = value` of the sections that `pip install` reads; a value may go on in indented lines. */
function pairs(text: string): [string, string][] {
  const found: [string, string][] = []
  let section = ''
  for (const line of text.split('\n')) {
    const [, name] = /^\[(.+)\]\s*$/.exec(line) ?? []
    if (name !== undefined) section = name.trim()
    else if (/^\s*([#;].*)?$/.test(line) || !['global', 'install'].includes(section)) continue
    else if (/^\s/.test(line) && found.length > 0) found.at(-1)![1] += ` ${line.trim()}`
    else {
      const [, key, value] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? []
      if (key !== undefined) found.push([key.trim().toLowerCase().replace(/_/g, '-'), value!.trim()])
    }
  }
  return found
}

async function text(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
