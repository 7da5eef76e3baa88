import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson, sha256 } from '../../core/digest.ts'
import { partBeside } from '../../core/part.ts'
import { debianMirrors } from '../apt/mirrors.ts'
import { isPackageFile, mirrorIndexes, type PackageFile, type Repository } from '../apt/repository.ts'
import { openApt } from '../apt/resolve.ts'
import type { FetchOptions } from '../fetch.ts'
import { run } from '../run.ts'
import { TOOLS_SUITE, TOOLS_VERSION, toolPackages } from './packages.ts'

/** All that a tools tree is made of. */
export interface ToolsLock {
  readonly version: number
  readonly suite: string
  /** The list that it was made for: another one needs another tree. */
  readonly wanted: readonly string[]
  readonly packages: readonly PackageFile[]
}

/** Keyring that Debian's archive is checked with, on the host and in the tools tree. */
export const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** SHA-256 of what a tree is made of. Which suite offered a package changes nothing in it. */
export function toolsDigest(lock: ToolsLock): string {
  const packages = lock.packages.map(({ suite: _suite, ...file }) => file)
  return sha256(canonicalJson({ ...lock, packages } as never))
}

/** Whether `data` is what this Kiln's tools can be made of: another version of Kiln wants other ones. */
export function isToolsLock(data: unknown): data is ToolsLock {
  const lock = data as Partial<ToolsLock> | null
  return (
    typeof lock === 'object' &&
    lock?.version === TOOLS_VERSION &&
    lock.suite === TOOLS_SUITE &&
    String(lock.wanted) === String(toolPackages) &&
    Array.isArray(lock.packages) &&
    lock.packages.every((file) => typeof file === 'object' && file !== null && isPackageFile(file))
  )
}

/** The lock of the tools tree in `folder`, if this Kiln can use it. */
export async function readToolsLock(folder: string): Promise<ToolsLock | undefined> {
  try {
    const lock: unknown = JSON.parse(await readFile(join(folder, 'tools.lock'), 'utf8'))
    return isToolsLock(lock) ? lock : undefined
  } catch {
    return undefined
  }
}

export async function writeToolsLock(folder: string, lock: ToolsLock): Promise<void> {
  const path = join(folder, 'tools.lock')
  const part = partBeside(path)
  await writeFile(part, `${JSON.stringify(lock, null, 1)}\n`)
  await rename(part, path)
}

/**
 * Pins the packages of a tools tree, with the host's apt: there is no other yet. `folder` keeps the indexes.
 * @throws KilnError as `mirrorIndexes` and `openApt`.
 */
export async function lockTools(
  folder: string,
  mirrors: readonly string[] | undefined,
  options: FetchOptions,
): Promise<ToolsLock> {
  const { archive, security } = await debianMirrors(mirrors)
  const repositories: Repository[] = [
    { uri: archive, suite: TOOLS_SUITE, components: ['main'] },
    { uri: archive, suite: `${TOOLS_SUITE}-updates`, components: ['main'] },
    { uri: security, suite: `${TOOLS_SUITE}-security`, components: ['main'] },
  ]
  const work = partBeside(join(folder, 'lock'))
  try {
    const { releases } = await mirrorIndexes(
      repositories,
      'amd64',
      join(work, 'indexes'),
      join(folder, 'indexes'),
      options,
    )
    const apt = await openApt(
      {
        folder: work,
        // As apt sees it wherever it lies: its sources know no way to write a path with spaces.
        path: '/proc/self/cwd',
        keyring: DEBIAN_KEYRING,
        run: (argv, o) => run(argv, { ...o, cwd: work, signal: options.signal }),
      },
      { repositories, releases, arch: 'amd64' },
    )
    const packages = await apt.resolve(toolPackages, { recommends: false })
    return { version: TOOLS_VERSION, suite: TOOLS_SUITE, wanted: toolPackages, packages }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
