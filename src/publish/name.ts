import type { Version } from '../build/types.ts'

/** The name that a version is published under. It follows from content: the same name, the same bytes. */
export function imageName(recipe: string, version: Pick<Version, 'os' | 'arch' | 'digest'>): string {
  return `${recipe}-${version.os}-${version.arch}-${version.digest.slice(0, 12)}`
}
