import { KilnError, messageOf } from '../../core/error.ts'
import { run } from '../run.ts'
import { openUserNamespace } from '../sandbox/ids.ts'
import type { Finding, ReadText } from './finding.ts'
import { readText } from './read.ts'

/** What a sandbox does, in short: own processes, mounts and network. */
const TRY = 'mount -t proc proc /proc && mount -t tmpfs kiln /tmp'
const FLAGS = [
  '--mount',
  '--propagation',
  'private',
  '--pid',
  '--net',
  '--ipc',
  '--uts',
  '--fork',
  '--kill-child',
]

/** Name of a kernel setting, the value that forbids, the value that allows, what the forbidding one means. */
type Setting = readonly [name: string, value: string, wanted: string, found: string]

const NONE_AT_ALL: Setting = [
  'user.max_user_namespaces',
  '0',
  '15000',
  'this machine allows no user namespaces',
]
const NOT_FOR_USERS: readonly Setting[] = [
  ['kernel.unprivileged_userns_clone', '0', '1', 'only root may make user namespaces here'],
  [
    'kernel.apparmor_restrict_unprivileged_userns',
    '1',
    '0',
    'AppArmor takes all rights away inside of user namespaces',
  ],
]

/** Tries what a sandbox does. When it fails, the setting that forbids it and how to allow it. */
export async function namespacesFinding(root: boolean, read: ReadText = readText): Promise<Finding> {
  const base = { id: 'namespaces', title: 'User namespaces' }
  try {
    await using namespace = await openUserNamespace()
    const enter = ['nsenter', `--user=/proc/${namespace.pid}/ns/user`, '-S', '0', '-G', '0']
    await run([...enter, 'unshare', ...FLAGS, 'sh', '-c', TRY], { timeout: 20_000, what: 'a try' })
    return { ...base, state: 'ok', found: 'a sandbox with own mounts, processes and network works' }
  } catch (error) {
    const code = error instanceof KilnError ? error.code : undefined
    if (code === 'KILN_NO_SUBIDS' || code === 'KILN_PROGRAM_MISSING')
      return { ...base, state: 'lacking', found: 'not tried', remedy: 'First mend what else is lacking.' }
    const cause = await forbidding(root, read)
    return {
      ...base,
      state: 'lacking',
      found: cause?.found ?? messageOf(error).replace(/\.$/, ''),
      remedy:
        cause?.remedy ??
        'Kiln builds in user namespaces: try as root, or on a machine whose kernel has them.',
    }
  }
}

/** The setting of this machine that is known to forbid namespaces. */
export async function forbidding(
  root: boolean,
  read: ReadText,
): Promise<{ readonly found: string; readonly remedy: string } | undefined> {
  const forbids = async ([name, value]: Setting) =>
    (await read(`/proc/sys/${name.replaceAll('.', '/')}`)) === value
  const answer = ([name, value, wanted, found]: Setting) => ({
    found: `${found} (${name} = ${value})`,
    remedy: `Let root run: echo '${name}=${wanted}' > /etc/sysctl.d/60-kiln.conf && sysctl --system`,
  })
  if (await forbids(NONE_AT_ALL)) return answer(NONE_AT_ALL)
  if (await inChroot(read))
    return {
      found: 'this is a chroot, in which the kernel allows no user namespaces',
      remedy:
        'Run Kiln outside of it, or enter the folder with pivot_root (as containers do) instead of chroot.',
    }
  const container = await inContainer(read)
  if (container)
    return {
      found: `the container (${container}) does not allow a sandbox`,
      remedy:
        'Start the container so that it may make namespaces and mount in them: --privileged, or\n' +
        '--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined',
    }
  if (root) return undefined
  for (const setting of NOT_FOR_USERS) if (await forbids(setting)) return answer(setting)
  return undefined
}

/** In a chroot, the root of what is seen is usually no mount point. */
async function inChroot(read: ReadText): Promise<boolean> {
  const mounts = await read('/proc/self/mountinfo')
  return mounts !== undefined && !mounts.split('\n').some((line) => line.split(' ')[4] === '/')
}

/** What kind of container this is, if it is one. */
async function inContainer(read: ReadText): Promise<string | undefined> {
  if ((await read('/.dockerenv')) !== undefined) return 'docker'
  if ((await read('/run/.containerenv')) !== undefined) return 'podman'
  const name = /(?:^|\0)container=([\w.-]+)/.exec((await read('/proc/1/environ')) ?? '')?.[1]
  return name
}
