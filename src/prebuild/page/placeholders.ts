import { basename } from 'node:path'
import type { Edit } from '../../heat/index.ts'
import { imageName } from '../../publish/name.ts'
import { isBuildable } from '../bases/index.ts'
import type { ImagePlan } from '../plan.ts'

/** Letters that no digest has, in the place of the digits that only a build knows. */
const UNKNOWN = 'x'.repeat(12)

/** The name of an image, or the part of it that is known. */
export interface ShownName {
  readonly name: string
  /** False: its last digits are {@link UNKNOWN}, with a number when others are called alike. */
  readonly known: boolean
}

/** A name for each image: the real one where `known` has it, else one that says how it will be called. No two are the same. */
export function shownNames(
  images: readonly ImagePlan[],
  known: ReadonlyMap<ImagePlan, string>,
): ReadonlyMap<ImagePlan, ShownName> {
  const number = numbering()
  return new Map(
    images.map((image) => {
      const name = known.get(image)
      return [
        image,
        name === undefined ? { name: placeholder(image, number), known: false } : { name, known: true },
      ]
    }),
  )
}

function placeholder({ recipe, base }: ImagePlan, number: (stem: string) => string): string {
  if (!isBuildable(base)) return `${recipe.name}-${number(recipe.name)}`
  const stem = imageName(recipe.name, { ...base.system, digest: '' })
  return stem + number(stem)
}

/** Twelve letters for a name that begins so; the second of a kind ends in 2. */
function numbering(): (stem: string) => string {
  const seen = new Map<string, number>()
  return (stem) => {
    const count = (seen.get(stem) ?? 0) + 1
    seen.set(stem, count)
    const number = count === 1 ? '' : String(count)
    return UNKNOWN.slice(number.length) + number
  }
}

/**
 * Copies of templates are named by their content: where that holds a name that is not known yet, so is theirs. What to
 * show for their paths instead.
 */
export function copyNames(
  files: ReadonlyMap<string, string>,
  unknownImages: readonly string[],
): ReadonlyMap<string, string> {
  const number = numbering()
  const shown = new Map<string, string>()
  const unknown = new Set(unknownImages)
  for (let before = -1; before !== shown.size; ) {
    before = shown.size
    for (const [path, text] of files) {
      if (shown.has(path) || !COPY.test(path) || ![...unknown].some((name) => text.includes(name))) continue
      shown.set(
        path,
        path.replace(COPY, (_, stem: string, _digits, ending = '') => `${stem}-${number(stem)}${ending}`),
      )
      unknown.add(basename(path))
    }
  }
  return shown
}

/** The name of a copy: the original's, a part of the digest of its content, its ending. */
const COPY = /^(.*)-([0-9a-f]{12})(\.[^./]*)?$/s

/** Edits that name copies as they are shown. */
export function withShownCopies(edits: readonly Edit[], shown: ReadonlyMap<string, string>): Edit[] {
  return edits.map((edit) => {
    let { text } = edit
    for (const [path, name] of shown) text = text.replaceAll(basename(path), basename(name))
    return { ...edit, text }
  })
}
