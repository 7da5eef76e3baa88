import type { Expected } from '../fetch.ts'

/** A place that many machines share: files by name, each written once and never changed. */
export interface Shared {
  /** For people: its address, without a login. */
  readonly where: string
  /**
   * Copies a file to the path `to`. @returns false when there is none.
   * @throws KilnError `KILN_FETCH_FAILED`, `KILN_FETCH_MISMATCH` when it is not what was expected; Interrupted.
   */
  take(name: string, to: string, expected?: Expected): Promise<boolean>
  has(name: string): Promise<boolean>
  /** Puts a file there, whole or not at all. @throws KilnError `KILN_CACHE_UNUSABLE`. */
  give(name: string, from: string): Promise<void>
}

export interface SharedOptions {
  readonly signal?: AbortSignal | undefined
}
