import { canonicalJson, type Json, sha256 } from '../core/digest.ts'
import type { Recipe } from '../recipe/recipe.ts'

/** What a recipe asks for, member by member: a value or a list of them, long ones as `NAME #HASH`. */
export type Asked = Readonly<Record<string, string | readonly string[]>>

/** What is different in one member of a recipe. */
export interface RecipeChange {
  readonly member: string
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

/** Short enough for a line of a diff, long enough that no two texts of one recipe have the same. */
const mark = (value: unknown) => `#${sha256(canonicalJson(value as Json)).slice(0, 12)}`

/** What a lock keeps of its recipe. Members without anything in them are left out. */
export function asked(recipe: Recipe): Asked {
  const {
    name: _name,
    allow_secrets: _allowed,
    from,
    packages,
    pip_packages,
    services,
    recommends,
    backend,
    disk,
    ...lists
  } = recipe
  const all: Record<string, string | readonly string[]> = {
    from: 'image' in from ? from.image : `${from.os} ${from.arch}`,
    backend,
    packages: packages.map((each) =>
      each.version === undefined ? each.name : `${each.name}=${each.version}`,
    ),
    pip_packages,
    recommends: recommends ? 'true' : '',
    'services.enable': services.enable,
    'services.disable': services.disable,
    disk: mark(disk),
  }
  for (const [member, list] of Object.entries(lists))
    all[member] = list.map((each) => `${'path' in each ? each.path : each.name} ${mark(each)}`)
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value.length > 0))
}

/** What a recipe asks for now that it did not before, and the other way round. */
export function recipeChanges(before: Asked, recipe: Recipe): RecipeChange[] {
  const now = asked(recipe)
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].sort().flatMap((member) => {
    const [was, is] = [before[member], now[member]]
    if (!Array.isArray(was ?? []) || !Array.isArray(is ?? []))
      return String(was) === String(is)
        ? []
        : [{ member, added: [], removed: [], changed: [`${plain(was)} → ${plain(is)}`] }]
    const [old, next] = [byName(was as readonly string[]), byName(is as readonly string[])]
    const change = {
      member,
      added: [...next.keys()].filter((name) => !old.has(name)),
      removed: [...old.keys()].filter((name) => !next.has(name)),
      changed: [...next.keys()].filter((name) => old.has(name) && old.get(name) !== next.get(name)),
    }
    if (change.added.length + change.removed.length + change.changed.length > 0) return [change]
    // The same in another order: files and users are made in theirs.
    return String(was) === String(is) ? [] : [{ ...change, changed: ['order'] }]
  })
}

function byName(list: readonly string[] = []): Map<string, string> {
  return new Map(list.map((text) => [text.replace(/ #[0-9a-f]{12}$/, ''), text]))
}

function plain(value: string | readonly string[] | undefined): string {
  return value === undefined ? 'none' : String(value)
}
