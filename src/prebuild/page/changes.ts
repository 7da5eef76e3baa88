import type { Edit, Rewritten } from '../../heat/index.ts'
import { applied } from './blocks.ts'
import { hiddenStretches, type Stretch } from './hidden.ts'
import { type Hunk, hunksOf } from './hunks.ts'
import { copyNames, withShownCopies } from './placeholders.ts'

/** One file that changes, or a changed copy of one. */
export interface FileChange {
  /** The file as it is, below the root. */
  readonly original: string
  /** Where its new text goes when that is a copy beside it. */
  readonly copy?: string
  /** It is an environment: the copy is to be given in its place. */
  readonly environment: boolean
  readonly hunks: readonly Hunk[]
  readonly added: number
  readonly removed: number
  /** Values of hidden parameters in the old text. */
  readonly hidden: readonly Stretch[]
}

/**
 * What is written anew, the main template first, as hunks of lines. `read`: the files that were read, by name.
 * `unknown`: image names in the new texts that only stand for real ones.
 */
export function changesOf(
  rewritten: Rewritten,
  read: ReadonlyMap<string, Uint8Array>,
  unknown: readonly string[],
  options: { readonly template: string; readonly lenientAws: boolean },
): FileChange[] {
  const byFile = new Map<string, Edit[]>([[options.template, []]])
  for (const edit of rewritten.edits) byFile.set(edit.file, [...(byFile.get(edit.file) ?? []), edit])
  const copies = new Map([...rewritten.files].filter(([name]) => name !== options.template))
  const shown = copyNames(copies, unknown)
  const texts = new Map<string, string>()
  const changes = [...byFile].flatMap(([file, edits]) => {
    if (edits.length === 0) return []
    const { original } = edits[0]!
    const old = oldText(read.get(original), edits, rewritten.files.get(file))
    texts.set(original, old)
    const hunks = hunksOf(old, withShownCopies(edits, shown))
    const count = (sign: string) =>
      hunks.reduce((sum, { lines }) => sum + lines.filter((line) => line.sign === sign).length, 0)
    return [
      {
        original,
        ...(file === original ? {} : { copy: shown.get(file) ?? file }),
        environment: rewritten.environments.get(original) === file,
        hunks,
        added: count('+'),
        removed: count('-'),
      },
    ]
  })
  // All that was read: a nested template may hide what an environment gives.
  for (const [name, bytes] of read) if (!texts.has(name)) texts.set(name, decode(bytes, true))
  const hidden = hiddenStretches(texts, options.lenientAws)
  return changes.map((change) => ({ ...change, hidden: hidden.get(change.original) ?? [] }))
}

/** The text that the edits' offsets are in: with its byte order mark, or without. */
function oldText(bytes: Uint8Array | undefined, edits: readonly Edit[], now: string | undefined): string {
  if (bytes !== undefined)
    for (const text of [decode(bytes, true), decode(bytes, false)])
      if (applied(text, edits) === now) return text
  throw new Error(`the edits of ${edits[0]!.original} do not lead to its new text`)
}

function decode(bytes: Uint8Array, keepMark: boolean): string {
  return new TextDecoder('utf-8', { ignoreBOM: keepMark }).decode(bytes)
}
