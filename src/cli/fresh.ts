import { readdirSync, readFileSync, statSync } from 'node:fs'
import { sha256 } from '../core/digest.ts'

/** A file as it was when a bundle took it in: path below the root, SHA-256, and how to see in short that it is the same. */
export type Input = readonly [path: string, digest: string, stamp: string]

/** What a bundle was made of. */
export interface Made {
  readonly files: readonly Input[]
  /** Folders whose names decided, too. */
  readonly folders: readonly (readonly [path: string, names: string])[]
}

/** Whether making it again would give the same. `record` is the file with {@link Made}. What cannot be read is a change. */
export function isFresh(root: string, record: string): boolean {
  try {
    const made = JSON.parse(readFileSync(record, 'utf8')) as Made
    return (
      made.folders.every(([path, names]) => namesIn(`${root}/${path}`) === names) &&
      // Hundreds of files at each start: no time for more than this.
      made.files.every(
        ([path, digest, stamp]) =>
          stampOf(`${root}/${path}`) === stamp || sha256(readFileSync(`${root}/${path}`)) === digest,
      )
    )
  } catch {
    return false
  }
}

export function namesIn(folder: string): string {
  return readdirSync(folder).sort().join(' ')
}

/**
 * Changes whenever the content does: nobody can set the time of a file's last change of state. With `before`, ms since
 * 1970: empty when the file changed after it, as what is as young may change once more within the clock's resolution.
 */
export function stampOf(path: string, before = Number.POSITIVE_INFINITY): string {
  const { size, mtimeMs, ctimeMs } = statSync(path)
  return ctimeMs > before ? '' : `${size} ${mtimeMs} ${ctimeMs}`
}
