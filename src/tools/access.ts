import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { inputError, isErrno } from '../core/error.ts'
import { registerSecret } from '../core/redact.ts'

/** How an address is reached. Nothing of it goes anywhere but to that address. */
export interface Way {
  /** Value of the header. */
  readonly authorization?: string
  /** Certificate authorities, client certificate and its key: PEM. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** As in the environment: `http_proxy`, `https_proxy`, `no_proxy`. */
  readonly proxies?: Readonly<Record<string, string>>
  /** The other side's certificate is not looked at: only where somebody wrote that it must not be. */
  readonly insecure?: boolean
}

/** Who knows how addresses are reached. */
export interface Access {
  /** @throws KilnError `KILN_AUTH_INVALID` when a file that is named for it cannot be read. */
  way(url: URL): Promise<Way>
}

/** Where {@link openAccess} looks. */
export interface AccessSources {
  /** File in the format of apt's `auth.conf`, with more words; `required`: somebody named it. */
  readonly file?: { readonly path: string; readonly required: boolean } | undefined
  /** The same as text, from the environment. */
  readonly text?: string | undefined
  /** Proxies for all addresses, as in the environment. */
  readonly proxies?: Readonly<Record<string, string>> | undefined
}

/** What may stand behind `machine ADDRESS`. Paths are taken from the folder of the file. */
const WORDS = ['login', 'password', 'ca', 'certificate', 'key', 'proxy'] as const
type Word = (typeof WORDS)[number]

interface Entry {
  readonly scheme: string | undefined
  readonly host: string
  readonly port: string | undefined
  readonly path: string
  readonly words: ReadonlyMap<Word, string>
}

/**
 * Reads what is known of addresses: logins, certificates, proxies. Every secret in it is registered, so that no message
 * and no log holds it.
 * @throws KilnError `KILN_AUTH_INVALID`, which names the place and never what stands there.
 */
export async function openAccess(sources: AccessSources): Promise<Access> {
  const entries: Entry[] = []
  if (sources.text) entries.push(...parseAccess(sources.text, 'KILN_AUTH'))
  const { file } = sources
  if (file) {
    const text = await readFile(file.path, 'utf8').catch((error: unknown) => {
      if (isErrno(error, 'ENOENT') && !file.required) return ''
      throw inputError('KILN_AUTH_INVALID', `The logins in ${file.path} cannot be read.`, {
        hint: 'Check the path in KILN_AUTH_FILE and the mode of the file.',
        cause: error,
      })
    })
    entries.push(...parseAccess(text, file.path))
  }
  for (const url of Object.values(sources.proxies ?? {})) hideProxy(url)
  const base = file ? resolve(file.path, '..') : process.cwd()
  const pem = (entry: Entry, word: Word) => {
    const path = entry.words.get(word)
    return path === undefined ? undefined : readPem(resolve(base, path), entry.host)
  }
  return {
    way: async (url) => {
      const mine = entries.filter((entry) => fits(entry, url))
      const first = (word: Word) => mine.find((entry) => entry.words.has(word))
      const login = mine.find(
        // A password in the open only where somebody wrote that he wants it.
        (entry) => entry.words.has('login') && (url.protocol === 'https:' || entry.scheme === url.protocol),
      )
      const [ca, cert, key] = await Promise.all(
        (['ca', 'certificate', 'key'] as const).map((word) => {
          const entry = first(word)
          return entry && pem(entry, word)
        }),
      )
      const proxy = first('proxy')?.words.get('proxy')
      const proxies = proxy === undefined ? sources.proxies : { http_proxy: proxy, https_proxy: proxy }
      return {
        ...(login ? { authorization: basic(login) } : {}),
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        // One file may hold both.
        ...(cert === undefined ? {} : { key: key ?? cert }),
        ...(proxies && Object.keys(proxies).length > 0 ? { proxies } : {}),
      }
    },
  }
}

/** @throws KilnError `KILN_AUTH_INVALID`. */
function parseAccess(text: string, origin: string): Entry[] {
  const entries: (Omit<Entry, 'words'> & { readonly words: Map<Word, string> })[] = []
  let expected: 'machine' | Word | undefined
  const wrong = (line: number, what: string) =>
    inputError('KILN_AUTH_INVALID', `${origin}, line ${line}: ${what}.`, {
      hint: `An entry is "machine [https://]HOST[:PORT][/PATH] login NAME password WORD"; also ${WORDS.slice(2).join(', ')}.`,
    })
  for (const [n, line] of text.split('\n').entries()) {
    for (const token of line.replace(/^\s*#.*/, '').match(/\S+/g) ?? []) {
      if (expected === 'machine') {
        const match = /^(?:(https?):\/\/)?(\[[^\]]+\]|[^/:@]+)(?::(\d+))?(\/\S*)?$/.exec(token)
        if (!match) throw wrong(n + 1, 'that is no address')
        const [, scheme, host, port, path] = match
        entries.push({
          scheme: scheme && `${scheme}:`,
          host: host!.toLowerCase(),
          port,
          path: path ?? '/',
          words: new Map(),
        })
        expected = undefined
      } else if (expected !== undefined) {
        const entry = entries.at(-1)!
        entry.words.set(expected, token)
        if (expected === 'password') registerSecret(token)
        if (expected === 'proxy') {
          if (!URL.canParse(token)) throw wrong(n + 1, 'that is no address of a proxy')
          hideProxy(token)
        }
        expected = undefined
      } else if (token === 'machine') expected = 'machine'
      else if (WORDS.includes(token as Word) && entries.length > 0) expected = token as Word
      // What stands there may be a password that lacks its word.
      else
        throw wrong(n + 1, entries.length > 0 ? 'a word that no entry has' : 'an entry begins with "machine"')
    }
  }
  if (expected !== undefined)
    throw wrong(text.trimEnd().split('\n').length, `nothing stands behind "${expected}"`)
  return entries
}

function fits({ scheme, host, port, path }: Entry, url: URL): boolean {
  const usual = url.protocol === 'https:' ? '443' : '80'
  return (
    (scheme === undefined || scheme === url.protocol) &&
    host === url.hostname &&
    (port === undefined || port === (url.port || usual)) &&
    (url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`))
  )
}

function basic(entry: Entry): string {
  const encoded = Buffer.from(`${entry.words.get('login')}:${entry.words.get('password') ?? ''}`).toString(
    'base64',
  )
  registerSecret(encoded)
  return `Basic ${encoded}`
}

function hideProxy(url: string): void {
  if (!URL.canParse(url)) return
  const { password } = new URL(url)
  if (password) for (const form of [password, decodeURIComponent(password)]) registerSecret(form)
}

async function readPem(path: string, host: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw inputError('KILN_AUTH_INVALID', `The certificate ${path} for ${host} cannot be read.`, {
      hint: 'Check the path and its mode; paths are taken from the folder of the file that names them.',
      cause: error,
    })
  }
}
