import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Interrupted, KilnError } from '../../core/error.ts'
import { type FetchOptions, fetchPage } from '../fetch.ts'
import { killGroup, lines } from '../run.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { normalName } from './file.ts'
import { type OfferedFile, PAGE_TYPES, readPage } from './page.ts'

/** Package indexes as a sandbox without a network sees them. */
export interface Relay extends AsyncDisposable {
  /** Address of each index in the sandbox, in their order. */
  readonly addresses: readonly string[]
  /** The file that an address of the relay stands for. */
  fileAt(address: string): OfferedFile | undefined
  /** The address that stands for a file which was offered. */
  addressOf(file: OfferedFile): string
  /** What all pages that were asked for offer of a project; undefined where no index has it or nobody asked. */
  offers(project: string): readonly OfferedFile[] | undefined
  /** Projects that were asked for and that no index has. */
  readonly unknown: ReadonlySet<string>
  /** Files that were taken whole since the last call. */
  taken(): ReadonlySet<OfferedFile>
  /** @throws what went wrong first: whatever was made of the answers since then is worth nothing. */
  refuse(): void
}

export interface RelayOptions {
  readonly sandbox: Sandbox
  /** Host's folder of ours for what is handed over, and where the sandbox sees it. */
  readonly folder: string
  readonly at: string
  /** Addresses of indexes, each with a slash at its end. */
  readonly indexes: readonly string[]
  /** Files that are offered, too, whether an index still has them or not. */
  readonly also?: readonly { readonly project: string; readonly file: OfferedFile }[]
  /** Whether the one who asks can read metadata that lie beside a file. */
  readonly metadata: boolean
  /** Brings a file to the path `to`, verified. */
  readonly bring: (file: OfferedFile, to: string) => Promise<void>
  readonly fetching: FetchOptions
}

type Reply = readonly [status: number, type: string, file: string]

const NONE: Reply = [404, 'text/plain', '-']
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
const BYTES = 'application/octet-stream'

/**
 * Lets what runs in `sandbox` ask package indexes: over the sandbox's own loopback, where {@link RelayOptions.indexes}
 * appear, and through our fetcher, which alone has a network. Nothing else can be reached that way.
 */
export async function openRelay(options: RelayOptions): Promise<Relay> {
  const { sandbox, at } = options
  const script = await readFile(new URL('relay.pl', import.meta.url), 'utf8')
  await using undo = new AsyncDisposableStack()
  const { child, ended } = sandbox.start(['perl', '-e', script, at])
  undo.defer(async () => {
    child.stdin!.end()
    killGroup(child, 'SIGKILL')
    await ended.catch(() => {})
  })
  let failure: unknown
  const fail = (error: unknown): Reply => {
    failure ??= error
    return [500, 'text/plain', '-']
  }
  const complaints: string[] = []
  lines(child.stderr!, (line) => complaints.push(line))
  const desk = new Desk(options)
  const port = await new Promise<string>((resolve, reject) => {
    lines(child.stdout!, (line) => {
      const [word, value = ''] = line.split(' ')
      if (word === 'PORT') return resolve(value)
      // After the first failure nothing is answered any more: all that follows would rest on it.
      const reply = failure === undefined ? desk.answer(value).catch(fail) : Promise.resolve(fail(failure))
      reply.then(([status, type, file]) => child.stdin!.write(`${status} ${type} ${file}\n`))
    })
    const lost = () => {
      const error = new KilnError(
        'KILN_SANDBOX_FAILED',
        `The relay of package indexes ended: ${complaints.join(' ')}.`,
      )
      failure ??= error
      reject(error)
    }
    ended.then(lost, lost)
  })
  desk.at = `http://127.0.0.1:${port}`
  const opened = undo.move()
  return {
    addresses: options.indexes.map((_, n) => `${desk.at}/${n}/`),
    fileAt: (address) => desk.files[Number(/^\/file\/(\d+)\//.exec(URL.parse(address)?.pathname ?? '')?.[1])],
    addressOf: (file) => desk.addressOf(file),
    offers: (project) => desk.offers(project),
    unknown: desk.unknown,
    taken: () => desk.taken(),
    refuse: () => {
      if (options.fetching.signal?.aborted) throw new Interrupted()
      if (failure !== undefined) throw failure
    },
    [Symbol.asyncDispose]: () => {
      failure ??= new Error('the relay is closed')
      return opened.disposeAsync()
    },
  }
}

/** Answers one request after the other. */
class Desk {
  at = ''
  readonly files: OfferedFile[] = []
  readonly unknown = new Set<string>()
  readonly #options: RelayOptions
  readonly #numbers = new Map<OfferedFile, number>()
  /** Pages by index and project; undefined where there is none. */
  readonly #pages = new Map<string, readonly OfferedFile[] | undefined>()
  #taken = new Set<OfferedFile>()

  constructor(options: RelayOptions) {
    this.#options = options
  }

  async answer(path: string): Promise<Reply> {
    const [, index, project] = /^\/(\d{1,3})\/([A-Za-z0-9._-]+)\/(?:\?.*)?$/.exec(path) ?? []
    if (project !== undefined && this.#options.indexes[Number(index)] !== undefined)
      return this.#page(Number(index), normalName(project))
    const [, number, metadata] = /^\/file\/(\d{1,7})\/[^/]+?(\.metadata)?$/.exec(path) ?? []
    const file = number === undefined ? undefined : this.files[Number(number)]
    if (!file) return NONE
    return metadata ? this.#metadata(file) : this.#file(file)
  }

  addressOf(file: OfferedFile): string {
    let number = this.#numbers.get(file)
    if (number === undefined) {
      number = this.files.push(file) - 1
      this.#numbers.set(file, number)
    }
    return `${this.at}/file/${number}/${encodeURIComponent(file.file)}`
  }

  offers(project: string): OfferedFile[] | undefined {
    const pages = this.#options.indexes.map((_, n) => this.#pages.get(`${n} ${normalName(project)}`))
    return pages.every((page) => page === undefined) ? undefined : pages.flatMap((page) => page ?? [])
  }

  taken(): ReadonlySet<OfferedFile> {
    const taken = this.#taken
    this.#taken = new Set()
    return taken
  }

  async #page(index: number, project: string): Promise<Reply> {
    const { indexes, fetching, folder, also = [] } = this.#options
    const key = `${index} ${project}`
    if (!this.#pages.has(key)) {
      const page = await fetchPage(`${indexes[index]}${project}/`, { ...fetching, accept: PAGE_TYPES })
      const own = page && readPage(page)
      // Offered once, by the first index: where from does not matter to who asks.
      const more = index > 0 ? [] : also.filter((each) => each.project === project).map(({ file }) => file)
      const missing = more.filter(({ file }) => !own?.some((each) => each.file === file))
      this.#pages.set(key, own || missing.length > 0 ? [...(own ?? []), ...missing] : undefined)
    }
    if (indexes.every((_, n) => this.#pages.has(`${n} ${project}`)) && !this.offers(project))
      this.unknown.add(project)
    const offered = this.#pages.get(key)
    if (!offered) return NONE
    const name = `page-${index}-${project}`
    await writeFile(join(folder, name), this.#text(project, offered), { mode: 0o644 })
    return [200, JSON_TYPE, name]
  }

  #text(project: string, offered: readonly OfferedFile[]): string {
    const files = offered.map((file) => ({
      filename: file.file,
      url: this.addressOf(file),
      hashes: file.hashes,
      ...(file.size === undefined ? {} : { size: file.size }),
      ...(file.requiresPython === undefined ? {} : { 'requires-python': file.requiresPython }),
      ...(file.yanked === undefined ? {} : { yanked: file.yanked }),
      ...(file.metadata === undefined || !this.#options.metadata
        ? {}
        : { 'core-metadata': metadataOf(file.metadata) }),
    }))
    return JSON.stringify({ meta: { 'api-version': '1.0' }, name: project, files })
  }

  async #metadata(file: OfferedFile): Promise<Reply> {
    const page = await fetchPage(`${file.url}.metadata`, this.#options.fetching)
    if (!page) return NONE
    const name = `metadata-${this.#numbers.get(file)}`
    await writeFile(join(this.#options.folder, name), page.text, { mode: 0o644 })
    return [200, 'text/plain', name]
  }

  async #file(file: OfferedFile): Promise<Reply> {
    const name = `file-${this.#numbers.get(file)}`
    await this.#options.bring(file, join(this.#options.folder, name))
    this.#taken.add(file)
    return [200, BYTES, name]
  }
}

/** Without a digest: they are there, and nobody says more of them. */
function metadataOf(hashes: Readonly<Record<string, string>>): Readonly<Record<string, string>> | true {
  return Object.keys(hashes).length > 0 ? hashes : true
}
