import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Entry, tarOf, zipOf } from './archives.ts'

/** An index of Python on the loopback (PEP 503 and 691) that tests fill and break. Nothing is downloaded for it. */
export interface PythonIndex extends AsyncDisposable {
  /** With a slash at its end. */
  readonly uri: string
  /** Where files lie, for those who serve them otherwise. */
  readonly folder: string
  /** Paths that were asked for, in their order. */
  readonly asked: string[]
  /** Paths that are answered with a status instead of what is there. */
  readonly broken: Map<string, number>
  /** Offers a wheel. */
  wheel(name: string, version: string, options?: WheelOptions): Promise<string>
  /** Offers a source archive. */
  source(name: string, version: string, files: Readonly<Record<string, string>>): Promise<string>
  /** What the page says of a file, otherwise than it is. */
  says(file: string, what: Partial<Offered>): void
  /** No page offers it any more, and the file is gone. */
  withdraw(file: string): void
}

export interface WheelOptions {
  readonly tag?: string
  readonly files?: Readonly<Record<string, string>>
  /** Lines of METADATA: `Requires-Dist: other>=1`. */
  readonly metadata?: readonly string[]
  readonly scripts?: Readonly<Record<string, string>>
}

interface Offered {
  readonly project: string
  readonly bytes: Buffer
  readonly sha256: string | undefined
  readonly size: number | undefined
  readonly yanked?: string
  readonly requiresPython?: string
  readonly metadata?: string
}

const normal = (name: string) => name.toLowerCase().replace(/[-_.]+/g, '-')

export async function pythonIndex(folder: string, form: 'json' | 'html' = 'json'): Promise<PythonIndex> {
  await mkdir(join(folder, 'simple'), { recursive: true })
  const files = new Map<string, Offered>()
  const asked: string[] = []
  const broken = new Map<string, number>()
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://x').pathname)
    asked.push(path)
    const status = broken.get(path)
    if (status !== undefined) return response.writeHead(status).end()
    answer(path, response)
  })
  const answer = (path: string, response: ServerResponse) => {
    const name = path.split('/').at(-1)!
    const file = path.startsWith('/files/') ? files.get(name.replace(/\.metadata$/, '')) : undefined
    if (file) return response.end(name.endsWith('.metadata') ? file.metadata : file.bytes)
    const [, project] = /^\/simple\/([^/]*)\/?$/.exec(path) ?? []
    const own = [...files].filter(([, each]) => each.project === project)
    if (project === undefined || (project !== '' && own.length === 0)) return response.writeHead(404).end()
    const names = [...new Set([...files.values()].map((each) => each.project))]
    if (form === 'json')
      response
        .writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' })
        .end(project === '' ? rootOf(names) : JSON.stringify(pageOf(project, own)))
    else
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end(project === '' ? names.map((each) => `<a href="${each}/">${each}</a>`).join('') : htmlOf(own))
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const offer = async (name: string, file: string, bytes: Buffer, metadata?: string) => {
    await writeFile(join(folder, file), bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const more = metadata === undefined ? {} : { metadata }
    files.set(file, { project: normal(name), bytes, sha256, size: bytes.length, ...more })
    return file
  }
  return {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple/`,
    folder,
    asked,
    broken,
    wheel: (name, version, { tag = 'py3-none-any', files: own = {}, metadata = [], scripts = {} } = {}) => {
      const escaped = name.replace(/[-_.]+/g, '_')
      const info = `${escaped}-${version}.dist-info`
      const text = `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${metadata.map((line) => `${line}\n`).join('')}`
      const points = Object.entries(scripts).map(([script, at]) => `${script} = ${at}\n`)
      const content: Record<string, string> = {
        ...own,
        [`${info}/METADATA`]: text,
        [`${info}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
        ...(points.length > 0
          ? { [`${info}/entry_points.txt`]: `[console_scripts]\n${points.join('')}` }
          : {}),
      }
      const rows = Object.entries(content).map(([path, each]) => {
        const hash = createHash('sha256').update(each).digest('base64url')
        return `${path},sha256=${hash},${Buffer.byteLength(each)}\n`
      })
      content[`${info}/RECORD`] = `${rows.join('')}${info}/RECORD,,\n`
      return offer(name, `${escaped}-${version}-${tag}.whl`, zipOf(entries(content)), text)
    },
    source: (name, version, own) => {
      const escaped = name.replace(/[-_.]+/g, '_')
      const root = `${escaped}-${version}`
      const content = {
        ...own,
        'PKG-INFO': `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
      }
      const all = Object.fromEntries(Object.entries(content).map(([path, each]) => [`${root}/${path}`, each]))
      return offer(name, `${root}.tar.gz`, gzipSync(tarOf(entries(all))))
    },
    says: (file, what) => {
      files.set(file, { ...files.get(file)!, ...what })
    },
    withdraw: (file) => {
      files.delete(file)
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function entries(content: Readonly<Record<string, string>>): Entry[] {
  return Object.entries(content).map(([path, text]) => ({ path, bytes: Buffer.from(text) }))
}

function rootOf(names: readonly string[]): string {
  return JSON.stringify({ meta: { 'api-version': '1.0' }, projects: names.map((name) => ({ name })) })
}

function pageOf(project: string, own: readonly [string, Offered][]) {
  return {
    meta: { 'api-version': '1.1' },
    name: project,
    files: own.map(([filename, { sha256, size, yanked, requiresPython, metadata }]) => ({
      filename,
      url: `../../files/${filename}`,
      hashes: sha256 === undefined ? {} : { sha256 },
      size,
      ...(yanked === undefined ? {} : { yanked }),
      ...(requiresPython === undefined ? {} : { 'requires-python': requiresPython }),
      ...(metadata === undefined ? {} : { 'core-metadata': true }),
    })),
  }
}

function htmlOf(own: readonly [string, Offered][]): string {
  const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  const anchors = own.map(([file, { sha256, yanked, requiresPython }]) => {
    const python = requiresPython === undefined ? '' : ` data-requires-python="${escaped(requiresPython)}"`
    const gone = yanked === undefined ? '' : ` data-yanked="${yanked}"`
    const hash = sha256 === undefined ? '' : `#sha256=${sha256}`
    return `<a href="../../files/${file}${hash}"${python}${gone}>${file}</a><br>`
  })
  return `<!DOCTYPE html><html><head><title>Links</title></head><body>${anchors.join('\n')}</body></html>`
}
