import type { Entry } from '../read/nodes.ts'
import type { Choice, Key, Need } from '../types.ts'
import type { Change } from './edits.ts'
import type { TemplateSheet } from './sheets.ts'

/** What leaves a template: the changes of its text, and the keys that are gone from its data. */
export interface Removal {
  readonly changes: readonly Change[]
  /** Paths of entries that are gone. */
  readonly gone: readonly (readonly Key[])[]
  /** A text that has become another, by its path. */
  readonly texts: readonly { readonly path: readonly Key[]; readonly text: string }[]
  /** By instance, the needs that are gone from its list: a part may have another number in each. */
  readonly needs: ReadonlyMap<string, readonly string[]>
}

export const BAKED = 'it is in the image now'

/** Needs of a choice that may leave the template. */
export function leaves(need: Need, choice: Choice): boolean {
  return need.removable && need.bake && (choice.baked === 'all' || choice.baked.has(need.id))
}

/** An anchor inside what would be removed may be used elsewhere. */
export function hasAnchor({ document }: TemplateSheet, entry: Entry): boolean {
  const { text, syntax } = document
  return syntax === 'yaml' && /(?:^|[\s[{,:])&[0-9A-Za-z_-]+/.test(text.slice(entry.key.end, entry.value.end))
}
