import { inputError, KilnError } from '../../core/error.ts'
import { step } from '../../core/events.ts'
import type { Entry } from '../../tools/apt/entry.ts'
import type { PackageFile } from '../../tools/apt/repository.ts'
import { normalName } from '../../tools/python/file.ts'
import type { LockContext } from '../offer.ts'
import { choose } from './choose.ts'
import { forPython } from './guest.ts'
import type { Chosen } from './report.ts'
import type { LockedPython } from './types.ts'

export interface PythonRequest {
  /** Name of the image, for errors. */
  readonly image: string
  /** Requirements, as pip takes them. */
  readonly wanted: readonly string[]
  /** All packages of the guest, and what the indexes say of each. */
  readonly packages: readonly PackageFile[]
  readonly entry: (file: PackageFile) => Entry | undefined
  /** The package with pip and what it needs, where the guest has none. */
  readonly installer: PackageFile | undefined
  /** What stays as it is in the versions of a lock, but for these names; without it all is chosen anew. */
  readonly keep?: { readonly old: LockedPython; readonly but: ReadonlySet<string> }
}

/**
 * Chooses what of the Python indexes an image gets: by the pip of the guest, with the guest's Python and what its packages
 * bring, in a sandbox without a network that sees the indexes through our fetcher.
 * @throws KilnError `KILN_PIP_UNKNOWN`, `KILN_PIP_UNFIT`, `KILN_PIP_CONFLICT`, `KILN_PIP_BUILD_FAILED`, `KILN_PIP_FAILED`,
 *   `KILN_PIP_INDEX_INVALID`, `KILN_PIP_INDEX_REFUSED`, fetch errors.
 */
export async function lockPython(request: PythonRequest, context: LockContext): Promise<LockedPython> {
  const { image, wanted, packages, installer } = request
  const python = packages.find(({ name }) => name === 'python3')
  if (!python)
    throw inputError('KILN_PIP_UNFIT', `The image ${image} has no Python for ${wanted.join(', ')}.`, {
      hint: 'Add python3 to its packages.',
    })
  const label = `lock ${image}: packages of Python`
  return step(context.events, `pip ${image}`, label, async (_step, report) => {
    const seen = forPython(packages, request.entry)
    const { indexes, chosen, files, builds } = await choose(seen, request, context).catch(
      (error: unknown) => {
        // A source archive may ask a compiler or a library of the image before it says what it is.
        if (!(error instanceof KilnError) || error.code !== 'KILN_PIP_BUILD_FAILED') throw error
        return choose(packages, request, context)
      },
    )
    report('done', `${files.length} packages of Python ${pythonVersion(python)}`)
    return {
      version: pythonVersion(python),
      ...(installer ? { installer } : {}),
      indexes,
      wanted: [...new Set(wanted.map(nameOf))].sort(),
      files,
      needs: needsOf(chosen),
      builds,
    }
  })
}

/** The name in a requirement, in its normal form. */
export function nameOf(requirement: string): string {
  return normalName(/^[A-Za-z0-9._-]+/.exec(requirement)?.[0] ?? '')
}

/** `3.13` of the version of a package `python3`. */
export function pythonVersion({ version }: PackageFile): string {
  return /^\d+\.\d+/.exec(version)?.[0] ?? version
}

/** Who needs whom of what was chosen. */
function needsOf(chosen: readonly Chosen[]): Record<string, string[]> {
  const names = new Set(chosen.map(({ name }) => name))
  const needs = chosen.map(({ name, requires }) => {
    const there = requires.map(nameOf).filter((each) => names.has(each) && each !== name)
    return [name, [...new Set(there)].sort()] as const
  })
  return Object.fromEntries(needs.filter(([, each]) => each.length > 0))
}
