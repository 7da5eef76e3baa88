import { isMap, str, toInt } from '../python.ts'
import type { Key, Value } from '../types.ts'
import { whole } from './helpers.ts'
import { failure, scalar } from './result.ts'
import { evaluateAlone, type TemplateFunction } from './scope.ts'

const PARTS: readonly string[] = [
  'scheme',
  'username',
  'password',
  'host',
  'port',
  'path',
  'query',
  'fragment',
]
/** Schemes whose address goes on with `//` even where there is no host. */
const WITH_HOST: ReadonlySet<string> = new Set(
  'ftp http gopher nntp telnet imap wais file mms https shttp snews prospero rtsp rtsps rtspu rsync svn svn+ssh sftp nfs git git+ssh ws wss itms-services'.split(
    ' ',
  ),
)

/** `make_url`: an address out of its parts, each quoted as its place wants it. */
export const makeUrl: TemplateFunction = (scope, argument, name) => {
  // The parts are written out: a function that comes to a map is refused.
  const wrong = isMap(argument) ? wrongPart(argument) : 'its parts are not a map'
  if (wrong !== undefined) return failure(`${name}: ${wrong}`)
  const args = whole(evaluateAlone(scope, argument))
  if ('stop' in args) return args.stop
  const map = args.value as ReadonlyMap<Key, Value>
  const fault = faultOf(map)
  if (fault !== undefined) return failure(`${name}: ${fault}`, args.deps)
  const part = (key: string) => {
    const value = map.get(key)
    return value === undefined ? '' : str(value)
  }
  const query = map.get('query')
  const pairs = isMap(query)
    ? [...query].map(([k, v]) => `${quotePlus(str(k))}=${quotePlus(str(v))}`).join('&')
    : ''
  return scalar(
    unsplit({
      scheme: part('scheme'),
      host: netloc(part('username'), part('password'), part('host'), part('port')),
      path: quote(part('path'), '/'),
      query: pairs.replaceAll('%2F', '/'),
      fragment: quote(part('fragment'), '/'),
    }),
    args.deps,
  )
}

function wrongPart(map: ReadonlyMap<Key, Value>): string | undefined {
  for (const key of map.keys())
    if (typeof key !== 'string' || !PARTS.includes(key)) return `there is no part '${str(key)}'`
  return undefined
}

function faultOf(map: ReadonlyMap<Key, Value>): string | undefined {
  for (const key of PARTS) {
    const value = map.get(key)
    if (value === undefined) continue
    if (key === 'query') {
      if (!isMap(value)) return 'query is not a map'
    } else if (key === 'port') {
      const port = toInt(value)
      if (port === undefined || port < 1n || port > 65535n) return 'port is not a number from 1 to 65535'
    } else if (typeof value !== 'string') return `${key} is not a text`
  }
  return (map.get('scheme') ?? '').toString().includes(':') ? "there is a ':' in the scheme" : undefined
}

function netloc(username: string, password: string, host: string, port: string): string {
  const user = quote(username, '')
  const secret = quote(password, '')
  const credentials = user === '' && secret === '' ? '' : `${user}${secret === '' ? '' : `:${secret}`}@`
  const bare = quote(host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host, ':')
  return `${credentials}${bare.includes(':') ? `[${bare}]` : bare}${port === '' ? '' : `:${port}`}`
}

/** `urlunsplit`. */
function unsplit(url: {
  scheme: string
  host: string
  path: string
  query: string
  fragment: string
}): string {
  let text = url.path
  if (url.host !== '') text = `//${url.host}${text === '' || text.startsWith('/') ? '' : '/'}${text}`
  else if (text.startsWith('//') || (WITH_HOST.has(url.scheme) && (text === '' || text.startsWith('/'))))
    text = `//${text}`
  if (url.scheme !== '') text = `${url.scheme}:${text}`
  if (url.query !== '') text += `?${url.query}`
  return url.fragment === '' ? text : `${text}#${url.fragment}`
}

/** `urllib.parse.quote`: all but letters, digits, `_.-~` and what is `safe` as `%XX` of UTF-8. */
function quote(text: string, safe: string): string {
  let out = ''
  for (const byte of Buffer.from(text)) {
    const char = String.fromCharCode(byte)
    out +=
      /[A-Za-z0-9_.~-]/.test(char) || safe.includes(char)
        ? char
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return out
}

function quotePlus(text: string): string {
  return quote(text, ' ').replaceAll(' ', '+')
}
