import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { HOST_PATH } from '../run.ts'
import { DEBIAN_KEYRING } from '../tree/lock.ts'
import type { Finding } from './finding.ts'

/** Programs of the host that Kiln starts, and Debian's package of each. All others come from the tools tree. */
const PROGRAMS: readonly { readonly names: readonly string[]; readonly package: string }[] = [
  { names: ['sh'], package: 'dash' },
  { names: ['mount'], package: 'mount' },
  { names: ['unshare', 'nsenter'], package: 'util-linux' },
  { names: ['newuidmap', 'newgidmap'], package: 'uidmap' },
  { names: ['apt-get', 'apt-cache'], package: 'apt' },
  { names: ['dpkg-deb'], package: 'dpkg' },
  { names: ['tar'], package: 'tar' },
  { names: ['perl'], package: 'perl-base' },
]
/** apt checks signatures with one of them, whichever the release has. */
const VERIFIERS = ['sqv', 'gpgv']

const NODE = 24

/** The Node that runs this. */
export function nodeFinding(version = process.versions.node): Finding {
  const base = { id: 'node', title: 'Node', found: version }
  return Number.parseInt(version, 10) >= NODE
    ? { ...base, state: 'ok' }
    : {
        ...base,
        state: 'lacking',
        remedy: `Node ${NODE} or newer is needed; 'make setup' in a checkout installs one.`,
      }
}

/** @param path folders to look in, as in `PATH`. `root`: root maps ids itself, without newuidmap. */
export async function programsFinding(
  root: boolean,
  path = HOST_PATH,
  keyring = DEBIAN_KEYRING,
): Promise<Finding> {
  const wanted = PROGRAMS.filter((each) => !(root && each.package === 'uidmap'))
  const missing: { name: string; package: string }[] = []
  for (const program of wanted)
    for (const name of program.names)
      if (!(await isThere(name, path))) missing.push({ name, package: program.package })
  const verifiers = await Promise.all(VERIFIERS.map((name) => isThere(name, path)))
  if (!verifiers.includes(true)) missing.push({ name: VERIFIERS.join(' or '), package: 'gpgv' })
  if (!(await isReadable(keyring))) missing.push({ name: keyring, package: 'debian-archive-keyring' })
  const base = { id: 'programs', title: 'Programs' }
  if (missing.length === 0) {
    const names = wanted.flatMap((program) => program.names)
    return { ...base, state: 'ok', found: `${names.join(', ')} and Debian's keys` }
  }
  const packages = [...new Set(missing.map((each) => each.package))]
  return {
    ...base,
    state: 'lacking',
    found: `missing: ${missing.map((each) => each.name).join(', ')}`,
    remedy: `Let root run: apt-get install ${packages.join(' ')}`,
  }
}

async function isThere(name: string, path: string): Promise<boolean> {
  for (const folder of path.split(':')) {
    const there = await access(join(folder, name), constants.X_OK).then(
      () => true,
      () => false,
    )
    if (there) return true
  }
  return false
}

function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
}
