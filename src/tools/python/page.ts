import { inputError } from '../../core/error.ts'
import type { Page } from '../fetch.ts'
import { FILE } from './file.ts'

/** A file that an index offers for a project, as its page describes it. */
export interface OfferedFile {
  /** Its name: what pip reads name, version and platform from. */
  readonly file: string
  /** Absolute, without login, query or fragment: what of these is a secret, nobody can tell. */
  readonly url: string
  /** Digests by the names that Python's hashlib has for them. */
  readonly hashes: Readonly<Record<string, string>>
  readonly size?: number
  readonly requiresPython?: string
  /** Withdrawn: taken only where exactly this version is asked for. */
  readonly yanked?: boolean | string
  /** Its metadata lie beside it, with these digests: pip need not have the file to know what it needs. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** What is asked of an index: JSON (PEP 691) where it has it, else HTML (PEP 503). */
export const PAGE_TYPES =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01'

const HASHES = ['sha256', 'sha512', 'sha384', 'sha224', 'sha1', 'md5']

/**
 * The files on a project's page of an index. What is no file of Python is left out, as pip does.
 * @throws KilnError `KILN_PIP_INDEX_REFUSED` when the page is none.
 */
export function readPage({ text, url, type }: Page): OfferedFile[] {
  return /^application\/(vnd\.pypi\.simple\.[\w.]+\+)?json\b/.test(type)
    ? ofJson(text, url)
    : ofHtml(text, url)
}

function ofJson(text: string, url: string): OfferedFile[] {
  const refuse = (what: string) =>
    inputError(
      'KILN_PIP_INDEX_REFUSED',
      `What ${shown(url)} answered is no page of a package index: ${what}.`,
      {
        hint: 'Check the address of the index (KILN_PIP_INDEX); something on the way may answer in its place.',
      },
    )
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    throw refuse('it is not JSON')
  }
  const { meta, files } = record(data)
  const version = String(record(meta)['api-version'] ?? '')
  if (!/^1(\.|$)/.test(version)) throw refuse(`its version is ${JSON.stringify(version.slice(0, 20))}`)
  if (!Array.isArray(files)) throw refuse('it has no list of files')
  return files.flatMap((each) => {
    const {
      filename,
      url: link,
      hashes,
      size,
      yanked,
      'requires-python': requiresPython,
      ...more
    } = record(each)
    const metadata = more['core-metadata'] ?? more['dist-info-metadata']
    return made(url, String(filename ?? ''), String(link ?? ''), hashesOf(record(hashes)), {
      ...(Number.isSafeInteger(size) && Number(size) >= 0 ? { size: Number(size) } : {}),
      ...(typeof requiresPython === 'string' ? { requiresPython } : {}),
      ...(typeof yanked === 'string' || yanked === true ? { yanked } : {}),
      ...(metadata && metadata !== 'false' ? { metadata: hashesOf(record(metadata)) } : {}),
    })
  })
}

/** Anchors of a page and their attributes; a page may have anything around them. */
function ofHtml(text: string, url: string): OfferedFile[] {
  const page = text.replace(/<!--[\s\S]*?(-->|$)/g, '')
  const [base] = tags(page, 'base')
  const from = base?.has('href') ? (resolved(base.get('href')!, url)?.href ?? url) : url
  return tags(page, 'a').flatMap((anchor) => {
    const href = anchor.get('href')
    const link = href === undefined ? undefined : resolved(href, from)
    if (!link) return []
    const [, kind, digest] = /^#(?:.*&)?(\w+)=([0-9a-f]+)/i.exec(link.hash) ?? []
    const name = decoded(link.pathname.split('/').at(-1)!)
    const metadata = anchor.get('data-core-metadata') ?? anchor.get('data-dist-info-metadata')
    const requiresPython = anchor.get('data-requires-python')
    return made(url, name, link.href, kind ? hashesOf({ [kind.toLowerCase()]: digest }) : {}, {
      ...(requiresPython ? { requiresPython } : {}),
      ...(anchor.has('data-yanked') ? { yanked: anchor.get('data-yanked') || true } : {}),
      ...(metadata === undefined || metadata === 'false'
        ? {}
        : { metadata: hashesOf(Object.fromEntries([metadata.split('=')])) }),
    })
  })
}

function made(
  page: string,
  file: string,
  link: string,
  hashes: OfferedFile['hashes'],
  more: Partial<OfferedFile>,
): OfferedFile[] {
  const url = resolved(link, page)
  // pip would not take these either: other things lie in such folders, too.
  if (!url || !/^https?:$/.test(url.protocol) || !FILE.test(file)) return []
  url.username = ''
  url.password = ''
  url.search = ''
  url.hash = ''
  return [{ file, url: url.href, hashes, ...more }]
}

function hashesOf(given: Readonly<Record<string, unknown>>): Record<string, string> {
  const known = Object.entries(given).filter(
    ([kind, digest]) =>
      HASHES.includes(kind) && typeof digest === 'string' && /^[0-9a-f]{32,128}$/i.test(digest),
  )
  return Object.fromEntries(known.map(([kind, digest]) => [kind, String(digest).toLowerCase()]))
}

/** The attributes of every tag of one name, read once from the beginning to the end. */
function tags(page: string, name: string): Map<string, string>[] {
  const found: Map<string, string>[] = []
  const opening = new RegExp(`<${name}(?=[\\s/>])`, 'gi')
  const part = /[\s/]*(?:(>)|([^\s=/>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?|=)/y
  while (opening.exec(page)) {
    const attributes = new Map<string, string>()
    part.lastIndex = opening.lastIndex
    for (let match = part.exec(page); match; match = part.exec(page)) {
      opening.lastIndex = part.lastIndex
      const [, end, key, a, b, c] = match
      if (end) {
        found.push(attributes)
        break
      }
      if (key && !attributes.has(key.toLowerCase()))
        attributes.set(key.toLowerCase(), plain(a ?? b ?? c ?? ''))
    }
  }
  return found
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function plain(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (all, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? all
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : all
  })
}

function resolved(link: string, from: string): URL | undefined {
  return URL.parse(link.trim(), from) ?? undefined
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** An address without what may be a secret in it. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
