import { chmod, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inputError, KilnError } from '../../core/error.ts'
import { makeFolder } from '../../core/folder.ts'
import type { RunOptions, RunResult } from '../run.ts'
import { keepLists, takeLists } from './kept.ts'
import type { Release } from './release.ts'
import {
  isPackageFile,
  type PackageFile,
  type Repository,
  suiteAndComponents,
  suiteFolder,
} from './repository.ts'

/** Runs apt: on the host, or in a sandbox. `path` is where apt sees what lies at the host's `folder`. */
export interface AptPlace {
  run(argv: readonly string[], options?: Pick<RunOptions, 'env' | 'accept'>): Promise<RunResult>
  readonly folder: string
  readonly path: string
  /** Keyring that signatures are checked with, as apt sees it. */
  readonly keyring: string
  /** Host's folder for verified lists, named after what they are lists of: what is there need not be verified again. */
  readonly kept?: string | undefined
}

export interface AptRequest {
  readonly repositories: readonly Repository[]
  /** What their Release files say, in the same order. */
  readonly releases: readonly Release[]
  readonly arch: string
}

/** A set of indexes that apt has verified and read. */
export interface Apt {
  /**
   * All package files that a system with `installed` still needs for `wanted` (apt's syntax: `name`,
   * `name=version`, `?essential`), sorted by name.
   * @throws KilnError `KILN_PACKAGE_UNKNOWN` or `KILN_PACKAGES_CONFLICT`.
   */
  resolve(
    wanted: readonly string[],
    options: {
      readonly recommends: boolean
      /** Packages of the indexes. */
      readonly installed?: readonly PackageFile[]
      /** The text of a system's own status file, below these. */
      readonly below?: string
    },
  ): Promise<PackageFile[]>
  /** Keeps the lists where the place says, for the next who asks of the same. */
  keep(): Promise<void>
  /** The entries that the indexes have of `files`: text, each as `apt-cache show` prints it; empty where there is none. */
  entries(files: readonly PackageFile[]): Promise<string[]>
  /** Fingerprints of the keys that signed each repository's Release, of those that it may be signed with. */
  signers(): Promise<string[][]>
  /** Entries that were asked for once and need not be read again. */
  learn(entries: readonly string[]): void
  /** Which of `names` no package of the indexes has, nor provides. */
  unknown(names: readonly string[]): Promise<string[]>
  /** Names of all packages in the indexes. */
  names(): Promise<string[]>
  /** Versions that the indexes hold of each of `names`, newest first. */
  versions(names: readonly string[]): Promise<Map<string, string[]>>
}

/**
 * Lets apt verify and read indexes that `mirrorIndexes` has laid out in `place.folder`/indexes.
 * @throws KilnError `KILN_REPOSITORY_REFUSED` when a signature, a date or a hash is wrong.
 */
export async function openApt(place: AptPlace, request: AptRequest): Promise<Apt> {
  const state = join(place.folder, 'apt')
  for (const folder of ['', 'lists', 'archives', 'preferences.d', 'none'])
    await openFolder(join(state, folder))
  const at = `${place.path}/apt`
  await writeFile(join(state, 'status'), '')
  const keyringOf = ({ key }: Repository, n: number) =>
    key === undefined ? place.keyring : `${at}/key-${n}.asc`
  let sources = ''
  for (const [n, r] of request.repositories.entries()) {
    if (r.key !== undefined) await writeFile(join(state, `key-${n}.asc`), r.key)
    const options = [`signed-by=${keyringOf(r, n)}`, ...(r.allowExpired ? ['check-valid-until=no'] : [])]
    sources += `deb [${options.join(' ')}] copy:${place.path}/indexes/${n} ${suiteAndComponents(r)}\n`
  }
  await writeFile(join(state, 'sources.list'), sources)
  await writeFile(join(state, 'apt.conf'), configuration(at, request.arch))
  const env = {
    APT_CONFIG: `${at}/apt.conf`,
    LC_ALL: 'C.UTF-8',
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    DEBIAN_FRONTEND: 'noninteractive',
  }
  const run = (argv: readonly string[], accept?: readonly number[]) =>
    place.run(argv, { env, ...(accept ? { accept } : {}) })
  const there = place.kept !== undefined && (await takeLists(place.kept, state))
  if (!there) refuseTrouble(await run(['apt-get', '-q', 'update'], [0, 100]), request)
  const stanzas = new Map<string, string>()
  const learn = (entries: readonly string[]) => {
    for (const entry of entries) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(entry)?.[1] ?? ''
      stanzas.set(id({ name: field('Package'), version: field('Version') }), entry)
    }
  }
  const learnOf = async (files: readonly PackageFile[]) => {
    const missing = files.filter((file) => !stanzas.has(id(file)))
    if (missing.length === 0) return
    // What the repositories no longer have fails, and the others are shown all the same.
    const { stdout } = await run(
      ['apt-cache', 'show', '--', ...missing.map((f) => `${f.name}=${f.version}`)],
      [0, 100],
    )
    learn(stdout.trim().split(/\n\n+/))
  }
  /** dpkg's status file of a system that has `installed`, made of the index entries of these packages. */
  const statusOf = async (installed: readonly PackageFile[]) => {
    await learnOf(installed)
    const installedEntry = (file: PackageFile) =>
      `${(stanzas.get(id(file)) ?? '').replace(/\n/, '\nStatus: install ok installed\n')}\n\n`
    return installed.map(installedEntry).join('')
  }
  return {
    resolve: async (wanted, { recommends, installed = [], below = '' }) => {
      const upgraded = new Set(installed.map(({ name }) => name))
      const others = below
        .split(/\n\n+/)
        .filter((text) => text.trim() && !upgraded.has(/^Package: (.*)$/m.exec(text)?.[1] ?? ''))
        .map((text) => `${text.trim()}\n\n`)
      await writeFile(join(state, 'status'), others.join('') + (await statusOf(installed)))
      const result = await run(
        [
          'apt-get',
          '--print-uris',
          '-qq',
          '-y',
          '-o',
          `APT::Install-Recommends=${recommends}`,
          // What is installed already stays: a wish that can only be met without it is a conflict.
          '--no-remove',
          'install',
          '--',
          ...wanted,
        ],
        [0, 100],
      )
      if (result.status !== 0) throw unresolved(result)
      return parseUris(result.stdout, request, `${place.path}/indexes/`)
    },
    keep: async () => {
      if (place.kept !== undefined && !there) await keepLists(place.kept, state)
    },
    entries: async (files) => {
      await learnOf(files)
      return files.map((file) => stanzas.get(id(file)) ?? '')
    },
    learn,
    signers: () =>
      Promise.all(
        request.repositories.map(async (repository, n) => {
          const dists = `${place.path}/indexes/${n}/${suiteFolder(repository)}`
          const inline = await stat(
            join(place.folder, 'indexes', String(n), suiteFolder(repository), 'InRelease'),
          ).then(
            () => true,
            () => false,
          )
          const { stdout } = await run([
            'sqv',
            `--keyring=${keyringOf(repository, n)}`,
            ...(inline
              ? [`--output=${at}/signed-${n}`, '--cleartext', `${dists}/InRelease`]
              : [`--signature-file=${dists}/Release.gpg`, `${dists}/Release`]),
          ])
          return stdout.match(/^[0-9A-F]{40,64}$/gm)?.sort() ?? []
        }),
      ),
    unknown: async (names) => {
      const known = new Set((await run(['apt-cache', 'pkgnames'])).stdout.split('\n'))
      const doubtful = names.filter((name) => !known.has(name))
      // Virtual packages and packages that are only mentioned are "names", too: what has no candidate and no provider is not there.
      const there = await Promise.all(
        names.map(async (name) => {
          if (doubtful.includes(name)) return false
          const shown = await run(['apt-cache', 'showpkg', '--', name], [0, 100])
          return /\nVersions: *\n\S/.test(shown.stdout) || /\nReverse Provides: *\n\S/.test(shown.stdout)
        }),
      )
      return names.filter((_, n) => !there[n])
    },
    names: async () => (await run(['apt-cache', 'pkgnames'])).stdout.split('\n').filter(Boolean),
    versions: async (names) => {
      const found = new Map<string, string[]>()
      for (const name of names) {
        const { stdout } = await run(['apt-cache', 'madison', '--', name], [0, 100])
        found.set(name, [
          ...new Set(
            stdout
              .split('\n')
              .map((line) => line.split('|')[1]?.trim())
              .filter((v) => v !== undefined),
          ),
        ])
      }
      return found
    },
  }
}

/** A folder that the sandbox's root may write to, whoever that is outside. Its parent is private to us. */
async function openFolder(path: string): Promise<void> {
  await makeFolder(path)
  await chmod(path, 0o777)
}

/** @throws KilnError `KILN_REPOSITORY_REFUSED` when apt did not take the indexes. */
function refuseTrouble(update: RunResult, request: AptRequest): void {
  const trouble = [...update.stdout.split('\n'), ...update.stderr.split('\n')].filter((line) =>
    /^[EW]: /.test(line),
  )
  if (update.status === 0 && !trouble.some((line) => /sign|verif|Release|hash/i.test(line))) return
  const expired = trouble.flatMap((line) => {
    const number = /indexes\/(\d+)\/.* is expired/.exec(line)?.[1]
    return number === undefined ? [] : [Number(number)]
  })
  const [first] = expired
  if (first !== undefined && trouble.every((line) => /is expired/.test(line))) {
    const { uri, suite } = request.repositories[first]!
    const { validUntil } = request.releases[first]!
    throw inputError(
      'KILN_REPOSITORY_REFUSED',
      `The Release of the suite ${suite} at ${uri} expired on ${validUntil ?? 'a day that it does not say'}.`,
      {
        hint: 'The mirror is stale, or keeps old states on purpose: use a current one, or allow it with "allow_expired: true" at the repository in the recipe, or --allow-expired for all.',
        data: { uri, suite, validUntil },
      },
    )
  }
  throw new KilnError('KILN_REPOSITORY_REFUSED', `A repository was refused: ${plain(trouble, request)}`, {
    fault: 'input',
    hint: `Repositories: ${request.repositories.map((r) => `${r.uri} ${r.suite}`).join(', ')}. Signatures are checked with the distribution's archive keys, or with the key that the recipe gives.`,
  })
}

const id = (file: { readonly name: string; readonly version: string }) => `${file.name} ${file.version}`

function configuration(at: string, arch: string): string {
  const settings: Record<string, string> = {
    Dir: at,
    'Dir::State': at,
    'Dir::State::lists': `${at}/lists`,
    'Dir::State::status': `${at}/status`,
    'Dir::Cache': at,
    'Dir::Cache::archives': `${at}/archives`,
    'Dir::Etc': at,
    'Dir::Etc::sourcelist': `${at}/sources.list`,
    'Dir::Etc::sourceparts': `${at}/none`,
    'Dir::Etc::main': `${at}/none/main`,
    'Dir::Etc::parts': `${at}/none`,
    'Dir::Etc::preferences': `${at}/none/preferences`,
    'Dir::Etc::preferencesparts': `${at}/preferences.d`,
    'Dir::Log': at,
    'Dir::Bin::dpkg': '/usr/bin/dpkg',
    'APT::Architecture': arch,
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled': 'false',
    'APT::Get::Assume-Yes': 'true',
    // Else --print-uris shows MD5 sums.
    'Acquire::ForceHash': 'SHA256',
  }
  return `${Object.entries(settings)
    .map(([key, value]) => `${key} "${value}";`)
    .join('\n')}\nAPT::Architectures { "${arch}"; };\n`
}

/** apt's `'URI' FILE SIZE SHA256:HASH` lines. */
function parseUris(text: string, request: AptRequest, prefix: string): PackageFile[] {
  const files: PackageFile[] = []
  for (const line of text.split('\n')) {
    const match = /^'copy:(\S+)' (\S+) (\d+) SHA256:([0-9a-f]{64})$/.exec(line)
    if (!match || !match[1]!.startsWith(prefix)) continue
    const [number, ...path] = match[1]!.slice(prefix.length).split('/')
    const [name, version, arch] = match[2]!.replace(/\.deb$/, '').split('_')
    const { uri, suite } = request.repositories[Number(number)]!
    const file = {
      name: name ?? '',
      version: decodeURIComponent(version ?? ''),
      arch: arch ?? '',
      path: path.join('/'),
      uri,
      suite,
      size: Number(match[3]),
      sha256: match[4]!,
    }
    // An index may say anything, and this becomes names of files and arguments.
    if (!isPackageFile(file))
      throw inputError(
        'KILN_REPOSITORY_REFUSED',
        `The repository ${uri} has an impossible package: ${match[2]}.`,
      )
    files.push(file)
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

function unresolved(result: RunResult): KilnError {
  const text = `${result.stdout}\n${result.stderr}`
  const errors = text
    .split('\n')
    .filter((line) => line.startsWith('E: '))
    .map((line) => line.slice(3))
  const why = text
    .split('\n')
    .filter((line) => /^ \S+ : |^ {4,}(Depends|Conflicts|Breaks|PreDepends|but)/.test(line))
    .map((line) => line.trimEnd())
  return new KilnError(
    'KILN_PACKAGES_CONFLICT',
    `The packages cannot be installed together: ${errors.join(' ')}`,
    {
      fault: 'input',
      hint: why.length > 0 ? why.join('\n') : undefined,
    },
  )
}

/** apt's complaints with our folders replaced by the repositories' addresses. */
function plain(trouble: readonly string[], request: AptRequest): string {
  const text = trouble.map((line) => line.slice(3)).join(' ')
  return text.replace(
    /copy:\S*?\/indexes\/(\d+)/g,
    (all, n: string) => request.repositories[Number(n)]?.uri ?? all,
  )
}
