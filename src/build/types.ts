import type { Config } from '../core/config.ts'
import type { EventSink } from '../core/events.ts'
import type { Lock } from '../lock/lock.ts'
import type { Recipe } from '../recipe/recipe.ts'

/** What locking and building work with. */
export interface BuildContext {
  readonly config: Config
  readonly events: EventSink
  readonly signal?: AbortSignal | undefined
  /** Where relative paths of the recipe begin: its own folder. Default: the working folder. */
  readonly folder?: string | undefined
}

/** A file that was built. */
export interface Artifact {
  readonly format: 'qcow2'
  /** SHA-256 of the file. */
  readonly digest: string
  /** Bytes of the file. */
  readonly size: number
  /** Where the store keeps it: read-only, not to be changed. */
  readonly path: string
}

export interface StageReport {
  readonly stage: string
  readonly key: string
  readonly outcome: 'done' | 'reused'
  readonly seconds: number
}

/** One immutable result. */
export interface Version {
  /** Hash of what it was made from: recipe, lock, tools. */
  readonly key: string
  /** SHA-256 of the raw disk that a guest sees: what the version is known by, whatever the format. */
  readonly digest: string
  /** Bytes of the raw disk. */
  readonly virtualSize: number
  readonly os: string
  readonly arch: 'amd64'
  readonly firmware: readonly ('bios' | 'uefi')[]
  readonly artifacts: readonly Artifact[]
  readonly recipe: Recipe
  readonly lock: Lock
  /** Seconds from the start of the build to its end. 0 when it was in the store. */
  readonly seconds: number
  readonly stages: readonly StageReport[]
  /** True when nothing had to be built. */
  readonly reused: boolean
}
