import type { BuildContext, Version } from '../build/index.ts'
import { type Examined, examine } from './inventory/keep.ts'
import { type AllowedSecret, judge } from './secrets/allow.ts'
import { secretsError } from './secrets/show.ts'

/** A version that may be published, as far as what is in it goes. */
export interface Passed {
  readonly examined: Examined
  /** Findings that are meant to be there, as `kind path`. */
  readonly allowed: readonly string[]
}

/**
 * What every version goes through before anybody gets it: the look into it, and that nothing secret is inside but what its
 * recipe or `allowed` names. Costs nothing for what was looked into before.
 * @throws KilnError `KILN_SECRETS_FOUND`, about all versions at once; as `examine`.
 */
export async function gate(
  versions: readonly { readonly version: Version; readonly name: string }[],
  context: BuildContext,
  allowed: readonly AllowedSecret[] = [],
): Promise<Passed[]> {
  const passed: Passed[] = []
  const stopped = []
  for (const { version, name } of versions) {
    const examined = await examine(version, name, context)
    const judged = judge(examined.findings, [...(version.recipe.allow_secrets ?? []), ...allowed])
    if (judged.refused.length > 0) stopped.push({ name, refused: judged.refused })
    for (const { kind, path } of version.recipe.allow_secrets ?? [])
      if (judged.unused.some((one) => one.kind === kind && one.path === path))
        context.events.emit({
          type: 'note',
          level: 'info',
          message: `${name} allows a secret that is not there: ${kind} in ${path}.`,
        })
    passed.push({
      examined,
      allowed: [...new Set(judged.allowed.map(({ kind, path }) => `${kind} ${path}`))],
    })
  }
  if (stopped.length > 0) throw secretsError(stopped)
  return passed
}
