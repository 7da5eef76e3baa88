import { debianReleases } from './debian.ts'
import type { Distribution } from './distribution.ts'

export type { BaseFile, Distribution } from './distribution.ts'

const byId = new Map(debianReleases.map((release) => [release.id, release]))

/** The distribution with this id, if images can be composed of it. */
export function distribution(id: string): Distribution | undefined {
  return byId.get(id)
}

/** Ids of all that can be composed, newest first. */
export function composable(): string[] {
  return [...byId.keys()]
}
