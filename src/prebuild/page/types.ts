import type { Residue, Rewritten } from '../../heat/index.ts'
import type { MadeImage } from '../make.ts'
import type { Problem } from '../needs/index.ts'
import type { ImagePlan, PrebuildPlan } from '../plan.ts'
import type { Html } from './html.ts'
import type { ShownName } from './placeholders.ts'

/** All that a page is made from. Nothing of the machine or the day is in here: the same input gives the same bytes. */
export interface PageInput {
  /** Version of Kiln. */
  readonly kiln: string
  /** The template, below the root. */
  readonly template: string
  readonly lenientAws: boolean
  readonly plan: PrebuildPlan
  /** What stops the build, each once; empty when nothing does. */
  readonly problems: readonly Omit<Problem, 'path'>[]
  /** Files that were read, by name below the root. */
  readonly read: ReadonlyMap<string, Uint8Array>
  /** Absent when the template cannot be rewritten, or nothing of it is to be. */
  readonly rewritten: Rewritten | undefined
  /** What still happens at boot. */
  readonly residue: readonly Residue[]
  /** What each image is called. */
  readonly names: ReadonlyMap<ImagePlan, ShownName>
  /** What was built; absent in a plan. */
  readonly made: ReadonlyMap<ImagePlan, MadeImage> | undefined
}

/** A part of the page under a heading of its own. */
export interface Section {
  /** Also where links to it go. */
  readonly id: string
  readonly title: string
  readonly body: Html
}
