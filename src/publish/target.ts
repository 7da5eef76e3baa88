import type { Version } from '../build/types.ts'
import type { Companions } from '../check/evidence.ts'
import type { KilnEvent } from '../core/events.ts'
import type { Lock } from '../lock/lock.ts'
import type { Recipe } from '../recipe/recipe.ts'

/** What an image was made for, when a front door asked for it. No hidden value is ever in here. */
export interface Resolution {
  /** The template, as it was called on the command line. */
  readonly template: string
  /** Instances that it serves, as `a/b`. */
  readonly paths: readonly string[]
  /** The base that the template names for them. */
  readonly base: string
  /** Parameters, with values, that the base and what was baked were worked out from. */
  readonly parameters: Readonly<Record<string, unknown>>
}

/** What every target knows of an image. */
export interface PlacedRecord {
  readonly version: 1
  readonly name: string
  /** SHA-256 of the disk that a guest sees: what the version is known by. */
  readonly digest: string
  readonly os: string
  readonly arch: string
  readonly firmware: readonly string[]
  /** Bytes of the disk that a guest sees. */
  readonly virtualSize: number
  /** The file: its name, format, SHA-256 and bytes. */
  readonly file: {
    readonly name: string
    readonly format: string
    readonly digest: string
    readonly size: number
  }
  /** Hash of what it was made from: recipe, lock, tools. */
  readonly key: string
  /** When it was first put here, ISO 8601, UTC. */
  readonly made: string
  readonly resolvedFrom?: Resolution
}

/** What a target knows that has room for all of it: the text of `NAME.json` beside an image of the directory target. */
export interface ImageRecord extends PlacedRecord {
  readonly recipe: Recipe
  readonly lock: Lock
}

export interface Publication {
  /** Name that users of the target will say. It comes from content: the same name means the same bytes. */
  readonly name: string
  readonly version: Version
  readonly resolvedFrom?: Resolution | undefined
  /** Texts that go with it: its bill of materials, signed statements. A target without a place for them leaves them out. */
  readonly companions?: Companions | undefined
}

/** A version present in a target. */
export interface Placement<R extends PlacedRecord = PlacedRecord> {
  readonly record: R
  /** For people: where it is. */
  readonly where: string
  /** It was there already. */
  readonly reused: boolean
}

export interface TargetContext {
  readonly events: { emit(event: KilnEvent): void }
  readonly signal?: AbortSignal | undefined
}

/** A place that images are published to. All implementations pass `contract.ts`. */
export interface Target<R extends PlacedRecord = PlacedRecord> {
  /** As it is written on the command line: `dir:/srv/images`. */
  readonly id: string
  /**
   * Looks whether images could be put there, so that nothing is built in vain. Changes nothing.
   * @throws KilnError `KILN_TARGET_UNUSABLE`, the input's fault.
   */
  ready(): Promise<void>
  /**
   * Puts a version there under a name, or finds it there. Nothing half-written is ever visible, and doing it again
   * changes nothing.
   * @throws KilnError `KILN_TARGET_NAME_TAKEN` when other bytes have the name, `KILN_TARGET_UNUSABLE`.
   */
  publish(publication: Publication, context: TargetContext): Promise<Placement<R>>
  /** The image with this name, if it is complete. */
  find(name: string): Promise<Placement<R> | undefined>
  /** All complete images, by name. */
  list(): Promise<readonly Placement<R>[]>
}

/** What may be the name of an image: it becomes a file name, too. */
export function isImageName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(name)
}
