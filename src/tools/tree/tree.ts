import { access, copyFile, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson, sha256 } from '../../core/digest.ts'
import { KilnError } from '../../core/error.ts'
import { type EventSink, step } from '../../core/events.ts'
import { makeFolder } from '../../core/folder.ts'
import { partBeside, sweepParts } from '../../core/part.ts'
import { debianMirrors } from '../apt/mirrors.ts'
import { mirrorIndexes, type PackageFile, type Repository } from '../apt/repository.ts'
import { openApt } from '../apt/resolve.ts'
import { fetchFile } from '../fetch.ts'
import { run } from '../run.ts'
import { TOOLS_SUITE, TOOLS_VERSION, toolPackages } from './packages.ts'

/** The programs that stages run: a folder that becomes the root of every sandbox. */
export interface ToolsTree {
  readonly path: string
  /** SHA-256 of its lock; part of the key of everything made with it. */
  readonly digest: string
}

interface ToolsLock {
  readonly version: number
  readonly suite: string
  /** The list that it was made for: another one needs another tree. */
  readonly wanted: readonly string[]
  readonly packages: readonly PackageFile[]
}

export interface ToolsOptions {
  /** Folder of its own: lock, unpacked tree, indexes. */
  readonly folder: string
  readonly mirrors: readonly string[] | undefined
  readonly events: EventSink
  readonly signal?: AbortSignal | undefined
  /** Lock anew, even if there is a lock. */
  readonly update?: boolean
}

/** Keyring that Debian's archive is checked with, on the host and in the tools tree. */
export const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** How many downloads and unpackings go on at once. */
const PARALLEL_FETCHES = 8

/**
 * The tools tree: locked and unpacked when it is not there yet. Packages are only unpacked, no maintainer script runs,
 * so it needs no privilege and one lock always gives the same files.
 */
export async function toolsTree(options: ToolsOptions): Promise<ToolsTree> {
  const known = options.update ? undefined : await readLock(join(options.folder, 'tools.lock'))
  const there = known && (await complete(place(options.folder, known)))
  if (there) return there
  return step(options.events, 'tools', 'tools tree', async ({ progress }, report) => {
    await makeFolder(options.folder)
    await sweepParts(options.folder)
    const make = async (lock: ToolsLock) => {
      await unpackAt(lock, options, (done) => progress(done, lock.packages.length, 'packages'))
      return lock
    }
    const lock = await make(known ?? (await lockTools(options))).catch(async (error: unknown) => {
      if (!known || !(error instanceof KilnError) || error.data.status !== 404) throw error
      options.events.emit({
        type: 'note',
        level: 'warning',
        message:
          'The mirror has dropped packages of the tools tree, so it is locked anew; with other tools, images are built anew, too.',
      })
      return make(await lockTools(options))
    })
    const tree = place(options.folder, lock)
    // After the tree, so that a lock always names one that was complete once.
    const lockFile = join(options.folder, 'tools.lock')
    const part = partBeside(lockFile)
    await writeFile(part, `${JSON.stringify(lock, null, 1)}\n`)
    await rename(part, lockFile)
    report('done', `${lock.packages.length} packages of Debian ${lock.suite}`)
    return tree
  })
}

/** The tools tree if it is there already: nothing is fetched or unpacked. */
export async function knownTools(options: Pick<ToolsOptions, 'folder'>): Promise<ToolsTree | undefined> {
  const lock = await readLock(join(options.folder, 'tools.lock'))
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
  const digest = sha256(canonicalJson(lock as never))
  return { digest, path: join(folder, 'trees', digest.slice(0, 16)) }
}

async function readLock(file: string): Promise<ToolsLock | undefined> {
  try {
    const lock = JSON.parse(await readFile(file, 'utf8')) as ToolsLock
    // Another version of Kiln wants other tools.
    const fits =
      lock.version === TOOLS_VERSION &&
      lock.suite === TOOLS_SUITE &&
      String(lock.wanted) === String(toolPackages)
    return fits ? lock : undefined
  } catch {
    return undefined
  }
}

async function lockTools(options: ToolsOptions): Promise<ToolsLock> {
  const mirrors = await debianMirrors(options.mirrors)
  const repositories: Repository[] = [
    { uri: mirrors.archive, suite: TOOLS_SUITE, components: ['main'] },
    { uri: mirrors.archive, suite: `${TOOLS_SUITE}-updates`, components: ['main'] },
    { uri: mirrors.security, suite: `${TOOLS_SUITE}-security`, components: ['main'] },
  ]
  const folder = partBeside(join(options.folder, 'lock'))
  try {
    await mirrorIndexes(
      repositories,
      'amd64',
      join(folder, 'indexes'),
      join(options.folder, 'indexes'),
      options,
    )
    const apt = await openApt(
      {
        folder,
        // As apt sees it wherever it lies: its sources know no way to write a path with spaces.
        path: '/proc/self/cwd',
        keyring: DEBIAN_KEYRING,
        run: (argv, o) => run(argv, { ...o, cwd: folder, signal: options.signal }),
      },
      { repositories, arch: 'amd64' },
    )
    const packages = await apt.resolve(toolPackages, { recommends: false })
    return { version: TOOLS_VERSION, suite: TOOLS_SUITE, wanted: toolPackages, packages }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Unpacks a lock's packages beside the place of its tree, and puts the tree there in one step. */
async function unpackAt(
  lock: ToolsLock,
  options: ToolsOptions,
  progress: (done: number) => void,
): Promise<void> {
  const work = partBeside(join(options.folder, 'tree'))
  const tree = join(work, 'tree')
  try {
    await unpack(lock, tree, options.signal, progress)
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
  signal: AbortSignal | undefined,
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
      await fetchFile(`${file.uri}/${file.path}`, deb, file, { signal })
      await run(['dpkg-deb', '--extract', deb, target], { signal })
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

/** The little that maintainer scripts would have done, and the places where a sandbox mounts things. */
async function settle(target: string): Promise<void> {
  for (const folder of ['work', 'in', 'proc', 'dev', 'sys', 'tmp', 'run', 'root'])
    await makeFolder(join(target, folder))
  for (const name of ['passwd', 'group'])
    await copyFile(join(target, `usr/share/base-passwd/${name}.master`), join(target, `etc/${name}`))
  await symlink('mawk', join(target, 'usr/bin/awk'))
  // In the sandbox they count for nothing; here anyone could run them as whoever made this tree.
  await run(['find', target, '-type', 'f', '-perm', '/6000', '-exec', 'chmod', 'a-s', '{}', '+'])
}
