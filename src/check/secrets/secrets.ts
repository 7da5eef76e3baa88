import type { TreeEntry, TreeReader } from '../../disk/tree.ts'
import type { SecretKind } from '../../recipe/secret-kinds.ts'
import { FileScanner, type Placed } from './file.ts'
import { OF_PACKAGES, type PackageFiles, publicFiles } from './public.ts'
import type { Finding } from './types.ts'

/** Findings of one image that are kept; a tree with more has one cause for most of them. */
export const MOST_FINDINGS = 1000

/** What scripts of packages have for examples. */
const EXAMPLES: readonly SecretKind[] = ['config-password', 'url-password', 'password-hash']

/** Looks for secrets in the things of a tree, told of one after another by who reads it anyway. */
export class SecretScan {
  readonly #file = new FileScanner()
  readonly #candidates: { readonly entry: TreeEntry; readonly hits: readonly Placed[] }[] = []

  begin(entry: TreeEntry): void {
    this.#file.begin(entry)
  }

  push(piece: Buffer): void {
    this.#file.push(piece)
  }

  end(entry: TreeEntry): void {
    const hits = this.#file.end()
    if (hits.length > 0) this.#candidates.push({ entry, hits })
  }

  /** What was found and is in no package, by path and line. */
  async findings(reader: TreeReader, packages: PackageFiles): Promise<Finding[]> {
    const isPublic = publicFiles(reader, packages)
    const found: Finding[] = []
    for (const { entry, hits } of this.#candidates) {
      if (found.length >= MOST_FINDINGS) break
      if (OF_PACKAGES.test(entry.path) && hits.every(({ kind }) => EXAMPLES.includes(kind))) continue
      if (await isPublic(entry)) continue
      found.push(...hits.map((hit) => ({ ...hit, path: `/${entry.path}` })))
    }
    return found
      .slice(0, MOST_FINDINGS)
      .sort((a, b) =>
        a.path < b.path ? -1 : a.path > b.path ? 1 : (a.line ?? a.offset ?? 0) - (b.line ?? b.offset ?? 0),
      )
  }
}
