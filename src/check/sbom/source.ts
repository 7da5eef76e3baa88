import { createHash } from 'node:crypto'
import { allPackages, type Lock } from '../../lock/lock.ts'
import type { PackageFile } from '../../tools/apt/repository.ts'
import type { PythonFile } from '../../tools/python/file.ts'
import type { InstalledPackage, Inventory, PythonPackage } from '../inventory/types.ts'

/** What a bill of materials is made from. */
export interface Source {
  /** Name of the image. */
  readonly name: string
  /** SHA-256 of the raw disk. */
  readonly digest: string
  readonly inventory: Inventory
  /** What it was built from; undefined for an image that is not ours. */
  readonly lock: Lock | undefined
}

/** A package with the file that it came from, where the lock names it. */
export interface Origin {
  readonly installed: InstalledPackage
  readonly file: PackageFile | undefined
  /** As the package-url specification writes it. */
  readonly purl: string
}

/** A package of Python with the file that it came from, where the lock names it. */
export interface PythonOrigin {
  readonly installed: PythonPackage
  readonly file: PythonFile | undefined
  readonly purl: string
}

/** Packages of Python, by name. */
export function pythonOrigins({ inventory, lock }: Source): PythonOrigin[] {
  const files = new Map((lock?.python?.files ?? []).map((file) => [`${file.name} ${file.version}`, file]))
  const seen = new Set<string>()
  return inventory.python.flatMap((installed) => {
    const { name, version } = installed
    const purl = `pkg:pypi/${encodeURIComponent(name)}@${encodeURIComponent(version)}`
    // The same one may be in several folders.
    if (seen.has(purl)) return []
    seen.add(purl)
    return [{ installed, file: files.get(`${name} ${version}`), purl }]
  })
}

/** All packages, by name and architecture. */
export function origins({ inventory, lock }: Source): Origin[] {
  const files = new Map(
    (lock ? allPackages(lock) : []).map((file) => [`${file.name} ${file.version} ${file.arch}`, file]),
  )
  return inventory.packages.map((installed) => ({
    installed,
    file: files.get(`${installed.name} ${installed.version} ${installed.arch}`),
    purl: purlOf(installed, inventory.os),
  }))
}

/** `pkg:deb/debian/nginx@1.26-1?arch=amd64&distro=debian-13`; `upstream` is the source package, where it is called otherwise. */
export function purlOf(one: InstalledPackage, os: Inventory['os']): string {
  const encode = (text: string) => encodeURIComponent(text).replace(/%3A/g, ':')
  const id = (os.ID ?? 'linux').toLowerCase()
  const qualifiers = [`arch=${encode(one.arch)}`]
  if (os.VERSION_ID) qualifiers.push(`distro=${encode(`${id}-${os.VERSION_ID}`)}`)
  if (one.source !== undefined || one.sourceVersion !== undefined)
    qualifiers.push(
      `upstream=${encode(`${one.source ?? one.name}${one.sourceVersion ? `@${one.sourceVersion}` : ''}`)}`,
    )
  return `pkg:deb/${encode(id)}/${encode(one.name)}@${encode(one.version)}?${qualifiers.join('&')}`
}

/** The time of a bill: that of what was locked, so that the same image always has the same bill. */
export function timeOf({ lock }: Source): string {
  return new Date((lock?.epoch ?? 0) * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** A UUID (version 8, made from content) that belongs to an image and a use. */
export function uuidOf(use: string, { digest, name }: Source): string {
  const bytes = createHash('sha256').update(`kiln ${use} ${name} ${digest}`).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** An address that a document may hold: packages write anything there. */
export function webAddress(text: string | undefined): string | undefined {
  return text !== undefined &&
    /^https?:\/\/[\x21-\x7e]+$/.test(text) &&
    URL.canParse(text) &&
    !/[<>"{}|\\^`@]/.test(text)
    ? text
    : undefined
}
