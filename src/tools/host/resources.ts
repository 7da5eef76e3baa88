import { access, constants, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Finding } from './finding.ts'

const GB = 1e9
/** A store with tools tree, packages, layers and one image. */
const SPACE = { needed: 3 * GB, comfortable: 10 * GB }
/** A build, and a guest of 1 GB in the boot check. */
const MEMORY = { needed: 1.5 * GB, comfortable: 4 * GB }

const gb = (bytes: number) => `${(bytes / GB).toFixed(bytes < 10 * GB ? 1 : 0)} GB`

/** Space and access where `folder` is or would be made. `free`: bytes for this user, for tests. */
export async function spaceFinding(
  id: string,
  title: string,
  folder: string,
  free?: number,
): Promise<Finding> {
  const base = { id, title }
  const there = await existing(folder)
  const writable = await access(there, constants.W_OK)
    .then(() => stat(there))
    .then(
      (status) => status.isDirectory(),
      () => false,
    )
  if (!writable)
    return {
      ...base,
      state: 'lacking',
      found: `${folder} cannot be written to`,
      remedy: `Give this user write access to ${there}, or name another folder with KILN_HOME.`,
    }
  const { bavail, bsize } = await statfs(there)
  const bytes = free ?? bavail * bsize
  const found = `${gb(bytes)} free in ${folder}`
  if (bytes >= SPACE.comfortable) return { ...base, state: 'ok', found }
  return {
    ...base,
    state: bytes < SPACE.needed ? 'lacking' : 'warning',
    found,
    remedy: `An image and all that it is made of take about ${gb(SPACE.needed)}. Make room, or name another folder with KILN_HOME.`,
  }
}

/** Memory for this process, the limit of its control group included. Builds work in memory where it is enough. */
export function memoryFinding(bytes = process.availableMemory()): Finding {
  const base = { id: 'memory', title: 'Memory', found: `${gb(bytes)} available` }
  if (bytes >= MEMORY.comfortable) return { ...base, state: 'ok' }
  return {
    ...base,
    state: bytes < MEMORY.needed ? 'lacking' : 'warning',
    remedy:
      bytes < MEMORY.needed
        ? `The boot check starts guests of 1 GB: at least ${gb(MEMORY.needed)} are needed.`
        : 'Builds work on disk instead of in memory: they are slower.',
  }
}

/** Whether guests may get hardware help. That it is there does not mean that it works: the boot check tries it. */
export async function kvmFinding(device = '/dev/kvm'): Promise<Finding> {
  const base = { id: 'kvm', title: 'KVM' }
  const can = (mode: number) =>
    access(device, mode).then(
      () => true,
      () => false,
    )
  const slow = 'Boot checks run under emulation: about a minute each.'
  if (!(await can(constants.F_OK)))
    return { ...base, state: 'warning', found: `there is no ${device}`, remedy: slow }
  if (!(await can(constants.R_OK | constants.W_OK)))
    return {
      ...base,
      state: 'warning',
      found: `this user may not use ${device}`,
      remedy: `${slow} To change that let root add the user to the group kvm.`,
    }
  return { ...base, state: 'ok', found: `${device} is there; the first boot check tries whether it works` }
}

/** The nearest folder at or above `path` that exists. */
async function existing(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const there = await access(folder).then(
      () => true,
      () => false,
    )
    if (there || folder === dirname(folder)) return folder
  }
}
