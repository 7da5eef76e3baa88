import type { TreeEntry } from '../../disk/tree.ts'
import type { SecretKind } from '../../recipe/secret-kinds.ts'

/** Something that should not be in an image. What it is, and never the secret itself. */
export interface Finding {
  readonly kind: SecretKind
  /** Absolute path in the image. */
  readonly path: string
  /** Line from 1 on, in text files where one line is meant. */
  readonly line?: number
  /** Byte from 0 on, in other files. */
  readonly offset?: number
  /** What it looks like: `OpenSSH private key`. */
  readonly what: string
}

/** Where in a file something was found, in bytes from its start; the file as a whole without it. */
export interface Hit {
  readonly kind: SecretKind
  readonly what: string
  readonly at?: number
}

/** Looks for a fixed text and then at what stands around it. Takes bounded time at each place where the text is. */
export interface ContentRule {
  readonly kind: SecretKind
  readonly what: string
  /** Texts of at least four ASCII characters; the pattern begins where one of them does. */
  readonly needles: readonly string[]
  /** Letters of the needles may be of either case. */
  readonly fold?: true
  /** Sticky; without nested repetition, every repetition bounded. */
  readonly pattern: RegExp
  /** How many bytes the pattern may look at, default 512. */
  readonly span?: number
  /** Bytes before the needle that {@link accept} may see, default 1. */
  readonly before?: number
  /** Only in files that are text. */
  readonly textOnly?: true
  /** A letter, digit or `_` right before it makes it a part of something else. */
  readonly word?: true
  /** The last word: true when it is a secret. `before` are the bytes in front of it. */
  readonly accept?: (match: RegExpExecArray, before: string) => boolean
}

/** Looks at files of certain names. */
export interface PlaceRule {
  readonly kind: SecretKind
  readonly what: string
  /** Of the path without a slash in front. */
  readonly path: RegExp
  /** Kinds of things that are looked at, default: regular files. */
  readonly entries?: readonly TreeEntry['kind'][]
  /**
   * What of the content is a secret: its offsets, or true for the file as a whole. Default: any file that is not empty. Gets no
   * more than {@link PLACE_LIMIT} bytes, as one character a byte.
   */
  readonly find?: (text: string, path: string) => readonly number[] | boolean
}

/** Bytes of a file that a place rule sees. */
export const PLACE_LIMIT = 1 << 20
