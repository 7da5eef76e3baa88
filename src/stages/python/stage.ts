import { readFile } from 'node:fs/promises'
import type { PackageFile } from '../../tools/apt/repository.ts'
import type { PythonFile } from '../../tools/python/file.ts'
import { DEBS, debName, inGuest, type Stage, toolScript } from '../stage.ts'

export interface PythonOptions {
  /** Of the guest's Python. */
  readonly version: string
  /** The package with pip, where the guest has none. */
  readonly installer?: PackageFile
  /** Names that were asked for; the others came along. */
  readonly wanted: readonly string[]
  readonly files: readonly PythonFile[]
  /** What building the wheel of a source archive takes. */
  readonly builds: readonly { readonly name: string; readonly files: readonly PythonFile[] }[]
}

/** Where files of Python lie in the sandbox, each in a folder named by its SHA-256, and inside the guest. */
export const PYTHON_FILES = '/in/python'
const GUEST_FILES = '/run/kiln/python'
const PIP = '/build/pip'
const GUEST_PIP = '/run/kiln/pip'

/** Wheels and source archives onto a tree, by the guest's own Python and pip, without a network. */
export const pythonStage: Stage<PythonOptions> = {
  name: 'python',
  version: 1,
  async run({ installer, wanted, files, builds }, context) {
    const script = await readFile(new URL('install.py', import.meta.url), 'utf8')
    // pip alone, and only for now: what else its package needs is not what the recipe asks for.
    if (installer)
      await toolScript(context, UNPACK_PIP, [PIP, `${DEBS}/${debName(installer)}`], {
        what: 'unpacking pip',
      })
    const named = ({ name, version, file, sha256 }: PythonFile) => ({
      name,
      version,
      file,
      sha256,
      wanted: wanted.includes(name),
    })
    const input = {
      files: files.map(named),
      builds: Object.fromEntries(builds.map((build) => [build.name, build.files.map(named)])),
      epoch: context.epoch,
    }
    let done = 0
    await inGuest(context, ['/usr/bin/python3', '-c', script], {
      binds: [
        { source: PYTHON_FILES, target: GUEST_FILES },
        ...(installer ? [{ source: PIP, target: GUEST_PIP }] : []),
      ],
      env: {
        ...(installer ? { PYTHONPATH: GUEST_PIP } : {}),
        PIP_CONFIG_FILE: '/dev/null',
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONNOUSERSITE: '1',
        // The same order of sets, and the same time wherever a build writes one into a file.
        PYTHONHASHSEED: '0',
        SOURCE_DATE_EPOCH: String(context.epoch),
      },
      input: JSON.stringify(input),
      capture: false,
      code: 'KILN_PACKAGES_FAILED',
      what: 'installing packages of Python',
      onLine: (line) => {
        context.step.log(line)
        if (/^(Collecting|Building) /.test(line))
          context.step.progress(Math.min(++done, files.length), files.length, 'packages')
      },
    })
  },
}

const UNPACK_PIP = `mkdir "$1"
dpkg-deb --fsys-tarfile "$2" | tar -x -C "$1" --strip-components=5 ./usr/lib/python3/dist-packages/pip`
