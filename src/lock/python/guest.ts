import { chmod, chown, mkdir } from 'node:fs/promises'
import { freemem } from 'node:os'
import { join } from 'node:path'
import type { Store } from '../../store/store.ts'
import { linkOrCopy } from '../../store/store.ts'
import type { Entry } from '../../tools/apt/entry.ts'
import type { PackageFile } from '../../tools/apt/repository.ts'
import type { RunResult } from '../../tools/run.ts'
import { openSandbox, type Sandbox } from '../../tools/sandbox/sandbox.ts'
import type { ToolsTree } from '../../tools/tree/tree.ts'
import { needed } from '../needed.ts'

/** The guest's own Python with its pip, and with all that the guest's packages bring for it. */
export interface GuestPython extends AsyncDisposable {
  readonly sandbox: Sandbox
  /** Host's folder that is seen as {@link HANDED} in the sandbox and in the guest. */
  readonly folder: string
  /**
   * Runs `python3 -m pip install` without installing anything; any exit status is an answer. Standard output of the answer
   * is pip's report, standard error the end of all that it says.
   */
  dryRun(argv: readonly string[]): Promise<RunResult>
  /** The index that its pip asks where nobody names one. */
  defaultIndex(): Promise<string>
}

/** Where the sandbox sees what we hand over, and the guest. */
export const HANDED = '/in/index'
const IN_GUEST = '/run/kiln/index'
const TREE = '/build/tree'
const PIP = '/build/pip'
/** What unpacked packages and builds of source archives may take. */
const WORK = 6e9
/** Half an hour: what takes longer waits for something that does not come. */
const LONGEST = 30 * 60_000

/** Besides what Python needs: without authorities pip does not even start. */
const ALSO: ReadonlySet<string> = new Set(['ca-certificates'])

/** A path of {@link GuestPython.folder} as the guest sees it. */
export function handed(name: string): string {
  return `${IN_GUEST}/${name}`
}

/**
 * Which of a guest's packages pip must see: Python with all that it needs, a shell, and whatever is made for Python, for
 * that counts as installed.
 */
export function forPython(
  files: readonly PackageFile[],
  entry: (file: PackageFile) => Entry | undefined,
): PackageFile[] {
  const entries = files.map((file) => entry(file)).filter((each) => each !== undefined)
  const base = needed(entries, ['python3', 'dash', 'base-files', 'libc-bin', 'coreutils'], {
    recommends: false,
  })
  return files.filter((file) => {
    const clauses = entry(file)?.depends.flat() ?? []
    return (
      base.has(file.name) ||
      ALSO.has(file.name) ||
      /^python3/.test(file.name) ||
      clauses.some(({ name }) => /^python3/.test(name))
    )
  })
}

/**
 * Unpacks packages of a guest, without running anything of theirs, and `installer`'s pip beside them.
 * @param bring puts package files below a folder of the host, each under its SHA-256.
 */
export async function openGuestPython(
  files: readonly PackageFile[],
  installer: PackageFile | undefined,
  context: { readonly store: Store; readonly tools: ToolsTree; readonly signal?: AbortSignal | undefined },
): Promise<GuestPython> {
  const { store, tools, signal } = context
  await using undo = new AsyncDisposableStack()
  const work = undo.use(await store.workFolder())
  const [debs, folder, disk] = ['debs', 'index', 'work'].map((name) => join(work.path, name)) as [
    string,
    string,
    string,
  ]
  for (const path of [debs, folder, disk]) await mkdir(path)
  await chmod(folder, 0o755)
  for (const { sha256 } of [...files, ...(installer ? [installer] : [])])
    await linkOrCopy(store.objectPath(sha256), join(debs, sha256))
  const memory = freemem() > WORK * 1.5
  const sandbox = undo.use(
    await openSandbox({
      tools: tools.path,
      binds: [
        { source: debs, target: '/in/debs' },
        { source: folder, target: HANDED },
        ...(memory ? [] : [{ source: disk, target: '/build', writable: true }]),
      ],
      work: memory ? { bytes: WORK } : 'bind',
      signal,
    }),
  )
  await chown(disk, sandbox.owner.uid, sandbox.owner.gid)
  await sandbox.run(
    ['sh', '-euc', UNPACK, 'kiln', TREE, ...files.map(({ sha256 }) => `/in/debs/${sha256}`)],
    {
      what: "unpacking the guest's Python",
    },
  )
  // pip alone: what else its package needs would count as installed, and is not in the image.
  if (installer)
    await sandbox.run(['sh', '-euc', UNPACK_PIP, 'kiln', PIP, `/in/debs/${installer.sha256}`], {
      what: 'unpacking pip',
    })
  const binds = [
    { source: HANDED, target: IN_GUEST },
    ...(installer ? [{ source: PIP, target: '/run/kiln/pip' }] : []),
  ]
  const env = { ...PIP_ENV, ...(installer ? { PYTHONPATH: '/run/kiln/pip' } : {}) }
  const opened = undo.move()
  return {
    sandbox,
    folder,
    dryRun: (argv) =>
      sandbox.guest(TREE, ['/bin/sh', '-c', DRY_RUN, 'pip', ...argv], {
        binds,
        env,
        accept: Array.from({ length: 256 }, (_, status) => status),
        timeout: LONGEST,
        what: 'pip',
      }),
    defaultIndex: async () => {
      const { stdout } = await sandbox.guest(TREE, ['/usr/bin/python3', '-c', DEFAULT_INDEX], { binds, env })
      return `${stdout.trim().replace(/\/+$/, '')}/`
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

const PIP_ENV = {
  PIP_CONFIG_FILE: '/dev/null',
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONNOUSERSITE: '1',
  PYTHONHASHSEED: '0',
} as const

const DRY_RUN = 'python3 -m pip install --dry-run --report=/tmp/report "$@" >&2 && cat /tmp/report'
const DEFAULT_INDEX = 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)'

const UNPACK = `tree=$1; shift
mkdir -p "$tree/usr"
for name in bin sbin lib lib64; do mkdir -p "$tree/usr/$name"; ln -s "usr/$name" "$tree/$name"; done
printf '%s\\0' "$@" | xargs -0 -r -P2 -n8 sh -euc 'for deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$0" --keep-directory-symlink; done' "$tree"
mkdir -p "$tree/proc" "$tree/sys" "$tree/dev" "$tree/run" "$tree/tmp" "$tree/root"
chmod 1777 "$tree/tmp"
mkdir -p "$tree/etc/ssl/certs"
find "$tree/usr/share/ca-certificates" -name '*.crt' -exec cat {} + >"$tree/etc/ssl/certs/ca-certificates.crt"`

const UNPACK_PIP = `mkdir "$1"
dpkg-deb --fsys-tarfile "$2" | tar -x -C "$1" --strip-components=5 ./usr/lib/python3/dist-packages/pip`
