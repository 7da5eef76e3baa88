import type { Test } from './classes.ts'

export type Tree =
  | { readonly kind: 'char'; readonly test: Test }
  | { readonly kind: 'sequence'; readonly parts: readonly Tree[] }
  | { readonly kind: 'choice'; readonly parts: readonly Tree[] }
  | {
      readonly kind: 'repeat'
      readonly inner: Tree
      readonly least: number
      readonly most: number
      readonly greedy: boolean
      readonly atomic: boolean
    }
  | { readonly kind: 'group'; readonly inner: Tree; readonly number: number }
  | { readonly kind: 'back'; readonly number: number; readonly ignoreCase: boolean }
  | {
      readonly kind: 'look'
      readonly inner: Tree
      readonly behind: number | false
      readonly negative: boolean
    }
  | { readonly kind: 'atomic'; readonly inner: Tree }
  /** `(?(1)yes|no)`: by whether the group has matched. */
  | { readonly kind: 'either'; readonly number: number; readonly yes: Tree; readonly no: Tree }
  | { readonly kind: 'assert'; readonly what: Place; readonly ascii: boolean }

export type Place = 'start' | 'end' | 'line-start' | 'line-end' | 'last-line' | 'word' | 'no-word'

/** How many characters a match of `tree` may have. */
export interface Width {
  readonly least: number
  readonly most: number
}

/** `groups`: widths of the groups that are closed already, by number. */
export function widthOf(tree: Tree, groups: ReadonlyMap<number, Width>): Width {
  switch (tree.kind) {
    case 'char':
      return { least: 1, most: 1 }
    case 'sequence': {
      const all = tree.parts.map((part) => widthOf(part, groups))
      return {
        least: all.reduce((sum, width) => sum + width.least, 0),
        most: all.reduce((sum, width) => sum + width.most, 0),
      }
    }
    case 'choice':
      return either(tree.parts.map((part) => widthOf(part, groups)))
    case 'repeat': {
      const inner = widthOf(tree.inner, groups)
      return { least: inner.least * tree.least, most: inner.most === 0 ? 0 : inner.most * tree.most }
    }
    case 'group':
    case 'atomic':
      return widthOf(tree.inner, groups)
    case 'back':
      return groups.get(tree.number) ?? { least: 0, most: Number.POSITIVE_INFINITY }
    case 'either':
      return either([widthOf(tree.yes, groups), widthOf(tree.no, groups)])
    case 'look':
    case 'assert':
      return { least: 0, most: 0 }
  }
}

function either(all: readonly Width[]): Width {
  return {
    least: Math.min(...all.map((width) => width.least)),
    most: Math.max(...all.map((width) => width.most)),
  }
}
