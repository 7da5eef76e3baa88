import type { TreeEntry } from '../../disk/tree.ts'
import type { FolderSize } from './types.ts'

/** Folders and files that are named one by one. */
const MOST_FOLDERS = 25
const MOST_FILES = 20
/** Levels of folders that are summed up. */
const LEVELS = 2

/** Sums up what lies where; a file with several names counts once, where it was met first. */
export class Sizes {
  readonly #folders = new Map<string, { bytes: number; files: number }>()
  #biggest: { readonly path: string; readonly bytes: number }[] = []
  /** Files with several names that were counted: by inode and size, for there may be several file systems. */
  readonly #linked = new Set<string>()

  add({ kind, path, size, names, inode }: TreeEntry): void {
    if (kind !== 'file') return
    if (names > 1) {
      const file = `${inode} ${size}`
      if (this.#linked.has(file)) return
      this.#linked.add(file)
    }
    const parts = path.split('/')
    for (let level = 1; level <= Math.min(LEVELS, parts.length - 1); level++) {
      const folder = `/${parts.slice(0, level).join('/')}`
      const sum = this.#folders.get(folder) ?? { bytes: 0, files: 0 }
      sum.bytes += size
      sum.files++
      this.#folders.set(folder, sum)
    }
    this.#biggest.push({ path: `/${path}`, bytes: size })
    if (this.#biggest.length > 40 * MOST_FILES) this.#biggest = this.biggest()
  }

  /** The largest first. */
  folders(most = MOST_FOLDERS): FolderSize[] {
    const all = [...this.#folders].map(([path, sum]) => ({ path, ...sum }))
    return all.sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1)).slice(0, most)
  }

  biggest(): { readonly path: string; readonly bytes: number }[] {
    return this.#biggest.sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1)).slice(0, MOST_FILES)
  }
}
