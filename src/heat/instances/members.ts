import { HOLE, hole, once, type Result } from '../evaluate/result.ts'
import type { Key } from '../types.ts'

/** What a value that differs from member to member hangs on, as a name in `runtime`. */
const INDEX = 'index:'

/**
 * The properties of a group's members: a text that holds the index (`variable`) is another one in each member, so it is not known here.
 * Keys of maps stay as they are, in the engine too.
 */
export function ofMembers(result: Result, variable: string): Result {
  const inner = (part: () => Result) => once(() => ofMembers(part(), variable))
  switch (result.kind) {
    case 'scalar':
    case 'hole': {
      const text = result.kind === 'hole' ? result.text : result.value
      if (typeof text !== 'string' || !text.includes(variable)) return result
      const runtime = new Set([...result.deps.runtime, INDEX + variable])
      return hole({ ...result.deps, runtime }, text.replaceAll(variable, HOLE))
    }
    case 'list':
      return { ...result, items: result.items.map(inner) }
    case 'map':
      return {
        ...result,
        entries: new Map<Key, () => Result>([...result.entries].map(([key, part]) => [key, inner(part)])),
      }
    default:
      return result
  }
}

/** The index that a value hangs on, if that is why it is not known. */
export function indexOf(runtime: ReadonlySet<string>): string | undefined {
  for (const name of runtime) if (name.startsWith(INDEX)) return name.slice(INDEX.length)
  return undefined
}

/** True for what is only not known because it differs from member to member. */
export function isPerMember({ kind, deps }: Result): boolean {
  return (
    kind === 'hole' && deps.missing.size === 0 && [...deps.runtime].every((name) => name.startsWith(INDEX))
  )
}
