import { readlinkSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { clock } from './clock.ts'
import { sha256 } from './digest.ts'
import { isAlive, ownName } from './owner.ts'

/** Hidden, so that nobody takes it for the file; with the machine and the process that writes it. */
const PART = /^\.kiln-(?:([0-9a-f]{8})-(\d+-\d+)-)?[0-9a-f]+\.part$/
/** Nothing takes a day to write: an older part is what a killed process left, on whatever machine. */
const STALE = 24 * 3600 * 1000

/** Process ids mean something only on this machine, and in this container. */
function here(): string {
  let namespace = ''
  try {
    namespace = readlinkSync('/proc/self/ns/pid')
  } catch {
    // No /proc: then the name alone must do.
  }
  return sha256(`${hostname()} ${namespace}`).slice(0, 8)
}

/** A path beside `path`, to write what is renamed to it when it is complete. It is a file or a folder. */
export function partBeside(path: string): string {
  return join(dirname(path), `.kiln-${here()}-${ownName()}.part`)
}

/** Paths of the parts in `folder` that killed processes left there, not of what is being written. */
export async function orphanParts(folder: string): Promise<string[]> {
  const left: string[] = []
  for (const name of await readdir(folder).catch(() => [])) {
    const match = PART.exec(name)
    if (!match) continue
    const [, machine, owner] = match
    const path = join(folder, name)
    if (machine === here() && owner !== undefined) {
      if (isAlive(owner)) continue
    } else {
      const found = await stat(path).catch(() => undefined)
      if (!found || clock.now() - found.ctimeMs < STALE) continue
    }
    left.push(path)
  }
  return left
}

/** Removes the parts in `folder` that killed processes left there. */
export async function sweepParts(folder: string): Promise<void> {
  // A part of another user's may not be ours to remove.
  for (const path of await orphanParts(folder))
    await rm(path, { recursive: true, force: true }).catch(() => {})
}
