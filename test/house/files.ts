import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface SourceFile {
  /** From the root, with slashes: `src/core/clock.ts`. */
  readonly path: string
  readonly text: string
}

/** All files below `folder` (from the root) whose name ends in one of `endings`. */
export function files(folder: string, endings: readonly string[] = ['.ts']): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes(`${sep}node_modules${sep}`))
    .map((path) => ({ path: relative(ROOT, path).replaceAll(sep, '/'), text: readFileSync(path, 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** What a file imports: packages by name, own files by their path from the root. */
export function imports(file: SourceFile): string[] {
  const code = withoutComments(file.text)
  const found = code.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)
  return [...found].map(([, target]) =>
    target!.startsWith('.') ? join(dirname(file.path), target!).replaceAll(sep, '/') : target!,
  )
}

/** Code without comments; good enough for sources that Biome has formatted. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*.*?\*\//gs, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts')
}
