import type { EventSink } from '../../core/events.ts'

/** What a renderer writes to; tests give one that keeps what was written. */
export interface Output {
  write(text: string): void
  readonly isTTY: boolean
  /** Size of the terminal now; a pipe has 80 × 24. */
  size(): { readonly columns: number; readonly rows: number }
}

/** Shows events on standard error. */
export interface Renderer extends EventSink {
  /** Takes away what is not final, so that something else can be written to the same screen. */
  clear(): void
  /** The last word: nothing is shown any more. */
  close(): void
}

export interface RenderOptions {
  readonly output: Output
  readonly colour: boolean
  /** More than ASCII can be shown. */
  readonly unicode: boolean
  /** Show the lines that programs write. */
  readonly verbose: boolean
  /** Milliseconds, never going backwards. */
  readonly now: () => number
}
