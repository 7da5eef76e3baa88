import { access, copyFile, link, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { canonicalJson, type Json, sha256 } from '../../core/digest.ts'
import { inputError, KilnError } from '../../core/error.ts'
import { makeFolder } from '../../core/folder.ts'
import { partBeside, sweepParts } from '../../core/part.ts'
import { type FetchOptions, fetchFile } from '../fetch.ts'
import { describeRelease, fetchRelease, type Listed, parseRelease, type Release } from './release.ts'

/** One suite of one Debian repository. */
export interface Repository {
  /** Base URL without a slash at its end. */
  readonly uri: string
  /** With a slash at its end: a folder without `dists`, which has no components. */
  readonly suite: string
  readonly components: readonly string[]
  /** ASCII-armoured key that signs it; without one the distribution's keyring counts. */
  readonly key?: string
  /** Its Release may have expired: somebody said so. */
  readonly allowExpired?: true
}

/** A package file that a repository offers, as its signed index describes it. */
export interface PackageFile {
  readonly name: string
  readonly version: string
  readonly arch: string
  /** Path below the repository's URI. */
  readonly path: string
  /** The repository's URI. */
  readonly uri: string
  /** The suite that offered it. */
  readonly suite?: string
  readonly size: number
  readonly sha256: string
}

/** Whether a package file is what one may be: names without paths, a path that stays below its repository. */
export function isPackageFile(
  file: Readonly<Partial<Record<keyof PackageFile, unknown>>>,
): file is PackageFile {
  const fits = (value: unknown, pattern: RegExp) => typeof value === 'string' && pattern.test(value)
  return (
    fits(file.name, /^[a-z0-9][a-z0-9+.-]*$/i) &&
    fits(file.version, /^[a-z0-9][a-z0-9.+~:-]*$/i) &&
    fits(file.arch, /^[a-z0-9][a-z0-9-]*$/) &&
    fits(file.path, /^[^\s/\p{Cc}]+(\/[^\s/\p{Cc}]+)*$/u) &&
    !String(file.path).split('/').includes('..') &&
    isAddress(file.uri) &&
    (file.suite === undefined || fits(file.suite, /^[A-Za-z0-9_./:+~][A-Za-z0-9_./:+~-]*$/)) &&
    Number.isSafeInteger(file.size) &&
    Number(file.size) >= 0 &&
    fits(file.sha256, /^[0-9a-f]{64}$/)
  )
}

/** Whether a text can be the address of a repository, also as a word in apt's sources. */
export function isAddress(text: unknown): text is string {
  return typeof text === 'string' && /^https?:\/\/[^\s\p{Cc}"'<>\\]+$/iu.test(text) && URL.canParse(text)
}

/** What all Release files of some repositories say together; times in seconds since 1970. */
export interface Indexes {
  /** Changes when any of the repositories does, and with what is asked of them: their addresses, components and keys. */
  readonly digest: string
  /** The newest date. */
  readonly date: number
  /** The earliest end of validity; infinity where none has one. */
  readonly validUntil: number
  /** Of each repository, in their order. */
  readonly releases: readonly Release[]
}

/** No index of a distribution is larger; who knows what an unverified Release file says. */
const INDEX_LIMIT = 1 << 30

/** Where a suite lies below its repository. */
export function suiteFolder({ suite }: Repository): string {
  return suite.endsWith('/') ? suite.replace(/^\/+/, '') : `dists/${suite}`
}

/** apt's words for a suite and its components. */
export function suiteAndComponents({ suite, components }: Repository): string {
  return suite.endsWith('/') ? suite : [suite, ...components].join(' ')
}

/**
 * Mirrors the indexes of `repositories` into `folder`, as `folder/<number>/dists/<suite>/…`, so that apt can be run on
 * them without network. Nothing is trusted here: apt checks signature, date and hashes when it reads them.
 * `cache` keeps package indexes by digest between calls.
 * @throws KilnError `KILN_REPOSITORY_MISSING` when a suite or component is not there, `KILN_REPOSITORY_REFUSED` when it
 *   is no repository; fetch errors.
 */
export async function mirrorIndexes(
  repositories: readonly Repository[],
  arch: string,
  folder: string,
  cache: string,
  options: FetchOptions = {},
): Promise<Indexes> {
  await makeFolder(cache)
  await sweepParts(cache)
  const releases = await Promise.all(
    repositories.map(async (repository, number) => {
      const dists = join(folder, String(number), suiteFolder(repository))
      if (!`${dists}/`.startsWith(`${join(folder, String(number))}/`))
        throw new Error(`the suite ${repository.suite} leads outside`)
      const base = `${repository.uri}/${suiteFolder(repository)}`.replace(/\/+(\.\/)*$/, '')
      await makeFolder(dists)
      const release = await fetchRelease(repository, base, dists, options)
      const listed = parseRelease(release)
      if (listed.size === 0)
        throw inputError('KILN_REPOSITORY_REFUSED', `What ${base} has in place of a Release file is none.`, {
          hint: 'Check its address; something on the way may answer in its place.',
        })
      const flat = repository.suite.endsWith('/')
      await Promise.all(
        (flat ? [undefined] : repository.components).map(async (component) => {
          const index = indexOf(listed, component === undefined ? '' : `${component}/binary-${arch}/`)
          if (!index)
            throw inputError(
              'KILN_REPOSITORY_MISSING',
              component === undefined
                ? `The repository ${base} lists no packages.`
                : `The suite ${repository.suite} at ${repository.uri} has no component ${component} for ${arch}.`,
              { hint: 'Check the list of components.' },
            )
          if (index.size > INDEX_LIMIT)
            throw inputError(
              'KILN_REPOSITORY_REFUSED',
              `The index ${index.path} at ${base} is impossibly large.`,
            )
          const cached = join(cache, index.sha256)
          await fetchIndex(base, index, cached, options)
          const target = join(dists, index.path)
          await makeFolder(dirname(target))
          await link(cached, target).catch(() => copyFile(cached, target))
        }),
      )
      return release
    }),
  )
  const described = releases.map(describeRelease)
  const seconds = (time: string | undefined, without: number) =>
    time === undefined ? without : Math.floor(Date.parse(time) / 1000)
  return {
    digest: sha256(
      canonicalJson({ repositories: repositories as unknown as Json, arch, releases: releases.map(sha256) }),
    ),
    date: Math.max(...described.map(({ date }) => seconds(date, 0))),
    validUntil: Math.min(
      // One that may have expired never has.
      ...described.map(({ validUntil }, n) =>
        seconds(repositories[n]!.allowExpired ? undefined : validUntil, Number.POSITIVE_INFINITY),
      ),
    ),
    releases: described,
  }
}

interface Index {
  readonly path: string
  readonly sha256: string
  readonly size: number
}

function indexOf(listed: Listed, folder: string): Index | undefined {
  for (const ending of ['.xz', '.gz', '']) {
    const path = `${folder}Packages${ending}`
    const entry = listed.get(path) ?? listed.get(`./${path}`)
    if (entry) return { path, ...entry }
  }
  return undefined
}

async function fetchIndex(base: string, index: Index, cached: string, options: FetchOptions): Promise<void> {
  const there = await access(cached).then(
    () => true,
    () => false,
  )
  if (there) return
  const part = partBeside(cached)
  const byHash = `${base}/${join(dirname(index.path), 'by-hash/SHA256', index.sha256)}`
  await using undo = new AsyncDisposableStack()
  undo.defer(() => rm(part, { force: true }))
  try {
    // By its hash first: a mirror in the middle of an update may have a newer file under the plain name.
    await fetchFile(byHash, part, index, options)
  } catch (error) {
    if (!(error instanceof KilnError) || error.data.status !== 404) throw error
    await fetchFile(`${base}/${index.path}`, part, index, options)
  }
  await rename(part, cached)
}
