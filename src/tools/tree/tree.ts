import { access, copyFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KilnError } from '../../core/error.ts'
import { type EventSink, step } from '../../core/events.ts'
import { makeFolder } from '../../core/folder.ts'
import { partBeside, sweepParts } from '../../core/part.ts'
import type { PackageFile } from '../apt/repository.ts'
import { type FetchOptions, fetchFile } from '../fetch.ts'
import { run } from '../run.ts'
import { lockTools, readToolsLock, type ToolsLock, toolsDigest, writeToolsLock } from './lock.ts'

/** The programs that stages run: a folder that becomes the root of every sandbox. */
export interface ToolsTree {
  readonly path: string
  /** SHA-256 of its lock; part of the key of everything made with it. */
  readonly digest: string
  readonly lock: ToolsLock
}

export interface ToolsOptions {
  /** Folder of its own: lock, unpacked tree, indexes. */
  readonly folder: string
  readonly mirrors: readonly string[] | undefined
  readonly events: EventSink
  readonly signal?: AbortSignal | undefined
  /** Lock anew, even if there is a lock. */
  readonly update?: boolean
  /** Make the tree of this lock, and no other. */
  readonly lock?: ToolsLock | undefined
  /** How packages are fetched; asked for only where there is something to fetch. */
  readonly fetching?: (() => Promise<FetchOptions>) | undefined
  /** Brings a package's file to a path, from where it may be kept; else it is fetched. */
  readonly bring?: ((file: PackageFile, to: string, options: FetchOptions) => Promise<void>) | undefined
}

/** How many downloads and unpackings go on at once. */
const PARALLEL_FETCHES = 8

/**
 * The tools tree: locked and unpacked when it is not there yet. Packages are only unpacked, no maintainer script runs,
 * so it needs no privilege and one lock always gives the same files.
 */
export async function toolsTree(options: ToolsOptions): Promise<ToolsTree> {
  const known = options.lock ?? (options.update ? undefined : await readToolsLock(options.folder))
  const there = known && (await complete(place(options.folder, known)))
  if (there) return there
  return step(options.events, 'tools', 'tools tree', async ({ progress }, report) => {
    await makeFolder(options.folder)
    await sweepParts(options.folder)
    const fetching = { ...(await options.fetching?.()), signal: options.signal }
    const make = async (lock: ToolsLock) => {
      await unpackAt(lock, options, fetching, (done) => progress(done, lock.packages.length, 'packages'))
      return lock
    }
    const lockAnew = () => lockTools(options.folder, options.mirrors, fetching)
    const lock = await make(known ?? (await lockAnew())).catch(async (error: unknown) => {
      if (!known || options.lock || !(error instanceof KilnError) || error.data.status !== 404) throw error
      options.events.emit({
        type: 'note',
        level: 'warning',
        message:
          'The mirror has dropped packages of the tools tree, so it is locked anew; with other tools, images are built anew, too.',
      })
      return make(await lockAnew())
    })
    const tree = place(options.folder, lock)
    // After the tree, so that a lock always names one that was complete once.
    if (!options.lock || !(await readToolsLock(options.folder))) await writeToolsLock(options.folder, lock)
    report('done', `${lock.packages.length} packages of Debian ${lock.suite}`)
    return tree
  })
}

/** The tools tree if it is there already: nothing is fetched or unpacked. */
export async function knownTools(
  options: Pick<ToolsOptions, 'folder' | 'lock'>,
): Promise<ToolsTree | undefined> {
  const lock = options.lock ?? (await readToolsLock(options.folder))
  return lock && complete(place(options.folder, lock))
}

async function complete(tree: ToolsTree): Promise<ToolsTree | undefined> {
  const there = await access(join(tree.path, '.complete')).then(
    () => true,
    () => false,
  )
  return there ? tree : undefined
}

function place(folder: string, lock: ToolsLock): ToolsTree {
  const digest = toolsDigest(lock)
  return { digest, lock, path: join(folder, 'trees', digest.slice(0, 16)) }
}

/** Unpacks a lock's packages beside the place of its tree, and puts the tree there in one step. */
async function unpackAt(
  lock: ToolsLock,
  options: ToolsOptions,
  fetching: FetchOptions,
  progress: (done: number) => void,
): Promise<void> {
  const work = partBeside(join(options.folder, 'tree'))
  const tree = join(work, 'tree')
  try {
    await unpack(lock, tree, options.bring ?? fetchPackage, fetching, progress)
    await makeFolder(join(options.folder, 'trees'))
    await rename(tree, place(options.folder, lock).path).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster with the same tree.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function unpack(
  lock: ToolsLock,
  target: string,
  bring: NonNullable<ToolsOptions['bring']>,
  fetching: FetchOptions,
  progress: (done: number) => void,
): Promise<void> {
  const debs = `${target}.debs`
  await makeFolder(debs)
  await makeFolder(target)
  try {
    // base-files first: it has the links /bin, /lib and /sbin that the others lie behind.
    const order = [...lock.packages].sort(
      (a, b) => Number(b.name === 'base-files') - Number(a.name === 'base-files'),
    )
    let done = 0
    const one = async (file: PackageFile) => {
      const deb = join(debs, `${file.name}.deb`)
      await bring(file, deb, fetching)
      await run(['dpkg-deb', '--extract', deb, target], { signal: fetching.signal })
      await rm(deb)
      progress(++done)
    }
    await one(order.shift()!)
    await Promise.all(
      Array.from({ length: PARALLEL_FETCHES }, async () => {
        for (let next = order.shift(); next; next = order.shift()) await one(next)
      }),
    )
    await settle(target)
    await writeFile(join(target, '.complete'), '')
  } finally {
    await rm(debs, { recursive: true, force: true })
  }
}

async function fetchPackage(file: PackageFile, to: string, options: FetchOptions): Promise<void> {
  await fetchFile(`${file.uri}/${file.path}`, to, file, options)
}

/** The little that maintainer scripts would have done, and the places where a sandbox mounts things. */
async function settle(target: string): Promise<void> {
  for (const folder of ['build', 'in', 'proc', 'dev', 'sys', 'tmp', 'run', 'root'])
    await makeFolder(join(target, folder))
  for (const name of ['passwd', 'group'])
    await copyFile(join(target, `usr/share/base-passwd/${name}.master`), join(target, `etc/${name}`))
  await symlink('mawk', join(target, 'usr/bin/awk'))
  // In the sandbox they count for nothing; here anyone could run them as whoever made this tree.
  await run(['find', target, '-type', 'f', '-perm', '/6000', '-exec', 'chmod', 'a-s', '{}', '+'])
}
