/** `warning`: Kiln works, but slower or not for everything. `lacking`: what Kiln is for does not work. */
export type State = 'ok' | 'warning' | 'lacking'

/** One thing that was looked at. */
export interface Finding {
  /** Stable name for programs: `namespaces`. */
  readonly id: string
  /** For people: `User namespaces`. */
  readonly title: string
  readonly state: State
  /** What was found, one sentence or less, no full stop. */
  readonly found: string
  /** What to do, unless all is well. May have several lines. */
  readonly remedy?: string
}

/** Without a file or permission to read it: undefined. Without its white space at the end. */
export type ReadText = (path: string) => Promise<string | undefined>
