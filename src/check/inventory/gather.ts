import type { TreeEntry } from '../../disk/tree.ts'
import { groupsOf, usersOf } from './accounts.ts'
import { bootLoadersOf, kernelVersion, osRelease } from './boot.ts'
import { capabilityText } from './capabilities.ts'
import { configurationSums, installed, licencesOf } from './dpkg.ts'
import { pythonInfo, pythonPackage } from './python.ts'
import {
  INVENTORY_VERSION,
  type InstalledPackage,
  type Inventory,
  type Kernel,
  type ListedFile,
  type Privileged,
  type PythonPackage,
} from './types.ts'
import { Units } from './units.ts'

/** Bytes of the largest file that is read as a whole. */
const TEXT_LIMIT = 64 << 20
/** No unit and no statement of a copyright is larger. */
const SMALL_LIMIT = 4 << 20

const STATUS = /^var\/lib\/dpkg\/(status|status\.d\/[^/]+)$/
const COPYRIGHT = /^usr\/share\/doc\/([^/]+)\/copyright$/
const DOC = /^usr\/share\/doc\/([^/]+)$/
const SUMS = /^var\/lib\/dpkg\/info\/[^/]+\.md5sums$/

/** Gathers what an inventory says from the things of a tree, told of one after another in any order. */
export class Gathering {
  readonly #texts = new Map<string, string>()
  readonly #units = new Units()
  readonly #licences = new Map<string, readonly string[]>()
  /** Folders of documentation that are another package's. */
  readonly #docs = new Map<string, string>()
  readonly #privileged: Privileged[] = []
  readonly #python: PythonPackage[] = []
  readonly #kernels: Kernel[] = []
  /** Files in which the package manager keeps the sums of packages' files. */
  readonly sums: TreeEntry[] = []
  /** The same of Python's packages. */
  readonly records: TreeEntry[] = []
  readonly #totals = { files: 0, folders: 0, links: 0, others: 0, bytes: 0, unread: 0 }

  /** Whether {@link text} wants the content of a file. */
  wants({ path, size }: TreeEntry): boolean {
    const small = COPYRIGHT.test(path) || this.#units.isUnit(path) || pythonInfo(path) === 'METADATA'
    if (small && size <= SMALL_LIMIT) return true
    return (
      size <= TEXT_LIMIT &&
      (STATUS.test(path) || /^etc\/(passwd|group|os-release)$|^usr\/lib\/os-release$/.test(path))
    )
  }

  text({ path }: TreeEntry, bytes: Buffer): void {
    const text = bytes.toString('utf8')
    const name = COPYRIGHT.exec(path)?.[1]
    if (name !== undefined) this.#licences.set(name, licencesOf(text))
    else if (this.#units.isUnit(path)) this.#units.file(path, text)
    else if (pythonInfo(path)) this.#python.push(...[pythonPackage(path, text) ?? []].flat())
    else this.#texts.set(path, text)
  }

  /** @returns the entry as it is listed. */
  entry(entry: TreeEntry, sha256: string | undefined): ListedFile {
    const { path, kind, mode, uid, gid } = entry
    const absolute = `/${path}`
    const octal = mode.toString(8).padStart(4, '0')
    const value = entry.attributes.get('security.capability')
    const capabilities = value && capabilityText(value)
    this.#count(entry)
    if (kind === 'file' && sha256 === undefined) this.#totals.unread++
    if (kind === 'link') {
      this.#units.link(path, entry.target ?? '')
      const doc = DOC.exec(path)?.[1]
      const target = entry.target && /^(?:\.\.\/doc\/|\/usr\/share\/doc\/)?([^/]+)$/.exec(entry.target)?.[1]
      if (doc !== undefined && target !== undefined && target !== '') this.#docs.set(doc, target)
    }
    if (kind === 'file') {
      const version = kernelVersion(path)
      if (version !== undefined && sha256 !== undefined)
        this.#kernels.push({ path: absolute, version, sha256 })
      if (SUMS.test(path)) this.sums.push(entry)
      if (pythonInfo(path) === 'RECORD') this.records.push(entry)
      const [setuid, setgid] = [(mode & 0o4000) !== 0, (mode & 0o2000) !== 0]
      if (setuid || setgid || capabilities !== undefined)
        this.#privileged.push({
          path: absolute,
          mode: octal,
          uid,
          gid,
          ...(setuid ? { setuid } : {}),
          ...(setgid ? { setgid } : {}),
          ...(capabilities === undefined ? {} : { capabilities }),
        })
    }
    const others = [...entry.attributes].filter(([name]) => name !== 'security.capability').sort()
    return {
      path: absolute,
      ...(kind === 'file' ? {} : { kind }),
      mode: octal,
      uid,
      gid,
      ...(kind === 'file' ? { size: entry.size, ...(sha256 === undefined ? {} : { sha256 }) } : {}),
      ...(entry.target === undefined ? {} : { target: entry.target }),
      ...(entry.device === undefined ? {} : { device: entry.device }),
      ...(capabilities === undefined ? {} : { capabilities }),
      ...(others.length > 0
        ? { attributes: Object.fromEntries(others.map(([name, bytes]) => [name, bytes.toString('base64')])) }
        : {}),
    }
  }

  inventory(): Inventory {
    const packages = this.#packages()
    const text = (path: string) => this.#texts.get(path) ?? ''
    return {
      version: INVENTORY_VERSION,
      os: osRelease(text('etc/os-release') || text('usr/lib/os-release')),
      packages,
      python: [...this.#python].sort((a, b) => (`${a.name} ${a.path}` < `${b.name} ${b.path}` ? -1 : 1)),
      units: this.#units.list(),
      users: usersOf(text('etc/passwd')),
      groups: groupsOf(text('etc/group')),
      privileged: byPath(this.#privileged),
      kernels: byPath(this.#kernels),
      bootLoaders: bootLoadersOf(packages),
      totals: { ...this.#totals },
    }
  }

  /** MD5 of packages' configuration files, as they came. */
  configurations(): string[] {
    return this.#statuses().flatMap(configurationSums)
  }

  #statuses(): string[] {
    return [...this.#texts].filter(([path]) => STATUS.test(path)).map(([, text]) => text)
  }

  #packages(): InstalledPackage[] {
    const licences = (name: string, seen = 0): readonly string[] => {
      const other = this.#docs.get(name)
      return this.#licences.get(name) ?? (other !== undefined && seen < 8 ? licences(other, seen + 1) : [])
    }
    return this.#statuses()
      .flatMap(installed)
      .map((one) => ({ ...one, licences: licences(one.name) }))
  }

  #count({ kind, size }: TreeEntry): void {
    const totals = this.#totals
    if (kind === 'file') {
      totals.files++
      totals.bytes += size
    } else if (kind === 'folder') totals.folders++
    else if (kind === 'link') totals.links++
    else totals.others++
  }
}

function byPath<T extends { readonly path: string }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}
