import type { MadeOf } from '../plan/plan.ts'

/** One input of a stage that differs from what a kept result was made of. */
export interface Difference {
  /**
   * `before`: what is below the stage · `stage`: how the stage works, in another version of Kiln · `tools`, `epoch`: for
   * the first stage · else a field of its options.
   */
  readonly field: string
  /** Member of the field, where it has several: the name of a package, the path of a file. */
  readonly name?: string
  /** What it was, and what it is; undefined where it was not or is not there. */
  readonly was?: string
  readonly is?: string
}

/** In what `is` differs from `was`: two stages of the same name. */
export function differences(was: MadeOf, is: MadeOf): Difference[] {
  const found: Difference[] = []
  const compare = (field: string, a: string | undefined, b: string | undefined, name?: string) => {
    if (a === b) return
    found.push({
      field,
      ...(name === undefined || name === '' ? {} : { name }),
      ...(a === undefined ? {} : { was: a }),
      ...(b === undefined ? {} : { is: b }),
    })
  }
  compare('tools', was.tools, is.tools)
  compare('epoch', dateOf(was.epoch), dateOf(is.epoch))
  compare('stage', String(was.version), String(is.version))
  compare('before', was.before, is.before)
  for (const field of new Set([...Object.keys(was.options), ...Object.keys(is.options)])) {
    const [a, b] = [was.options[field] ?? {}, is.options[field] ?? {}]
    for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) compare(field, a[name], b[name], name)
  }
  return found
}

/** Seconds since 1970 as people write them. */
function dateOf(epoch: number | undefined): string | undefined {
  return epoch === undefined ? undefined : new Date(epoch * 1000).toISOString().replace('.000Z', 'Z')
}
